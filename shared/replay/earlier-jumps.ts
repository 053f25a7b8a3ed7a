/**
 * Jumps of prices before a run that look like splits nobody declared. In production their owner is asked; nobody
 * can be asked in the past, and what lies before the run moves no holdings, so each is answered as no split.
 */
import { universe } from '#shared/contract/universe.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';

/** Of what is known when the run begins. @returns how many there were */
export async function answerEarlierJumps({ functions, database }: Dependencies): Promise<number> {
  const { signal } = new AbortController();
  const options = (key: string) => ({ signal, requestId: key, idempotencyKey: key });
  await functions.call(universe.syncPrices, {}, options('prices-before'));
  const doubts = await new StoredMarket(database).doubts();
  const jumps = [...doubts].flatMap(([isin, own]) =>
    own.flatMap(({ kind, day }) => (kind === 'suspected-split' ? [{ isin, day }] : [])),
  );
  for (const { isin, day } of jumps) {
    const action = { kind: 'no-split', isin, day };
    await functions.call(
      universe.recordCorporateAction,
      { action },
      options(`no-split-${isin}-${day}`),
    );
  }
  return jumps.length;
}
