/**
 * Discrete planning instances with proven optima, both objectives of each. What the planner answers is
 * checked here by its own arithmetic, as the specification in the file words it.
 */
import type {
  DiscreteProblem,
  Tracking,
  Utility,
} from '#shared/planning/model/discrete/discrete-problem.ts';
import { solveDiscrete } from '#shared/planning/model/discrete/discrete-search.ts';
import { lotSecurity } from '#shared/planning/model/discrete/lot-sizes.ts';
import type { Evaluated } from './evaluate.ts';

/** A limit for all securities alike, or one each. */
type PerSecurity = number | readonly number[];

export interface Instance {
  readonly id: string;
  readonly securities?: readonly string[];
  readonly price: readonly number[];
  readonly lot: readonly number[];
  readonly holding: readonly number[];
  readonly cash: number;
  readonly V0: number;
  readonly target: readonly number[];
  readonly target_cash: number;
  readonly cost: {
    readonly fee_fixed: number;
    readonly fee_bps: number;
    readonly sell_tax_bps: number;
  };
  readonly constraints: {
    readonly min_cash?: number;
    readonly max_weight?: PerSecurity;
    readonly max_turnover?: number;
    readonly min_order_value?: number;
    readonly max_orders?: number;
    readonly no_trade?: readonly (number | string)[];
    readonly sell_only?: readonly (number | string)[];
  };
  readonly cost_weight: number;
  readonly mu: readonly number[];
  readonly cov: readonly (readonly number[])[];
  readonly risk_aversion: number;
  readonly cost_amortisation: number;
}

export type ObjectiveKind = 'tracking' | 'utility';

interface Solved extends Instance {
  readonly solution_tracking: { readonly optimum: number };
  readonly solution_utility: { readonly optimum: number };
}

const TOLERANCE = 1e-9;
/** Ranges bounded for each objective; small instances end long before. */
const NODES = 300_000;
/** From this size on, a proof to a thousandth is what is asked. */
const LARGE = 20;
const LARGE_GAP_RATIO = 1e-3;

/** @param json text of `instances.json` */
export function evaluateInstances(json: string): readonly Evaluated[] {
  const { instances } = JSON.parse(json) as { readonly instances: readonly Solved[] };
  return instances.flatMap((one) => [evaluated(one, 'tracking'), evaluated(one, 'utility')]);
}

function evaluated(one: Solved, kind: ObjectiveKind): Evaluated {
  const large = one.price.length >= LARGE;
  const { lots, status, gap } = solveDiscrete(problemOf(one, kind), {
    nodesMost: NODES,
    gapRatio: large ? LARGE_GAP_RATIO : 0,
  });
  const x = one.lot.map((lot, i) => lot * (lots[i] ?? 0));
  const { optimum } = kind === 'tracking' ? one.solution_tracking : one.solution_utility;
  const worst = Math.abs(objectiveOf(one, kind, x) - optimum);
  const broken = brokenBy(one, x);
  const near = large ? LARGE_GAP_RATIO * Math.abs(optimum) : TOLERANCE;
  const passed = broken === undefined && worst <= near;
  const reason = broken ? `breaks ${broken}` : `off by ${worst} (${status}, gap ${gap})`;
  return {
    name: `${one.id}/${kind}`,
    verdict: passed ? 'passed' : 'failed',
    ...{ worst, reason: passed ? '' : reason },
  };
}

/** The instance as the planner takes it. */
export function problemOf(one: Instance, kind: ObjectiveKind): DiscreteProblem {
  const { constraints: limits, cost, cash, V0: value } = one;
  return {
    ...{ value, cash },
    securities: one.price.map((price, i) =>
      lotSecurity(
        {
          ...{ price, lot: one.lot[i] ?? 1, holding: one.holding[i] ?? 0 },
          valueMost: each(limits.max_weight, i, Infinity) * value,
          orderLeast: limits.min_order_value ?? 0,
          buys: !lists(one, limits.no_trade, i) && !lists(one, limits.sell_only, i),
          sells: !lists(one, limits.no_trade, i),
        },
        value,
      ),
    ),
    costs: {
      fixed: cost.fee_fixed,
      buyRatio: cost.fee_bps / 1e4,
      sellRatio: (cost.fee_bps + cost.sell_tax_bps) / 1e4,
    },
    limits: {
      ...{ cashFloor: limits.min_cash ?? 0, keptPerOrder: 0, keptRatio: 0, groups: [] },
      turnoverMost: (limits.max_turnover ?? Infinity) * value,
      ordersMost: limits.max_orders ?? Infinity,
      positionsMore: Infinity,
    },
    objective: kind === 'tracking' ? trackingOf(one) : utilityOf(one),
  };
}

