/** Lists the stored scores of a security, oldest first; of the last `days` days, 0 being all. */
import { addDays, startOf } from '#shared/kernel/calendar-day.ts';
import { notFound } from '#shared/kernel/failure.ts';
import { toTimestamp } from '#shared/kernel/instant.ts';
import { handle } from '#shared/runtime/handle.ts';
import { scoring } from '#shared/contract/scoring.ts';
import { ScoreStore } from '#shared/scoring/score-store.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';

export default handle(scoring.getScoreHistory, async ({ isin, days }, context) => {
  const security = await new StoredMarket(context.database).security(isin);
  if (!security) throw notFound('security', isin);
  const today = context.marketData.today(context.now());
  const from = days === 0 ? undefined : addDays(today, 1 - days);
  const history = await new ScoreStore(context.database).history(isin, from);
  return {
    isin,
    scores: history.map(({ day, total, grade }) => ({
      date: toTimestamp(startOf(day)),
      score: total,
      grade,
    })),
  };
});
