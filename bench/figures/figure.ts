/** How a bench hands its figures on: to the file that `BENCH_FIGURES` names, a line each; nowhere without it. */
import { appendFileSync } from 'node:fs';
import { median } from '../timing.ts';
import { aims } from './aims.ts';

export interface Measured {
  readonly name: string;
  readonly value: number;
  /** Largest less smallest of the rounds, over the median; 0 of one round. */
  readonly spreadRatio: number;
}

/**
 * @param name one of `aims`
 * @param rounds the ratio of each round, or of all of them together
 * @throws Error for a name that is not in the table, or a round that is no number
 */
export function figure(name: string, rounds: readonly number[]): void {
  const file = process.env['BENCH_FIGURES'];
  if (!(name in aims)) throw new Error(`bench/figures/aims.ts has no figure "${name}"`);
  if (rounds.length === 0 || !rounds.every((round) => Number.isFinite(round) && round > 0))
    throw new Error(`"${name}" was measured as ${rounds.join(', ') || 'nothing'}`);
  if (file === undefined) return;
  const value = median(rounds);
  const spreadRatio = (Math.max(...rounds) - Math.min(...rounds)) / value;
  appendFileSync(file, `${JSON.stringify({ name, value, spreadRatio } satisfies Measured)}\n`);
}

/** Ratios of what was measured one after the other in the same round. */
export function ratios(ours: readonly number[], theirs: readonly number[]): number[] {
  return ours.map((value, round) => value / (theirs[round] ?? Number.NaN));
}
