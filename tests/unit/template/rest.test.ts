/** When a container collects garbage. */
import { collectAtRest } from '#template/observe/rest.ts';

const REST_MS = 2_000;
const given = globalThis.gc;

beforeEach(() => jest.useFakeTimers());
afterEach(() => {
  jest.useRealTimers();
  globalThis.gc = given;
});

it('collects once, when no call has ended for two seconds', () => {
  const gc = jest.fn();
  globalThis.gc = gc as unknown as NonNullable<typeof given>;
  const ended = collectAtRest();
  jest.advanceTimersByTime(REST_MS - 1);
  ended();
  jest.advanceTimersByTime(REST_MS - 1);
  expect(gc).not.toHaveBeenCalled();
  jest.advanceTimersByTime(1);
  expect(gc).toHaveBeenCalledTimes(1);
  jest.advanceTimersByTime(10 * REST_MS);
  expect(gc).toHaveBeenCalledTimes(1);
});
