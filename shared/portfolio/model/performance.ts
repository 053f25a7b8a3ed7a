/**
 * What the account earned. Returns are time-weighted: each day's growth without what the owner
 * brought in (counted at the day's start) or took out (counted at its end), linked over the days, so
 * that they say how the money was managed and not when it came.
 */
import { daysBetween, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { DayValue } from './value-history.ts';
import { internalRate, type DatedAmount } from './internal-rate.ts';

export const TRADING_DAYS_A_YEAR = 252;
const DAYS_A_YEAR = 365.25;
/** Over less time than this a yearly rate says nothing, and none is stated. */
export const ANNUALISED_DAYS_MIN = 30;

export interface PerformancePoint {
  readonly day: CalendarDay;
  readonly value: number;
  /** Of this day alone. */
  readonly returnRatio: number;
}

export interface Performance {
  readonly points: readonly PerformancePoint[];
  readonly totalRatio: number;
  /** By the year (365.25 days); the total where the period is shorter than 30 days. */
  readonly annualisedRatio: number;
  /** Sample standard deviation of daily returns x sqrt(252); 0 with fewer than two days. */
  readonly volatility: number;
  /** Mean over standard deviation of daily returns x sqrt(252), risk-free rate 0; 0 without risk. */
  readonly sharpeRatio: number;
  /** Deepest fall of the linked returns from a high before, as a positive fraction. */
  readonly maxDrawdownRatio: number;
  /** Highest value, and the first day it was reached. */
  readonly peak: PerformancePoint | undefined;
  /** Yearly rate at which the owner's money grew; absent under 30 days or without a solution. */
  readonly moneyWeightedRatio?: number | undefined;
}

/** @param days oldest first @param from first day of the window; all days where it is absent */
export function performance(days: readonly DayValue[], from?: CalendarDay): Performance {
  const start = from === undefined ? 0 : days.findIndex((value) => value.day >= from);
  const window = start < 0 ? [] : days.slice(start);
  const before = start > 0 ? days[start - 1] : undefined;
  const points = window.map((value, i) => ({
    day: value.day,
    value: value.value,
    returnRatio: dayReturn(i === 0 ? before : window[i - 1], value),
  }));
  const returns = points.map((point) => point.returnRatio);
  const [first, last] = [before ?? window[0], window.at(-1)];
  const elapsedDays = first && last ? daysBetween(first.day, last.day) : 0;
  const totalRatio = linked(returns);
  return {
    points,
    totalRatio,
    annualisedRatio: annualised(totalRatio, elapsedDays),
    volatility: standardDeviation(returns) * Math.sqrt(TRADING_DAYS_A_YEAR),
    sharpeRatio: sharpeRatio(returns),
    maxDrawdownRatio: maxDrawdown(returns),
    peak: peakOf(points),
    ...(elapsedDays >= ANNUALISED_DAYS_MIN && {
      moneyWeightedRatio: internalRate(ownersFlows(before, window)),
    }),
  };
}

/** Growth of a day on what was there; 0 where nothing was. */
export function dayReturn(before: DayValue | undefined, day: DayValue): number {
  const invested = (before?.value ?? 0) + day.broughtIn;
  return invested > 0 ? (day.value + day.takenOut) / invested - 1 : 0;
}

export function linked(returns: readonly number[]): number {
  return returns.reduce((growth, r) => growth * (1 + r), 1) - 1;
}

/** Compound annual growth rate, years of 365.25 days. */
export function annualised(totalRatio: number, elapsedDays: number): number {
  if (elapsedDays < ANNUALISED_DAYS_MIN || totalRatio <= -1) return totalRatio;
  return (1 + totalRatio) ** (DAYS_A_YEAR / elapsedDays) - 1;
}

export function standardDeviation(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const center = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - center) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

/** Sharpe (1994), annualised by sqrt(252), risk-free rate 0. */
export function sharpeRatio(returns: readonly number[]): number {
  const deviation = standardDeviation(returns);
  const noRisk = 1e-12;
  if (deviation < noRisk) return 0;
  return (mean(returns) / deviation) * Math.sqrt(TRADING_DAYS_A_YEAR);
}

export function maxDrawdown(returns: readonly number[]): number {
  let [growth, high, deepest] = [1, 1, 0];
  for (const r of returns) {
    growth *= 1 + r;
    high = Math.max(high, growth);
    deepest = Math.max(deepest, 1 - growth / high);
  }
  return deepest;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function peakOf(points: readonly PerformancePoint[]): PerformancePoint | undefined {
  return points.reduce<PerformancePoint | undefined>(
    (peak, point) => (peak && peak.value >= point.value ? peak : point),
    undefined,
  );
}

/** Out of the owner's pocket is negative; at the end he has the account's value. */
function ownersFlows(before: DayValue | undefined, window: readonly DayValue[]): DatedAmount[] {
  const flows = window.map(({ day, broughtIn, takenOut }) => ({
    day,
    amount: takenOut - broughtIn,
  }));
  const last = window.at(-1);
  return [
    ...(before ? [{ day: before.day, amount: -before.value }] : []),
    ...flows,
    ...(last ? [{ day: last.day, amount: last.value }] : []),
  ].filter((flow) => flow.amount !== 0);
}
