import { handle } from '#shared/runtime/handle.ts';
import { universe } from '#shared/contract/universe.ts';
import { afterOne, startOfSync, syncSummaryOf } from '#shared/universe/model/sync-progress.ts';
import { mapInOrder } from '#shared/universe/sync/in-order.ts';
import { rateOf } from '#shared/universe/model/sync-rate.ts';
import { storedBefore, syncBars } from '#shared/universe/sync/price-sync.ts';
import { syncAllRates } from '#shared/universe/sync/rate-sync.ts';
import { orProblem } from '#shared/universe/sync/sync-frame.ts';
import { heldCurrencies } from '#shared/portfolio/held-currencies.ts';
import { ActionStore } from '#shared/universe/action-store.ts';
import { PriceDoubtStore } from '#shared/universe/price-doubt-store.ts';
import { LatestReviewed, reviewDeadPrices } from '#shared/universe/price-doubts.ts';
import { priceQuality } from '#shared/universe/price-quality.ts';
import { PriceStore } from '#shared/universe/price-store.ts';
import { SecurityStore } from '#shared/universe/security-store.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';
import { isinsToSync, syncTargets } from '#shared/universe/sync/sync-targets.ts';
import { toPricesUpdate } from '#shared/universe/wire-sync.ts';

/** Securities that are fetched at a time and share writes to the disk; a source keeps its own pace besides. */
const AT_ONCE = 16;

/**
 * Brings exchange rates and daily bars up to the market's day. Streams an update after each
 * security, and a last one that is `complete`. A security that fails is counted and named; the
 * others go on. Running it again changes nothing.
 */
export default handle(universe.syncPrices, async function* (request, context) {
  const { database, marketData, signal, baseCurrency } = context;
  const securities = new SecurityStore(database);
  const store = new PriceStore(database);
  const doubts = new PriceDoubtStore(database);
  const actions = new ActionStore(database);
  await actions.openVersion();
  const targets = await syncTargets(securities, context, request.isins);
  const frame = {
    ...{ store, doubts, actions, marketData, signal },
    stored: storedBefore(store, isinsToSync(targets)),
    known: await doubts.all(),
    now: context.now(),
    force: request.forceRefresh,
    latest: new LatestReviewed(marketData.today(context.now())),
  };
  const listed = (await securities.all()).map((security) => security.currency);
  const currencies = [...listed, ...(await heldCurrencies(context))];
  const problems = await syncAllRates(frame, currencies, baseCurrency);
  let progress = startOfSync(targets.length, problems);
  const syncOne = async (target: (typeof targets)[number]) => {
    signal.throwIfAborted();
    return 'reason' in target ? target : orProblem(target, () => syncBars(frame, target));
  };
  for await (const [target, outcome] of mapInOrder(targets, AT_ONCE, syncOne)) {
    progress = afterOne(progress, outcome);
    const reason = 'reason' in outcome ? outcome.reason : '';
    const rate = rateOf(progress, frame.now, context.now());
    yield toPricesUpdate(progress, target.isin, reason, rate);
  }
  if (progress.synced > 0) await store.answered(context.now());
  const known = await securities.all();
  await reviewDeadPrices(store, doubts, known, frame.latest);
  const synced = new Set(targets.map(({ isin }) => isin));
  const quality = await priceQuality(
    new StoredMarket(database),
    known.filter(({ isin }) => synced.has(isin)),
  );
  yield { ...toPricesUpdate(progress, '', syncSummaryOf(progress)), ...quality, complete: true };
});
