/**
 * Scores one security against the universe. `market_data` puts figures in place of the measured
 * ones, of this security alone. A security without enough data is REFUSED not-scorable.
 */
import { invalidRequest, refused } from '#shared/kernel/failure.ts';
import { handle } from '#shared/runtime/handle.ts';
import { scoring } from '#shared/contract/scoring.ts';
import { scoreUniverse } from '#shared/scoring/model/score-universe.ts';
import { parseOverrides } from '#shared/scoring/model/what-if.ts';
import { scoreMessage } from '#shared/scoring/score-message.ts';
import { loadScoringView, SCORE_YEARS } from '#shared/scoring/scoring-view.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';

export default handle(scoring.scoreSecurity, async (request, context) => {
  if (request.isin === undefined && request.symbol === '')
    throw invalidRequest({ field: 'isin', message: 'an ISIN or a symbol is needed' });
  const overrides = parseOverrides(request.marketData);
  const market = new StoredMarket(context.database);
  const security = request.isin
    ? await market.security(request.isin)
    : await market.bySymbol(request.symbol);
  if (!security) return { found: false, score: undefined };

  const now = context.now();
  const today = context.marketData.today(now);
  const moment = { base: context.baseCurrency, today, years: SCORE_YEARS };
  const { view } = await loadScoringView(market, moment, [security.isin]);
  const scores = scoreUniverse(view, { overrides: new Map([[security.isin, overrides]]) });
  const score = scores.scores.get(security.isin);
  if (!score) {
    const reason = scores.failures.get(security.isin) ?? 'has no data';
    throw refused('not-scorable', `${security.symbol} ${reason}.`, { isin: security.isin });
  }
  return { found: true, score: scoreMessage(score, scores, now) };
});