function trackingOf({ target, target_cash: targetCash, cost_weight: costWeight }: Instance) {
  return { kind: 'tracking', target, targetCash, costWeight } satisfies Tracking;
}

function utilityOf(one: Instance): Utility {
  return {
    ...{ kind: 'utility', expected: one.mu, riskAversion: one.risk_aversion },
    covariance: Float64Array.from(one.cov.flat()),
    costWeight: one.cost_amortisation,
  };
}

/**
 * The objective by the specification, from shares traded.
 * @internal exported for its tests
 */
export function objectiveOf(one: Instance, kind: ObjectiveKind, x: readonly number[]): number {
  const { V0: value, price, holding, cash } = one;
  const w = price.map((p, i) => (((holding[i] ?? 0) + (x[i] ?? 0)) * p) / value);
  const costShare = costOf(one, x) / value;
  const sum = (terms: readonly number[]) => terms.reduce((a, b) => a + b, 0);
  if (kind === 'tracking') {
    const cashShare = (cash - sum(price.map((p, i) => p * (x[i] ?? 0)))) / value;
    const off = sum(w.map((wi, i) => Math.abs(wi - (one.target[i] ?? 0))));
    return off + Math.abs(cashShare - one.target_cash) + one.cost_weight * costShare;
  }
  const mean = sum(w.map((wi, i) => wi * (one.mu[i] ?? 0)));
  const variance = sum(w.flatMap((wi, i) => w.map((wj, j) => wi * wj * (one.cov[i]?.[j] ?? 0))));
  return mean - (one.risk_aversion / 2) * variance - one.cost_amortisation * costShare;
}

function costOf({ price, cost }: Instance, x: readonly number[]): number {
  return x.reduce((sum, shares, i) => {
    if (shares === 0) return sum;
    const traded = Math.abs(shares) * (price[i] ?? 0);
    const tax = shares < 0 ? cost.sell_tax_bps : 0;
    return sum + cost.fee_fixed + ((cost.fee_bps + tax) / 1e4) * traded;
  }, 0);
}

/**
 * The first constraint that shares traded break, by name.
 * @internal exported for its tests
 */
export function brokenBy(one: Instance, x: readonly number[]): string | undefined {
  const { constraints: limits, price, lot, holding, cash, V0: value } = one;
  const traded = x.map((shares, i) => Math.abs(shares) * (price[i] ?? 0));
  const turnover = traded.reduce((a, b) => a + b, 0);
  const spent = x.reduce((sum, shares, i) => sum + shares * (price[i] ?? 0), 0);
  const some = (breaks: (shares: number, i: number) => boolean) => x.some(breaks);
  const after = (i: number) => ((holding[i] ?? 0) + (x[i] ?? 0)) * (price[i] ?? 0);
  const rules: readonly (readonly [string, boolean])[] = [
    ['lot', some((shares, i) => shares % (lot[i] ?? 1) !== 0)],
    ['no shorting', some((shares, i) => (holding[i] ?? 0) + shares < 0)],
    ['min_cash', cash - spent - costOf(one, x) < (limits.min_cash ?? 0) - TOLERANCE],
    [
      'max_weight',
      some((s, i) => s > 0 && after(i) > each(limits.max_weight, i, Infinity) * value + TOLERANCE),
    ],
    ['max_turnover', turnover > (limits.max_turnover ?? Infinity) * value + TOLERANCE],
    [
      'min_order_value',
      traded.some((v) => v !== 0 && v < (limits.min_order_value ?? 0) - TOLERANCE),
    ],
    ['max_orders', x.filter((s) => s !== 0).length > (limits.max_orders ?? Infinity)],
    ['no_trade', some((s, i) => s !== 0 && lists(one, limits.no_trade, i))],
    ['sell_only', some((s, i) => s > 0 && lists(one, limits.sell_only, i))],
  ];
  return rules.find(([, broken]) => broken)?.[0];
}

function each(limit: PerSecurity | undefined, i: number, otherwise: number): number {
  return (typeof limit === 'number' ? limit : limit?.[i]) ?? otherwise;
}

/** Whether a list of indices or names holds the security. */
function lists(one: Instance, list: readonly (number | string)[] | undefined, i: number): boolean {
  const name = one.securities?.[i];
  return list?.some((entry) => entry === i || (name !== undefined && entry === name)) ?? false;
}
