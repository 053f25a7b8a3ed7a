/** How much of the processors' time other work takes while a bench runs. */
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Of the time of all processors. More of it in other hands, and figures are not judged. */
export const NOISE_MAX_RATIO = 0.1;

const TICKS_PER_SECOND = 100;

/** What is asked for it; tests answer themselves. */
interface Machine {
  readonly read: (file: string) => string;
  readonly nowMs: () => number;
  readonly processors: number;
}

const thisMachine: Machine = {
  read: (file) => readFileSync(file, 'utf8'),
  nowMs: () => performance.now(),
  processors: cpus().length,
};

/**
 * Counts from now on.
 * @returns what gives the share so far. What this process has started counts as its own once it has ended and was waited for.
 */
export function otherWork({ read, nowMs, processors } = thisMachine): () => number {
  const ticksOfOthers = (): number =>
    busyTicks(read('/proc/stat')) - ownTicks(read('/proc/self/stat'));
  const [began, before] = [nowMs(), ticksOfOthers()];
  return () => {
    const all = ((nowMs() - began) / 1000) * TICKS_PER_SECOND * processors;
    return Math.max(0, (ticksOfOthers() - before) / all);
  };
}

/** Of all processors: user, nice, system, then interrupts and what the host took, without idle and waiting for disks. */
function busyTicks(stat: string): number {
  const [, ...ticks] = (stat.split('\n')[0] ?? '').split(/\s+/);
  const [user, nice, system, , , irq, softirq, steal] = ticks.map(Number);
  return sum([user, nice, system, irq, softirq, steal]);
}

/** Of this process and its ended children and theirs. */
function ownTicks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return sum(fields.slice(11, 15).map(Number));
}

function sum(values: readonly (number | undefined)[]): number {
  return values.reduce<number>((total, one) => total + (one ?? 0), 0);
}
