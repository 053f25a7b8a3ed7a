/**
 * Scores the default account's holdings, or the securities named (each weighed alike), and measures the risk
 * they make together; a holding that nobody prices weighs what it is last known to be worth; the metrics'
 * keys are those of `portfolioMetrics`, and `scoredRatio`: the share of the weights that has a score. A
 * `portfolio_hash` that is not the present one is REFUSED stale-portfolio.
 */
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import type { RateTable } from '#shared/kernel/exchange-rate.ts';
import { notFound, refused } from '#shared/kernel/failure.ts';
import { currentPortfolioHash } from '#shared/trading/current-hash.ts';
import { loadPrices } from '#shared/portfolio/account-view.ts';
import { StoredBook } from '#shared/portfolio/stored-book.ts';
import { statedRates } from '#shared/portfolio/used-rates.ts';
import { handle } from '#shared/runtime/handle.ts';
import { scoring } from '#shared/contract/scoring.ts';
import {
  equalHoldingWeights,
  heldQuantities,
  valueWeights,
} from '#shared/scoring/model/holding-weights.ts';
import {
  portfolioMetrics,
  portfolioScores,
  type HoldingWeights,
} from '#shared/scoring/model/portfolio-metrics.ts';
import { byRank, scoreUniverse } from '#shared/scoring/model/score-universe.ts';
import { scoreMessage } from '#shared/scoring/score-message.ts';
import { loadScoringView, PATH_YEARS } from '#shared/scoring/scoring-view.ts';
import type { MarketView } from '#shared/universe/model/market-view.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';

export default handle(scoring.scorePortfolio, async (request, context) => {
  if (request.portfolioHash !== '') {
    const present = await currentPortfolioHash(context, DEFAULT_ACCOUNT);
    if (present !== request.portfolioHash)
      throw refused('stale-portfolio', 'The portfolio has changed since that hash was taken.', {
        portfolioHash: present,
      });
  }
  const now = context.now();
  const today = context.marketData.today(now);
  const moment = { base: context.baseCurrency, today, years: PATH_YEARS };
  const book = await new StoredBook(context.database, context.baseCurrency).book(DEFAULT_ACCOUNT);
  const held = heldQuantities(book);
  const isins = request.isins.length > 0 ? request.isins : [...held.keys()];
  const market = new StoredMarket(context.database);
  const { securities, view } = await loadScoringView(market, moment, isins);
  for (const isin of request.isins)
    if (!securities.some((security) => security.isin === isin)) throw notFound('security', isin);

  const left = view.unpriced.map(({ isin }) => isin);
  const { quotes: kept } = await loadPrices(context, left, book);
  const weights =
    request.isins.length > 0 ? equalHoldingWeights(isins) : valueWeights(held, view, kept);
  const universe = scoreUniverse(view);
  const together = portfolioScores(weights, universe);
  const scores = [...weights.keys()].flatMap((isin) => universe.scores.get(isin) ?? []);
  return {
    ...statedRates(ratesOf(weights, view), today),
    totalScore: together?.equalWeighted ?? 0,
    weightedScore: together?.valueWeighted ?? 0,
    securityScores: scores.sort(byRank).map((score) => scoreMessage(score, universe, now)),
    portfolioMetrics: {
      ...portfolioMetrics(weights, view),
      ...(together && { scoredRatio: together.scored }),
    },
  };
});

/** Of the currencies that the holdings are quoted in. */
function ratesOf(weights: HoldingWeights, { quotes, rates }: MarketView): RateTable {
  const used = new Set([...weights.keys()].map((isin) => quotes.get(isin)?.price.currency));
  return new Map([...rates].filter(([currency]) => used.has(currency)));
}
