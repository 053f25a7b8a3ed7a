/** What holdings are together: their score, their risk, their concentration. */
import type { Isin } from '#shared/kernel/isin.ts';
import { alignPrices, dailyReturns } from '#shared/universe/model/aligned-prices.ts';
import type { MarketView } from '#shared/universe/model/market-view.ts';
import type { Security } from '#shared/universe/model/security.ts';
import type { UniverseScores } from './score-universe.ts';

/** Shares of the holdings' value (cash left out), summing to 1. */
export type HoldingWeights = ReadonlyMap<Isin, number>;

const TRADING_DAYS_A_YEAR = 252;
/** Volatility is of the last year, the drawdown of three. */
const PATH_DAYS = 3 * TRADING_DAYS_A_YEAR;

/** What is not known is absent. */
export type PortfolioMetrics = Readonly<Record<string, number>>;

export interface PortfolioScores {
  readonly equalWeighted: number;
  readonly valueWeighted: number;
  /** Share of the weights that has a score; both averages are over that part. */
  readonly scored: number;
}

/** Averages over the scored holdings; undefined when none is scored. */
export function portfolioScores(
  weights: HoldingWeights,
  scores: UniverseScores,
): PortfolioScores | undefined {
  let [count, equal, value, weightSum] = [0, 0, 0, 0];
  for (const [isin, weight] of weights) {
    const score = scores.scores.get(isin);
    if (!score) continue;
    count += 1;
    equal += score.total;
    value += weight * score.total;
    weightSum += weight;
  }
  if (count === 0 || weightSum === 0) return undefined;
  return { equalWeighted: equal / count, valueWeighted: value / weightSum, scored: weightSum };
}

/**
 * | key                    | meaning                                                            |
 * |------------------------|--------------------------------------------------------------------|
 * | `holdings`             | number of holdings with a weight                                   |
 * | `effectiveHoldings`    | 1/Σw²: equally large holdings that would be as concentrated        |
 * | `sectorHerfindahl`     | Σ over sectors of (share)²; `largestSectorRatio` the largest share |
 * | `countryHerfindahl`    | the same by country; `largestCountryRatio`                         |
 * | `volatilityRatio`      | annual standard deviation of the holdings' daily returns, one year |
 * | `diversificationRatio` | Σwσ ÷ the above (Choueifaty & Coignard 2008); 1 does not diversify |
 * | `maximumDrawdownRatio` | deepest fall of the present weights' path, three years             |
 * | `measuredRatio`        | share of the weights the three above could be measured on          |
 *
 * Risk is in the base currency, of weights rebalanced daily. Securities whose sector or country is
 * not known count as one group.
 */
export function portfolioMetrics(weights: HoldingWeights, view: MarketView): PortfolioMetrics {
  const held = [...weights].filter(([, weight]) => weight > 0);
  if (held.length === 0) return { holdings: 0 };
  const securities = new Map(view.securities.map((security) => [security.isin, security]));
  const bySector = shares(held, (isin) => securities.get(isin)?.sector);
  const byCountry = shares(held, (isin) => securities.get(isin)?.country);
  return {
    holdings: held.length,
    effectiveHoldings: 1 / sumOfSquares(held.map(([, weight]) => weight)),
    sectorHerfindahl: sumOfSquares(bySector),
    largestSectorRatio: Math.max(...bySector),
    countryHerfindahl: sumOfSquares(byCountry),
    largestCountryRatio: Math.max(...byCountry),
    ...riskMetrics(weights, view),
  };
}

function riskMetrics(weights: HoldingWeights, view: MarketView): PortfolioMetrics {
  const aligned = alignPrices(heldOnly(view, weights), { days: PATH_DAYS + 1 });
  const raw = aligned.isins.map((isin) => weights.get(isin) ?? 0);
  const measured = raw.reduce((sum, weight) => sum + weight, 0);
  if (measured === 0) return { measuredRatio: 0 };
  const columns = aligned.prices.map(dailyReturns);
  const path = weighted(
    columns,
    raw.map((weight) => weight / measured),
  );
  const year = columns.map((column) => column.subarray(-TRADING_DAYS_A_YEAR));
  const volatility = annualVolatility(path.subarray(-TRADING_DAYS_A_YEAR));
  const apart = year.reduce((sum, column, i) => sum + (raw[i] ?? 0) * annualVolatility(column), 0);
  return {
    volatilityRatio: volatility,
    ...(volatility > 0 && { diversificationRatio: apart / measured / volatility }),
    maximumDrawdownRatio: maximumDrawdown(path),
    measuredRatio: measured,
  };
}

/** Only what is held decides which days are common. */
function heldOnly(view: MarketView, weights: HoldingWeights): MarketView {
  const isHeld = ({ isin }: Security): boolean => (weights.get(isin) ?? 0) > 0;
  return { ...view, securities: view.securities.filter(isHeld) };
}

function shares(
  held: readonly (readonly [Isin, number])[],
  groupOf: (isin: Isin) => string | undefined,
): number[] {
  const groups = new Map<string | undefined, number>();
  for (const [isin, weight] of held)
    groups.set(groupOf(isin), (groups.get(groupOf(isin)) ?? 0) + weight);
  return [...groups.values()];
}

function sumOfSquares(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}

function weighted(columns: readonly Float64Array[], weights: readonly number[]): Float64Array {
  const sum = new Float64Array(columns[0]?.length ?? 0);
  columns.forEach((column, i) => {
    const weight = weights[i] ?? 0;
    for (let t = 0; t < sum.length; t += 1) sum[t] = (sum[t] ?? 0) + weight * (column[t] ?? 0);
  });
  return sum;
}

function annualVolatility(returns: Float64Array): number {
  const mean = returns.reduce((sum, value) => sum + value, 0) / returns.length;
  const squares = returns.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt((squares / (returns.length - 1)) * TRADING_DAYS_A_YEAR);
}

function maximumDrawdown(returns: Float64Array): number {
  let [value, peak, deepest] = [1, 1, 0];
  for (const one of returns) {
    value *= 1 + one;
    peak = Math.max(peak, value);
    deepest = Math.max(deepest, 1 - value / peak);
  }
  return deepest;
}
