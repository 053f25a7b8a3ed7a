/** What was measured now beside the aims and the last values on record. */
import type { Aim } from './aims.ts';
import type { Measured } from './figure.ts';

/** A value on record. */
export interface LastValue {
  readonly value: number;
  /** YYYY-MM-DD */
  readonly day: string;
  readonly machine: string;
}

export interface Compared {
  readonly name: string;
  readonly aim: number | undefined;
  readonly last: LastValue | undefined;
  readonly now: Measured | undefined;
  /** Whether the aim is met by what is known last; undefined where there is none, or nothing is known. */
  readonly isMet: boolean | undefined;
  /** By what share it is worse than the last value; negative where it is better. */
  readonly worseRatio: number | undefined;
  readonly isRegression: boolean;
}

/** A ratio that is worse by more than this is a regression. */
const REGRESSION_RATIO = 0.15;

export function compared(
  aims: Readonly<Record<string, Aim>>,
  last: Readonly<Record<string, LastValue>>,
  measured: readonly Measured[],
): readonly Compared[] {
  return Object.entries(aims).map(([name, { better, aim }]) => {
    const now = measured.find((one) => one.name === name);
    const before = last[name];
    const value = now?.value ?? before?.value;
    const worseRatio = now && before && worse(better, now.value, before.value);
    return {
      ...{ name, aim, last: before, now, worseRatio },
      isMet: aim === undefined || value === undefined ? undefined : reaches(better, value, aim),
      isRegression: worseRatio !== undefined && worseRatio > REGRESSION_RATIO,
    };
  });
}

function reaches(better: Aim['better'], value: number, aim: number): boolean {
  return better === 'less' ? value <= aim : value >= aim;
}

/** Of a ratio that should be large, how much larger the last one was. */
function worse(better: Aim['better'], now: number, before: number): number {
  return (better === 'less' ? now / before : before / now) - 1;
}
