/** What an account earned by calendar year, in the base currency; estimates. */
import { dayOf, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { totalReturn } from '#shared/quant/measures/returns.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { priceOn, type DailyPrices } from '../value-history.ts';
import type { LedgerEntry } from '../book.ts';
import { dayReturn, performance, type Window } from './performance.ts';
import { positionYears, type PositionYear } from './position-years.ts';

export interface YearPerformance {
  readonly year: number;
  /** Time-weighted. */
  readonly returnRatio: number;
  readonly gain: number;
  readonly deposited: number;
  readonly withdrawn: number;
  readonly dividends: number;
  readonly interest: number;
  /** Not negative. */
  readonly taxes: number;
  readonly fees: number;
  /** By the year; absent under 30 days or without a solution. */
  readonly moneyWeightedRatio?: number | undefined;
  /** Of the benchmark's adjusted closes over the same days, so that its dividends count; absent without them. */
  readonly benchmarkRatio?: number | undefined;
  readonly positions: readonly PositionYear[];
}

/** The benchmark's adjusted close in the base currency on a day. */
export type BenchmarkPrice = (day: CalendarDay) => number | undefined;

export function adjustedCloses(prices: DailyPrices, isin: Isin): BenchmarkPrice {
  return (day) => priceOn(prices, isin, day, 'adjustedClose');
}

/** Oldest first. The gains of all years are the gain of the window. */
export function yearPerformances(
  { before, days }: Window,
  ledger: readonly LedgerEntry[],
  benchmark: BenchmarkPrice = () => undefined,
): readonly YearPerformance[] {
  const yearOf = (day: string): number => Number(day.slice(0, 4));
  const years = [...new Set(days.map(({ day }) => yearOf(day)))];
  return years.map((year) => {
    const own = days.flatMap((day, i) => {
      const previous = i === 0 ? before : days[i - 1];
      return yearOf(day.day) === year ? [{ day, previous }] : [];
    });
    const [deposited, withdrawn] = [
      sum(own.map(({ day }) => day.deposited)),
      sum(own.map(({ day }) => day.withdrawn)),
    ];
    const [start, end] = [own[0]?.previous?.value ?? 0, own.at(-1)?.day.value ?? 0];
    const [from, to] = [own[0]?.previous?.day ?? '', own.at(-1)?.day.day ?? ''];
    const booked = (kind: LedgerEntry['kind']): number =>
      sum(
        ledger
          .filter((line) => line.kind === kind && isWithin(dayOf(line.happenedAt), from, to))
          .map(({ cash }) => cash.toEstimate()),
      );
    return {
      ...{ year, deposited, withdrawn, gain: end - start - deposited + withdrawn },
      returnRatio: totalReturn(own.map(({ day, previous }) => dayReturn(previous, day))),
      ...{ dividends: booked('dividend'), interest: booked('interest') },
      taxes: -booked('tax'),
      fees: -booked('fee') - booked('charges') - booked('rounding'),
      ...weighed({ before: own[0]?.previous, days: own.map(({ day }) => day) }, benchmark),
    };
  });
}

function weighed(part: Window, benchmark: BenchmarkPrice) {
  const [first, last] = [part.before ?? part.days[0], part.days.at(-1)];
  const [start, end] = [first && benchmark(first.day), last && benchmark(last.day)];
  return {
    moneyWeightedRatio: performance(part).moneyWeightedRatio,
    benchmarkRatio: start && end ? end / start - 1 : undefined,
    positions: positionYears(part.before, part.days),
  };
}

/** After the day before the first one, up to the last one. */
function isWithin(day: string, after: string, to: string): boolean {
  return day > after && day <= to;
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}
