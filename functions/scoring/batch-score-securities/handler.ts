/**
 * Scores many securities in one pass over the universe and keeps the day's scores. Every security
 * is measured against all tradable ones; the filters choose which are answered, best first. A
 * security that cannot be scored is counted and named with the reason.
 */
import { handle } from '#shared/runtime/handle.ts';
import { scoring } from '#shared/contract/scoring.ts';
import { byRank, scoreUniverse } from '#shared/scoring/model/score-universe.ts';
import { parseFilters, selectSecurities } from '#shared/scoring/model/selection.ts';
import { scoreMessage } from '#shared/scoring/score-message.ts';
import { ScoreStore } from '#shared/scoring/score-store.ts';
import { loadScoringView, SCORE_YEARS } from '#shared/scoring/scoring-view.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';

export default handle(scoring.batchScoreSecurities, async (request, context) => {
  const filters = parseFilters(request.filters);
  const now = context.now();
  const today = context.marketData.today(now);
  const moment = { base: context.baseCurrency, today, years: SCORE_YEARS };
  const market = new StoredMarket(context.database);
  const { securities, view } = await loadScoringView(market, moment, request.isins);

  const universe = scoreUniverse(view);
  const known = new Set(securities.map((security) => security.isin));
  const asked = [
    ...selectSecurities(securities, request.isins, filters).map((security) => security.isin),
    ...new Set(request.isins.filter((isin) => !known.has(isin))),
  ];
  const scores = asked
    .flatMap((isin) => universe.scores.get(isin) ?? [])
    .filter((score) => score.total >= filters.minScore)
    .sort(byRank);
  const failures = asked.flatMap((isin) => {
    const reason = universe.failures.get(isin);
    return reason === undefined ? [] : [[isin, reason] as const];
  });

  await new ScoreStore(context.database).save(today, scores, now);
  return {
    scores: scores.map((score) => scoreMessage(score, universe, now)),
    totalScored: scores.length,
    failed: failures.length,
    failures: Object.fromEntries(failures),
  };
});
