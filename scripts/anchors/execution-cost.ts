/** Rows of optimal execution: schedules by name, and what they cost. */
import {
  costAtRisk,
  executionFrontier,
  expectedCost,
  holdingsOf,
  tradeHalfLife,
  trajectory,
  urgency,
  type ImpactModel,
} from '#shared/quant/execution/almgren-chriss.ts';
import { allWords, given, needed, numberOf } from './rows/row-conventions.ts';
import { NotSupported, type Adapter, type AnchorRow, type Compute } from './rows/anchor-row.ts';
import { vocabularies } from './rows/vocabularies.ts';
import { plainName } from './rows/text-values.ts';

interface Order {
  readonly shares: number;
  readonly intervals: number;
  readonly tauDays: number;
  readonly model: ImpactModel;
  readonly riskAversion: number;
}

function orderOf(row: AnchorRow): Order {
  const number = (what: string, ...names: string[]): number =>
    needed(numberOf(row, what, ...names), what);
  const intervals = number('intervals', 'N', 'periods', 'steps');
  const tauDays =
    numberOf(row, 'tau', 'interval_days') ??
    (numberOf(row, 'horizon_days', 'T', 'horizon', 'days') ?? intervals) / intervals;
  return {
    ...{ intervals, tauDays },
    shares: number('X', 'shares', 'quantity'),
    model: {
      sigma: number('sigma_per_sqrt_day', 'sigma', 'volatility'),
      halfSpread: numberOf(row, 'epsilon', 'half_spread', 'fixed_cost') ?? 0,
      temporary: number('eta', 'temporary_impact'),
      permanent: numberOf(row, 'gamma', 'permanent_impact') ?? 0,
    },
    riskAversion: numberOf(row, 'risk_aversion', 'lambda', 'lam') ?? 0,
  };
}

/** A given list; evenly; all at once; or the optimum. */
function tradesOf(row: AnchorRow, { shares, intervals, model, riskAversion, tauDays }: Order) {
  const stated = given(row, 'trades', 'schedule', 'trade_list');
  if (Array.isArray(stated)) return Float64Array.from(stated as number[]);
  const words = allWords(row);
  if (/straight|linear|even|twap|uniform|minimum[\s_-]*impact|minimum expected/.test(row.operation))
    return trajectory(shares, intervals, model, 0, tauDays);
  if (/immediate|at once|instant|minimum[\s_-]*variance/.test(words))
    return Float64Array.from({ length: intervals }, (_, j) => (j === 0 ? shares : 0));
  return trajectory(shares, intervals, model, riskAversion, tauDays);
}

const schedule: Compute = (row) => {
  const order = orderOf(row);
  const { model, riskAversion, tauDays } = order;
  const trades = tradesOf(row, order);
  const cost = expectedCost(trades, model, tauDays);
  const { expected, variance } = cost;
  const kappa = urgency(model, riskAversion, tauDays);
  const figures: Record<string, unknown> = {
    ...{ ...cost, fixed: cost.spread, cost: expected, expectedcost: expected },
    ...{ trades, schedule: trades, holdings: holdingsOf(trades), kappa },
    ...{ halflife: tradeHalfLife(model, riskAversion, tauDays), varianceofcost: variance },
    ...{ deviation: Math.sqrt(variance), std: Math.sqrt(variance), risk: Math.sqrt(variance) },
    ...{ standarddeviation: Math.sqrt(variance), objective: expected + riskAversion * variance },
    utility: expected + riskAversion * variance,
    costatrisk: costAtRisk(cost, numberOf(row, 'z', 'deviations', 'lambda_v') ?? 1.645),
  };
  return shaped(row, figures);
};

const frontier: Compute = (row) => {
  const { shares, intervals, model, tauDays } = orderOf(row);
  const asked = given(row, 'risk_aversions', 'lambdas');
  if (!Array.isArray(asked)) throw new NotSupported('a frontier without risk aversions');
  const points = executionFrontier(shares, intervals, model, asked as number[], tauDays);
  return shaped(row, {
    expected: points.map(({ expected }) => expected),
    variance: points.map(({ variance }) => variance),
    deviation: points.map(({ variance }) => Math.sqrt(variance)),
  });
};

/** By the names the row expects; a single number or list by the operation's words. */
function shaped({ expected, operation }: AnchorRow, figures: Record<string, unknown>): unknown {
  if (typeof expected === 'object' && expected !== null && !Array.isArray(expected))
    return Object.fromEntries(
      Object.keys(expected).map((name) => [name, figures[plainName(name)]]),
    );
  const named = Object.entries(figures).find(([name]) => plainName(operation).includes(name));
  return named?.[1] ?? (Array.isArray(expected) ? figures['trades'] : figures['expected']);
}

export const executionCost: Adapter = {
  category: 'execution_cost',
  words: vocabularies.execution_cost,
  operations: [
    [/frontier/i, frontier],
    [/schedule|cost|trajectory|execution|half|kappa|almgren|trades|holdings/i, schedule],
  ],
};
