/** Internal rate of return of dated amounts (XIRR): the yearly rate at which they are worth nothing. */
import { daysBetween, type CalendarDay } from '#shared/kernel/calendar-day.ts';

export interface DatedAmount {
  readonly day: CalendarDay;
  readonly amount: number;
}

const DAYS_A_YEAR = 365;
/** Continuous rates searched: from -99.9999 % to a millionfold a year. */
const RATE_MAX = Math.log(1e6);
const STEPS = 800;
const HALVINGS = 100;

/**
 * Solves sum(amount x (1 + rate)^(-days/365)) = 0. Every change of sign on a grid of continuous
 * rates is a root; of several the one nearest to zero is taken, then halved down to it, so that no
 * start value can lead astray.
 *
 * @param options.daysAYear 365 where absent, as in spreadsheets (actual/365)
 * @returns a fraction; undefined where there is no root in range, as without amounts of both signs
 */
export function internalRate(
  amounts: readonly DatedAmount[],
  { daysAYear = DAYS_A_YEAR } = {},
): number | undefined {
  const [first] = amounts;
  if (!first) return undefined;
  const flows = amounts.map(({ day, amount }) => ({
    amount,
    years: daysBetween(first.day, day) / daysAYear,
  }));
  if (flows.every((flow) => flow.years === 0)) return undefined;
  const worth = (rate: number): number =>
    flows.reduce((sum, { amount, years }) => sum + amount * Math.exp(-rate * years), 0);
  const bracket = bracketNearestZero(worth);
  return bracket && Math.expm1(halved(worth, ...bracket));
}

function bracketNearestZero(worth: (rate: number) => number): [number, number] | undefined {
  const at = (step: number): number => (step / STEPS) * RATE_MAX;
  for (let step = 0; step < STEPS; step += 1)
    for (const [low, high] of [
      [at(step), at(step + 1)],
      [at(-step - 1), at(-step)],
    ] as const)
      if (worth(low) * worth(high) <= 0) return [low, high];
  return undefined;
}

function halved(worth: (rate: number) => number, from: number, to: number): number {
  let [low, high] = [from, to];
  const rising = worth(low) < worth(high);
  for (let i = 0; i < HALVINGS; i += 1) {
    const middle = (low + high) / 2;
    if (worth(middle) < 0 === rising) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
