/** What the kernel says of a process and its children. Linux only. */
import { readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;

/** The process and all that it started. */
export function treeOf(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    text(`/proc/${pid}/task/${task}/children`)
      .split(' ')
      .filter((one) => one !== '')
      .map(Number),
  );
  return [pid, ...children.flatMap(treeOf)];
}

/** Processor time of a tree so far, in µs. Counted in hundredths of a second: measure long enough. */
export function cpuUs(pid: number): number {
  const ticks = treeOf(pid).map((one) => {
    const stat = text(`/proc/${one}/stat`);
    const [, , , , , , , , , , , user = '0', system = '0'] = stat
      .slice(stat.lastIndexOf(')') + 1)
      .trim()
      .split(' ');
    return Number(user) + Number(system);
  });
  return (sum(ticks) / TICKS_PER_SECOND) * 1e6;
}

/** Memory of a tree in MB, pages that are shared counted in parts (PSS). */
export function pssMb(pid: number): number {
  const kilobytes = treeOf(pid).map((one) => {
    const [, amount = '0'] = /^Pss:\s+(\d+) kB/m.exec(text(`/proc/${one}/smaps_rollup`)) ?? [];
    return Number(amount);
  });
  return sum(kilobytes) / 1024;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, one) => total + one, 0);
}

/** Empty for a process that has just gone. */
function text(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}
