/** The control group in which a board is measured. */
import { spawnSync } from 'node:child_process';
import { MemoryGroup } from '../../../bench/board/memory-group.ts';

const MB = 1024 * 1024;
const group = MemoryGroup.make(`memory-group-test-${process.pid}`, 100 * MB);
const may = typeof group === 'string' ? it.skip : it;
const TAKES = 'const all = []; for (;;) all.push(Buffer.alloc(10 * 1024 * 1024, 1));';

afterAll(() => {
  if (group instanceof MemoryGroup) group.remove();
});

may('ends what takes more than the limit, says so, and counts the peak', () => {
  if (!(group instanceof MemoryGroup)) return;
  const { signal } = spawnWithin(group);
  expect(signal).toBe('SIGKILL');
  expect(group.killed()).toBe(1);
  expect(group.peakBytes()).toBeGreaterThan(50 * MB);
  expect(group.peakBytes()).toBeLessThanOrEqual(100 * MB);
});

/** Enters by itself: the kernel ends the largest in the group, which might be this process. */
function spawnWithin({ folder }: MemoryGroup) {
  const enters = 'echo $$ > "$0/cgroup.procs" && exec "$@"';
  return spawnSync('sh', ['-c', enters, folder, process.execPath, '-e', TAKES]);
}
