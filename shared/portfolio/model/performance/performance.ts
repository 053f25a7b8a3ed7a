/**
 * Performance of the account. Returns are time-weighted: each day's growth without deposits
 * (counted at the day's start) and withdrawals (counted at its end), linked over the days, so that
 * they measure the management of the money and not the timing of payments.
 */
import { daysBetween, epochDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { depthsOfReturns, maximumDrawdown } from '#shared/quant/measures/drawdowns.ts';
import { sharpeRatio } from '#shared/quant/measures/ratios.ts';
import {
  DAYS_A_YEAR,
  annualVolatility,
  annualised,
  totalReturn,
} from '#shared/quant/measures/returns.ts';
import { internalRate, type DatedAmount } from '#shared/quant/measures/internal-rate.ts';
import type { DayValue } from '../value-history.ts';

/** Below this length an annual rate is not meaningful, and none is stated. */
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
  /** Of daily returns x sqrt(252), risk-free rate 0; 0 without risk. */
  readonly sharpeRatio: number;
  /** Deepest fall of the linked returns from a high before, as a positive fraction. */
  readonly maxDrawdownRatio: number;
  /** Highest value, and the first day it was reached; the value that the first return starts from is one. */
  readonly peak: PerformancePoint | undefined;
  /** Yearly rate at which the owner's money grew; absent under 30 days or without a solution. */
  readonly moneyWeightedRatio?: number | undefined;
}

/** Days of an account from some day on, and the one before them. */
export interface Window {
  readonly before: DayValue | undefined;
  readonly days: readonly DayValue[];
}

/** @param days oldest first @param from first day of the window; all days where it is absent */
export function windowFrom(days: readonly DayValue[], from: CalendarDay | undefined): Window {
  const start = from === undefined ? 0 : days.findIndex((value) => value.day >= from);
  return {
    days: start < 0 ? [] : days.slice(start),
    before: start > 0 ? days[start - 1] : undefined,
  };
}

export function performance({ before, days }: Window): Performance {
  const points = days.map((value, i) => ({
    day: value.day,
    value: value.value,
    returnRatio: dayReturn(i === 0 ? before : days[i - 1], value),
  }));
  const returns = points.map((point) => point.returnRatio);
  const [first, last] = [before ?? days[0], days.at(-1)];
  const elapsedDays = first && last ? daysBetween(first.day, last.day) : 0;
  const totalRatio = totalReturn(returns);
  return {
    points,
    totalRatio,
    annualisedRatio:
      elapsedDays < ANNUALISED_DAYS_MIN || totalRatio <= -1
        ? totalRatio
        : annualised(totalRatio, elapsedDays, DAYS_A_YEAR),
    volatility: finiteOr0(annualVolatility(returns)),
    sharpeRatio: finiteOr0(sharpeRatio(returns)),
    maxDrawdownRatio: finiteOr0(maximumDrawdown(depthsOfReturns(returns))),
    peak: peakOf([...startOf(before, days), ...points]),
    ...(elapsedDays >= ANNUALISED_DAYS_MIN && {
      moneyWeightedRatio: internalRate(ownersFlows(before, days)),
    }),
  };
}

/** What 1 grew to by the end of each day, with the value before the first of them. */
export function growthIndex({ before, days }: Window): {
  readonly days: Int32Array;
  readonly values: Float64Array;
} {
  const first = before ?? days[0];
  if (!first) return { days: new Int32Array(0), values: new Float64Array(0) };
  // Without a day before, the first day's own return is counted from the day itself.
  const start = before ? epochDay(before.day) : epochDay(first.day) - 1;
  let value = 1;
  const values = days.map(
    (day, i) => (value *= 1 + dayReturn(i === 0 ? before : days[i - 1], day)),
  );
  return {
    days: Int32Array.of(start, ...days.map(({ day }) => epochDay(day))),
    values: Float64Array.of(1, ...values),
  };
}

/** What a day's gain was earned on: the value before, and what the owner brought in. */
export function capitalOf(before: DayValue | undefined, day: DayValue): number {
  return (before?.value ?? 0) + day.deposited;
}

/** Growth of a day on what was there; 0 where nothing was. */
export function dayReturn(before: DayValue | undefined, day: DayValue): number {
  const capital = capitalOf(before, day);
  return capital > 0 ? (day.value + day.withdrawn) / capital - 1 : 0;
}

function finiteOr0(value: number): number {
  return Number.isFinite(value) ? value : 0;
}

/** What the first day's return is measured on, as drawdowns are. */
function startOf(before: DayValue | undefined, [first]: readonly DayValue[]): PerformancePoint[] {
  if (!first) return [];
  if (before) return [{ day: before.day, value: before.value, returnRatio: 0 }];
  return [{ day: first.day, value: first.deposited, returnRatio: 0 }];
}

function peakOf(points: readonly PerformancePoint[]): PerformancePoint | undefined {
  return points.reduce<PerformancePoint | undefined>(
    (peak, point) => (peak && peak.value >= point.value ? peak : point),
    undefined,
  );
}

/** Deposits are negative; at the end the account's value is received. */
function ownersFlows(before: DayValue | undefined, window: readonly DayValue[]): DatedAmount[] {
  const flows = window.map(({ day, deposited, withdrawn }) => ({
    day,
    amount: withdrawn - deposited,
  }));
  const last = window.at(-1);
  return [
    ...(before ? [{ day: before.day, amount: -before.value }] : []),
    ...flows,
    ...(last ? [{ day: last.day, amount: last.value }] : []),
  ].filter((flow) => flow.amount !== 0);
}
