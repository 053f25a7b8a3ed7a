/** Risk of weights over scenarios of returns; a period, positive for losses. */
import { shareOf } from '#shared/quant/measures/quantile.ts';
import { at } from '#shared/quant/linear-algebra/matrix.ts';

/** What is lost in each scenario, and which figure of these losses is the risk. */
export type TailRisk = (
  | { readonly series: 'loss' | 'drawdown' | 'deviation' }
  /** Below the benchmark return of a period. */
  | { readonly series: 'shortfall'; readonly benchmark: number }
) &
  (
    | { readonly measure: 'mean' | 'largest' | 'root-mean-square' }
    /** Mean of the worst share 1 - beta. */
    | { readonly measure: 'cvar'; readonly beta: number }
  );

export function cvar(beta: number): TailRisk {
  return { series: 'loss', measure: 'cvar', beta };
}

export function conditionalDrawdownRisk(beta: number): TailRisk {
  return { series: 'drawdown', measure: 'cvar', beta };
}

export function semideviation(benchmark = 0): TailRisk {
  return { series: 'shortfall', benchmark, measure: 'root-mean-square' };
}

/** @param scenarios one column of returns for each security */
export function riskOf(
  scenarios: readonly Float64Array[],
  weights: Float64Array,
  risk: TailRisk,
): number {
  const losses = lossesOf(portfolioReturns(scenarios, weights), risk);
  const mean = (values: Float64Array) => values.reduce((all, v) => all + v, 0) / values.length;
  switch (risk.measure) {
    case 'cvar':
      return conditionalTail(losses, risk.beta);
    case 'largest':
      return losses.reduce((most, value) => Math.max(most, value), -Infinity);
    case 'mean':
      return mean(losses.map((value) => Math.max(0, value)));
    case 'root-mean-square':
      return Math.sqrt(mean(losses.map((value) => Math.max(0, value) ** 2)));
  }
}

function portfolioReturns(scenarios: readonly Float64Array[], weights: Float64Array): Float64Array {
  const returns = new Float64Array(scenarios[0]?.length ?? 0);
  scenarios.forEach((column, i) => {
    const weight = at(weights, i);
    if (weight !== 0)
      for (let t = 0; t < returns.length; t += 1)
        returns[t] = at(returns, t) + weight * at(column, t);
  });
  return returns;
}

function lossesOf(returns: Float64Array, risk: TailRisk): Float64Array {
  switch (risk.series) {
    case 'loss':
      return returns.map((value) => -value);
    case 'shortfall':
      return returns.map((value) => risk.benchmark - value);
    case 'deviation': {
      const mean = returns.reduce((all, value) => all + value, 0) / returns.length;
      return returns.map((value) => 2 * (mean - value));
    }
    case 'drawdown': {
      let depth = 0;
      return returns.map((value) => (depth = Math.max(0, depth - value)));
    }
  }
}

/** Mean of the worst share 1 - beta, the loss at its edge counted in part. */
function conditionalTail(losses: Float64Array, beta: number): number {
  const worst = losses.toSorted().reverse();
  const count = shareOf(worst.length, 1 - beta);
  const whole = Math.min(worst.length, Math.floor(count));
  let total = 0;
  for (let k = 0; k < whole; k += 1) total += at(worst, k);
  if (whole < worst.length) total += Math.max(0, count - whole) * at(worst, whole);
  return total / count;
}
