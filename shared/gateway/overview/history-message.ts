/** Value over time, with what it is compared with, and the figures that follow from it. */
import type { OverviewHistory } from '#protos/gen/overview.ts';
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { compareWith } from '#shared/portfolio/model/performance/comparison.ts';
import { comparedValues, thinned } from '#shared/portfolio/model/performance/compared-values.ts';
import {
  performance,
  windowFrom,
  type Window,
} from '#shared/portfolio/model/performance/performance.ts';
import type { DayValue, History } from '#shared/portfolio/model/value-history.ts';

/** Below this many days a yearly figure says nothing. */
const DAYS_MIN = 60;

export interface HistoryRequest {
  readonly benchmark: { readonly isin: Isin; readonly symbol: string } | undefined;
  readonly pointsMax: number;
  /** First day that is shown; absent: all of them. */
  readonly from: CalendarDay | undefined;
}

export function valueHistoryMessage(
  days: readonly DayValue[],
  history: History,
  { benchmark, pointsMax, from }: HistoryRequest,
): OverviewHistory {
  const isShown = ({ day }: { readonly day: CalendarDay }): boolean => !from || day >= from;
  const points = comparedValues(days, history, benchmark?.isin).filter(isShown);
  return {
    points: thinned(points, pointsMax).map(rounded),
    dayCount: days.length,
    benchmark: benchmark?.symbol ?? '',
    flows: days
      .filter(isShown)
      .map(({ day, deposited, withdrawn }) => ({ day, amount: cents(deposited - withdrawn) }))
      .filter(({ amount }) => amount !== 0),
    ...figures(windowFrom(days, from), history, benchmark?.isin),
  };
}

function figures(window: Window, history: History, benchmark: Isin | undefined) {
  const { days } = window;
  const measured = performance(window);
  const compared = benchmark && compareWith(benchmark, window, history);
  const isLong = days.length >= DAYS_MIN;
  return {
    returnRatio: days.length > 1 ? measured.totalRatio : undefined,
    benchmarkRatio: compared?.totalRatio,
    drawdownRatio: days.length > 1 ? measured.maxDrawdownRatio : undefined,
    volatilityRatio: isLong ? measured.volatility : undefined,
    sharpeRatio: isLong ? measured.sharpeRatio : undefined,
    moneyWeightedRatio: isLong ? measured.moneyWeightedRatio : undefined,
  };
}

function rounded(point: ReturnType<typeof comparedValues>[number]) {
  const { day, value, paidIn, benchmark, doingNothing } = point;
  return {
    day,
    value: cents(value),
    paidIn: cents(paidIn),
    benchmark: benchmark === undefined ? undefined : cents(benchmark),
    doingNothing: doingNothing === undefined ? undefined : cents(doingNothing),
  };
}

/** Estimates are sent to two decimals. */
function cents(value: number): number {
  return Math.round(value * 100) / 100;
}
