/**
 * The planning problem as columns of numbers, one entry a security that may be traded. What is held
 * and not traded is in the starting gradient and the group weights.
 *
 * Utility a year, as a fraction of the value: U(w) = mu'w - (gamma/2) w'Sw - cost / value / horizon
 * with w in base currency and cash earning nothing (Markowitz 1952 with proportional and fixed cost).
 */
import { estimatedCost } from '#shared/kernel/costs.ts';
import { dayOf, daysBetween } from '#shared/kernel/calendar-day.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import type { Money } from '#shared/kernel/money.ts';
import { COST_HORIZON_YEARS, groupKey, groupMaxOf, type GroupKind } from '../plan-limits.ts';
import { instrumentWeightOf, type Opportunity } from '../opportunity.ts';
import { gainCurve, gainRange, NO_GAINS, type GainCurve } from '../taxes/gain-curve.ts';
import type { TaxYear } from '../taxes/sale-tax.ts';
import { taxCurve, type TaxCurve } from '../taxes/tax-curve.ts';
import {
  groupName,
  lotsHeld,
  lotValue,
  momentRows,
  type Instrument,
  type PlanningProblem,
} from '../problem.ts';

export interface SearchSpace {
  readonly size: number;
  readonly instruments: readonly Instrument[];
  /** Base currency. */
  readonly lotValue: Float64Array;
  /** Lots that may be sold and bought; 0 where there is no such opportunity. */
  readonly sellMax: Float64Array;
  readonly buyMax: Float64Array;
  /** Least lots of an order. */
  readonly lotsMin: Float64Array;
  /** Signed lots to the target, within the bounds; 0 where it is nearer than an order. */
  readonly toTarget: Float64Array;
  readonly held: Uint8Array;
  /** Lots whose sale closes the position; 0 where a part of a lot would stay. */
  readonly lotsToClose: Float64Array;
  /** Share of the value held of each security. */
  readonly weight: Float64Array;
  /** mu of each security, and S among them row by row. */
  readonly expected: Float64Array;
  readonly covariance: Float64Array;
  /** S w of the portfolio as it is. */
  readonly gradient: Float64Array;
  readonly riskAversion: number;
  readonly utilityOfHolding: number;
  /** Base currency. */
  readonly value: number;
  readonly cash: number;
  readonly reserve: number;
  readonly turnoverMax: number;
  readonly ordersMax: number;
  readonly positions: number;
  readonly positionsMax: number;
  readonly feeFixed: number;
  readonly buyCostRatio: number;
  readonly sellCostRatio: number;
  /** Of each security, what selling so many lots realises. */
  readonly gains: readonly GainCurve[];
  /** What these gains cost in tax this year; empty where no gain is taxed. */
  readonly tax: TaxCurve;
  /** What cost is divided by to become utility. */
  readonly costScale: number;
  /** Groups of each security as indices of the groups below; -1 where unknown or without a limit. */
  readonly sector: Int32Array;
  readonly country: Int32Array;
  readonly currency: Int32Array;
  readonly groups: readonly string[];
  readonly groupWeight: Float64Array;
  readonly groupMax: Float64Array;
}

export interface SpaceFigures {
  readonly value: Money;
  readonly reserve: Money;
}

export function searchSpace(
  problem: PlanningProblem,
  { value: total, reserve }: SpaceFigures,
  opportunities: readonly Opportunity[],
): SearchSpace {
  const instruments = [...new Set(opportunities.map(({ instrument }) => instrument))];
  const value = total.toEstimate();
  const { limits } = problem;
  const sizes = tradable(instruments, opportunities);
  const positions = problem.instruments.filter(({ held }) => held.sign > 0).length;
  return {
    size: instruments.length,
    instruments,
    ...sizes,
    toTarget: Float64Array.from(instruments, (one) => lotsToTarget(one, opportunities, value)),
    ...riskColumns(problem, instruments, value),
    ...groupColumns(problem, instruments, value),
    ...costRatios(problem),
    ...taxColumns(problem, instruments, sizes),
    value,
    riskAversion: limits.riskAversion,
    cash: problem.cash.subtract(problem.reserved).toEstimate(),
    reserve: reserve.toEstimate(),
    turnoverMax: limits.turnoverMaxRatio * value,
    ordersMax: limits.ordersMax,
    positions,
    // An account that holds more already may hold fewer, and not more.
    positionsMax: Math.max(limits.positionsMax, positions),
    costScale: value * COST_HORIZON_YEARS,
  };
}

function tradable(instruments: readonly Instrument[], opportunities: readonly Opportunity[]) {
  const of = (side: 'BUY' | 'SELL') =>
    instruments.map((one) => opportunities.find((o) => o.instrument === one && o.side === side));
  const [sales, purchases] = [of('SELL'), of('BUY')];
  const whole = instruments.map(({ held, lot }) =>
    held.equals(held.divide(lot, 0, 'floor').multiply(lot)),
  );
  return {
    lotValue: Float64Array.from(instruments, lotValue),
    sellMax: Float64Array.from(sales, (sale) => sale?.lotsMax ?? 0),
    buyMax: Float64Array.from(purchases, (purchase) => purchase?.lotsMax ?? 0),
    lotsMin: Float64Array.from(sales, (sale, i) => sale?.lotsMin ?? purchases[i]?.lotsMin ?? 1),
    held: Uint8Array.from(instruments, ({ held }) => (held.sign > 0 ? 1 : 0)),
    lotsToClose: Float64Array.from(instruments, (one, i) => (whole[i] ? lotsHeld(one) : 0)),
  };
}

