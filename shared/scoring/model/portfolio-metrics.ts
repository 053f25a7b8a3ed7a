/** Metrics of the portfolio as a whole: score, risk, concentration. */
import type { Isin } from '#shared/kernel/isin.ts';
import { alignPrices } from '#shared/universe/model/aligned-prices.ts';
import type { MarketView } from '#shared/universe/model/market-view.ts';
import { depthsOfReturns, maximumDrawdown } from '#shared/quant/measures/drawdowns.ts';
import { sumOfKnown } from '#shared/quant/measures/moments.ts';
import {
  diversificationRatio,
  effectiveHoldings,
  portfolioReturns,
} from '#shared/quant/measures/portfolio-returns.ts';
import {
  TRADING_DAYS_A_YEAR,
  annualVolatility,
  simpleReturns,
} from '#shared/quant/measures/returns.ts';
import type { Security } from '#shared/universe/model/security.ts';
import type { UniverseScores } from './score-universe.ts';

/** Shares of the holdings' value (cash left out), summing to 1. */
export type HoldingWeights = ReadonlyMap<Isin, number>;

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
    effectiveHoldings: effectiveHoldings(held.map(([, weight]) => weight)),
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
  const measured = sumOfKnown(raw);
  if (measured === 0) return { measuredRatio: 0 };
  const shares = raw.map((weight) => weight / measured);
  const columns = aligned.prices.map(simpleReturns);
  const year = columns.map((column) => column.subarray(-TRADING_DAYS_A_YEAR));
  const path = portfolioReturns(columns, shares);
  const diversification = diversificationRatio(year, shares);
  return {
    volatilityRatio: annualVolatility(path.subarray(-TRADING_DAYS_A_YEAR)),
    ...(!Number.isNaN(diversification) && { diversificationRatio: diversification }),
    maximumDrawdownRatio: maximumDrawdown(depthsOfReturns(path)),
    measuredRatio: measured,
  };
}

/** The common days are those of the held securities only. */
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
