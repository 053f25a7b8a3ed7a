/** What each security earned in one calendar year of an account, in the base currency; estimates. */
import { daysBetween, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { internalRate, type DatedAmount } from '#shared/quant/measures/internal-rate.ts';
import { totalReturn } from '#shared/quant/measures/returns.ts';
import type { DayValue, PositionDay } from '../value-history.ts';
import { ANNUALISED_DAYS_MIN } from './performance.ts';

export interface PositionYear {
  readonly isin: Isin;
  /** Time-weighted: each day's gain over the value before and what was put in, linked. */
  readonly returnRatio: number;
  /** By the year; absent where it was held under 30 days or no rate solves it. */
  readonly moneyWeightedRatio?: number | undefined;
  readonly gain: number;
}

/** The largest gain first. @param before the day before the first of them */
export function positionYears(
  before: DayValue | undefined,
  days: readonly DayValue[],
): readonly PositionYear[] {
  const isins = new Set(days.flatMap(({ positions }) => [...positions.keys()]));
  return [...isins]
    .map((isin) => positionYear(isin, before, days))
    .filter(({ gain, returnRatio }) => gain !== 0 || returnRatio !== 0)
    .sort((a, b) => b.gain - a.gain || (a.isin < b.isin ? -1 : 1));
}

function positionYear(
  isin: Isin,
  before: DayValue | undefined,
  days: readonly DayValue[],
): PositionYear {
  const start = before?.positions.get(isin)?.value ?? 0;
  const own = days.map(({ day, positions }) => ({ day, ...(positions.get(isin) ?? nothing) }));
  const returns = own.map(({ gain, invested }) => (invested > 0 ? gain / invested : 0));
  return {
    isin,
    returnRatio: totalReturn(returns),
    moneyWeightedRatio: moneyWeighted(start, before?.day, own),
    gain: own.reduce((sum, { gain }) => sum + gain, 0),
  };
}

const nothing: PositionDay = { gain: 0, invested: 0, value: 0 };

/** What was put in is the change of the value that no gain explains. */
function moneyWeighted(
  start: number,
  startDay: CalendarDay | undefined,
  days: readonly (PositionDay & { readonly day: CalendarDay })[],
): number | undefined {
  const flows: DatedAmount[] = startDay && start !== 0 ? [{ day: startDay, amount: -start }] : [];
  let value = start;
  for (const { day, gain, value: after } of days) {
    const put = after - value - gain;
    if (Math.abs(put) > 1e-9) flows.push({ day, amount: -put });
    value = after;
  }
  const [first, last] = [flows[0], days.at(-1)];
  if (last && value !== 0) flows.push({ day: last.day, amount: value });
  const end = flows.at(-1);
  if (!first || !end || daysBetween(first.day, end.day) < ANNUALISED_DAYS_MIN) return undefined;
  return internalRate(flows);
}