function lotsToTarget(one: Instrument, opportunities: readonly Opportunity[], value: number) {
  const requested = Math.round(
    ((one.target - instrumentWeightOf(one, value)) * value) / lotValue(one),
  );
  const side = requested < 0 ? 'SELL' : 'BUY';
  const found = opportunities.find((o) => o.instrument === one && o.side === side);
  if (!found || Math.abs(requested) < found.lotsMin) return 0;
  return Math.sign(requested) * Math.min(Math.abs(requested), found.lotsMax);
}

function riskColumns(problem: PlanningProblem, instruments: readonly Instrument[], value: number) {
  const { expected, covariance } = problem.moments;
  const rows = momentRows(problem.moments);
  const chosen = instruments.map(({ isin }) => rows.get(isin) ?? -1);
  const weights = new Float64Array(expected.length);
  for (const one of problem.instruments) {
    const row = rows.get(one.isin);
    if (row !== undefined) weights[row] = instrumentWeightOf(one, value);
  }
  const products = covariance.map((row) => dot(row, weights));
  const all = chosen.flatMap((a) => chosen.map((b) => covariance[a]?.[b] ?? 0));
  const variance = dot(weights, products);
  return {
    weight: Float64Array.from(instruments, (one) => instrumentWeightOf(one, value)),
    expected: Float64Array.from(chosen, (row) => expected[row] ?? 0),
    covariance: Float64Array.from(all),
    gradient: Float64Array.from(chosen, (row) => products[row] ?? 0),
    utilityOfHolding: dot(expected, weights) - (problem.limits.riskAversion / 2) * variance,
  };
}

function groupColumns(problem: PlanningProblem, instruments: readonly Instrument[], value: number) {
  const weights = new Map<string, number>();
  const most = new Map<string, number>();
  for (const one of problem.instruments)
    for (const kind of ['sector', 'country', 'currency'] as const) {
      const name = groupName(one, kind);
      const limit = name === undefined ? 1 : groupMaxOf(problem.limits, kind, name);
      if (name === undefined || (kind === 'currency' && limit >= 1)) continue;
      const key = groupKey(kind, name);
      weights.set(key, (weights.get(key) ?? 0) + instrumentWeightOf(one, value));
      most.set(key, limit);
    }
  const groups = [...weights.keys()];
  const column = (kind: GroupKind): Int32Array =>
    Int32Array.from(instruments, (one) => {
      const name = groupName(one, kind);
      return name === undefined ? -1 : groups.indexOf(groupKey(kind, name));
    });
  return {
    groups,
    groupWeight: Float64Array.from(weights.values()),
    // A group that is over its limit already may shrink, and may not grow.
    groupMax: Float64Array.from(groups, (g) => Math.max(most.get(g) ?? 1, weights.get(g) ?? 0)),
    ...{ sector: column('sector'), country: column('country'), currency: column('currency') },
  };
}

/** Gains count at the highest rate of those that a sale could be taxed at. */
function taxColumns(
  { taxYear, limits }: PlanningProblem,
  instruments: readonly Instrument[],
  { lotValue: values, sellMax }: ReturnType<typeof tradable>,
): Pick<SearchSpace, 'gains' | 'tax'> {
  const rates = instruments.flatMap(({ taxLots = [] }) => taxLots.map((one) => one.gainRatio));
  const ratio = Math.max(0, ...rates);
  if (!taxYear || ratio === 0) return { gains: instruments.map(() => NO_GAINS), tax: [] };
  const { sellCostRatio: chargeRatio, feeFixed: chargeFixed } = costRatios({ limits });
  const { lossesOffsetGains } = taxYear.rules;
  const gains = instruments.map(({ isin, taxLots = [], lot }, i) => {
    const isReplaced = wasBoughtLately(taxYear, isin);
    const lossesCount = lossesOffsetGains && !isReplaced;
    const terms = { ratio, lotValue: values[i] as number, lot: lot.toEstimate() };
    return gainCurve(taxLots, { ...terms, chargeRatio, chargeFixed, lossesCount });
  });
  let [least, most] = [0, 0];
  for (const [i, curve] of gains.entries()) {
    const sold = sellMax[i] as number;
    const { low, high } = gainRange(curve, Math.min(1, sold), sold);
    least += Math.min(0, low * sold - curve.fixed);
    most += Math.max(0, high * sold);
  }
  return { gains, tax: taxCurve(taxYear, ratio, least, most) };
}

/** Whether a loss on it may not count. */
function wasBoughtLately({ ledger, rules, day }: TaxYear, isin: Isin): boolean {
  const { washSaleDays } = rules;
  const isLate = (at: Instant) => daysBetween(dayOf(at), day) <= washSaleDays;
  return washSaleDays > 0 && ledger.some((one) => one.isin === isin && isLate(one.happenedAt));
}

function costRatios({ limits }: Pick<PlanningProblem, 'limits'>) {
  const proportional = { ...limits.costs, feeFixed: Decimal.zero };
  return {
    feeFixed: limits.costs.feeFixed.toEstimate(),
    buyCostRatio: estimatedCost(proportional, 'BUY', 1),
    sellCostRatio: estimatedCost(proportional, 'SELL', 1),
  };
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
