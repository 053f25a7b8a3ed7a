/** What the control groups leave: files as the kernel has them, in a folder. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { memoryLeft } from '#shared/process/memory-left.ts';

const MB = 2 ** 20;
const UNLIMITED = '9223372036854771712\n';
let root: string;

beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'memory-left-'))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

test('of version 2 what the limit leaves counts, with files that the kernel gives back', () => {
  write('proc/self/cgroup', '0::/system.slice/trader.service\n');
  second('system.slice/trader.service', 96, 60, 20);
  second('system.slice', 'max', 500, 0);
  expect(memoryLeft(root)).toBe(56 * MB);
});

test('of version 1 likewise, also beside a hierarchy of version 2', () => {
  write('proc/self/cgroup', '9:pids:/box\n4:cpu,memory:/box\n0::/\n');
  first('box', 64, 40, 8);
  first('', UNLIMITED, 900, 0);
  expect(memoryLeft(root)).toBe(32 * MB);
});

test('a group above that has less left binds', () => {
  write('proc/self/cgroup', '0::/a/b\n');
  second('a/b', 90, 10, 0);
  second('a', 80, 60, 0);
  expect(memoryLeft(root)).toBe(20 * MB);
});

test('a container that sees its own group at the top is bound by that one', () => {
  write('proc/self/cgroup', '4:memory:/docker/0123\n');
  first('', 48, 30, 0);
  expect(memoryLeft(root)).toBe(18 * MB);
});

test('where more is used than the limit has nothing is left', () => {
  write('proc/self/cgroup', '0::/a\n');
  second('a', 10, 12, 0);
  expect(memoryLeft(root)).toBe(0);
});

test('without a limit, or without control groups, it is what the machine has', () => {
  const machine = () => freemem() * 0.5;
  expect(memoryLeft(root)).toBeGreaterThan(machine());
  write('proc/self/cgroup', '4:memory:/\n');
  first('', UNLIMITED, 100, 0);
  expect(memoryLeft(root)).toBeGreaterThan(machine());
});

function first(group: string, limit: number | string, used: number, files: number): void {
  const folder = join('sys/fs/cgroup/memory', group);
  write(join(folder, 'memory.limit_in_bytes'), inBytes(limit));
  write(join(folder, 'memory.usage_in_bytes'), inBytes(used));
  write(join(folder, 'memory.stat'), `inactive_file 7\ntotal_inactive_file ${files * MB}\n`);
}

function second(group: string, limit: number | string, used: number, files: number): void {
  const folder = join('sys/fs/cgroup', group);
  write(join(folder, 'memory.max'), inBytes(limit));
  write(join(folder, 'memory.current'), inBytes(used));
  write(join(folder, 'memory.stat'), `anon 5\ninactive_file ${files * MB}\nactive_file 9\n`);
}

function inBytes(amount: number | string): string {
  return typeof amount === 'number' ? `${amount * MB}\n` : amount;
}

function write(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}
