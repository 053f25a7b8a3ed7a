/** The heap of a thread by the limit of the control group. */
import { heapMbWithin } from '#gateway/runtime/executors/thread-heap.ts';

const MB = 2 ** 20;

test.each([
  ['a group that has less than twice the default', 600 * MB, 300],
  ['a group with more', 4_000 * MB, 512],
  ['no group', 0, 512],
  ['a group without a limit', 2 ** 64, 512],
])('%s', (_, bytes, expected) => {
  expect(heapMbWithin(bytes)).toBe(expected);
});
