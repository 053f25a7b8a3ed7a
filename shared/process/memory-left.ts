/** What this process may still take of memory, as the kernel counts it for its control group and for the machine. */
import { readFileSync } from 'node:fs';
import { freemem } from 'node:os';
import { dirname, join } from 'node:path';

interface Files {
  /** Where the hierarchy lies. */
  readonly base: string;
  readonly limit: string;
  readonly used: string;
  /** Of files, in `memory.stat`: given back before anything is refused. */
  readonly reclaimable: RegExp;
}

const FIRST: Files = {
  base: 'sys/fs/cgroup/memory',
  limit: 'memory.limit_in_bytes',
  used: 'memory.usage_in_bytes',
  reclaimable: /^total_inactive_file (\d+)$/m,
};
const SECOND: Files = {
  base: 'sys/fs/cgroup',
  limit: 'memory.max',
  used: 'memory.current',
  reclaimable: /^inactive_file (\d+)$/m,
};

/**
 * In bytes. Each group above binds as well. A container that sees a hierarchy of its own is named by a path that it does not
 * have: what binds it lies at the top.
 * @param root with `proc` and `sys`
 */
export function memoryLeft(root = '/'): number {
  const groups = text(join(root, 'proc/self/cgroup'));
  const first = /^\d+:(?:\w+,)*memory(?:,\w+)*:(.*)$/m.exec(groups)?.[1];
  const own = first ?? /^0::(.*)$/m.exec(groups)?.[1] ?? '/';
  const files = first === undefined ? SECOND : FIRST;
  const left = upwards(own).map((group) => leftIn(join(root, files.base, group), files));
  return Math.max(0, Math.min(freemem(), ...left));
}

function upwards(group: string): readonly string[] {
  const above = dirname(group);
  return above === group ? [group] : [group, ...upwards(above)];
}

/** Infinite where there is no limit. */
function leftIn(folder: string, { limit, used, reclaimable }: Files): number {
  const bytes = Number.parseInt(text(join(folder, limit)), 10);
  if (Number.isNaN(bytes)) return Infinity;
  const [, files = '0'] = reclaimable.exec(text(join(folder, 'memory.stat'))) ?? [];
  return bytes - Number(text(join(folder, used))) + Number(files);
}

/** Empty for a file that is not there. */
function text(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}
