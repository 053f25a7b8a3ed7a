/**
 * Result figures of a run. With V the value after costs, F the deposit of a day and C the capital:
 * r0 = V0 / C - 1, r = (V - F) / V_before - 1; the index starts at 1 before the first trade.
 */
import { power } from '#shared/kernel/power.ts';
import { daysBetween, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { depthsOfReturns, maximumDrawdown } from '#shared/quant/measures/drawdowns.ts';
import { internalRate } from '#shared/quant/measures/internal-rate.ts';
import { mean, standardDeviation } from '#shared/quant/measures/moments.ts';
import { DAYS_A_YEAR, totalReturn } from '#shared/quant/measures/returns.ts';

export interface MeasuredDay {
  readonly day: CalendarDay;
  readonly value: number;
  readonly deposit: number;
  readonly traded: number;
  readonly charges: number;
  readonly orders: number;
  readonly decided: boolean;
}

export interface Figures {
  readonly finalValue: number;
  /** Time-weighted. */
  readonly totalReturn: number;
  /** A year; NaN of a run of one day. */
  readonly growthRate: number;
  readonly volatility: number;
  /** Without a risk-free rate. */
  readonly sharpeRatio: number;
  /** Not above 0. */
  readonly maximumDrawdown: number;
  /** Half of what was bought and sold over the day's value, summed. */
  readonly turnover: number;
  /** The same without the first day. */
  readonly turnoverPerYear: number;
  readonly orders: number;
  readonly decisions: number;
  readonly charges: number;
  readonly deposits: number;
  /** Actual/365; undefined where there is none. */
  readonly moneyWeightedReturn: number | undefined;
}

export interface Measure {
  readonly periodsPerYear: number;
  /** Calendar days over 365.25, or the count of periods over their number in a year. */
  readonly years: 'calendar' | 'periods';
}

export function returnsOf(days: readonly MeasuredDay[], capital: number): Float64Array {
  return Float64Array.from(days, ({ value, deposit }, i) => {
    const before = i === 0 ? capital : (days[i - 1]?.value ?? capital);
    return (value - deposit) / before - 1;
  });
}

/** @param days at least one */
export function figuresOf(
  days: readonly MeasuredDay[],
  capital: number,
  measure: Measure,
): Figures {
  const returns = returnsOf(days, capital);
  const later = returns.subarray(1);
  const deviation = standardDeviation(later);
  const total = totalReturn(returns);
  const years = yearsOf(days, measure);
  const turnovers = days.map(({ traded, value }) => traded / 2 / value);
  const turnover = sum(turnovers);
  return {
    finalValue: days.at(-1)?.value ?? capital,
    totalReturn: total,
    growthRate: years > 0 ? power(1 + total, 1 / years) - 1 : NaN,
    volatility: deviation * Math.sqrt(measure.periodsPerYear),
    sharpeRatio: (mean(later) / deviation) * Math.sqrt(measure.periodsPerYear),
    maximumDrawdown: -maximumDrawdown(depthsOfReturns(returns)),
    turnover,
    turnoverPerYear: (turnover - (turnovers[0] ?? 0)) / years,
    orders: sum(days.map(({ orders }) => orders)),
    decisions: days.filter(({ decided }) => decided).length,
    charges: sum(days.map(({ charges }) => charges)),
    deposits: sum(days.map(({ deposit }) => deposit)),
    moneyWeightedReturn: moneyWeighted(days, capital),
  };
}

function yearsOf(days: readonly MeasuredDay[], { years, periodsPerYear }: Measure): number {
  const [first, last] = [days[0]?.day, days.at(-1)?.day];
  if (years === 'periods' || first === undefined || last === undefined)
    return (days.length - 1) / periodsPerYear;
  return daysBetween(first, last) / DAYS_A_YEAR;
}

function moneyWeighted(days: readonly MeasuredDay[], capital: number): number | undefined {
  const [first, last] = [days[0], days.at(-1)];
  if (!first || !last) return undefined;
  return internalRate([
    { day: first.day, amount: -capital },
    ...days.flatMap(({ day, deposit }) => (deposit > 0 ? [{ day, amount: -deposit }] : [])),
    { day: last.day, amount: last.value },
  ]);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
