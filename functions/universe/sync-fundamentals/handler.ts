import { handle } from '#shared/runtime/handle.ts';
import { universe } from '#shared/contract/universe.ts';
import { fetchedBefore, syncFundamentalsOf } from '#shared/universe/sync/fundamentals-sync.ts';
import {
  afterOne,
  NOTHING_STORED,
  startOfSync,
  syncSummaryOf,
} from '#shared/universe/model/sync-progress.ts';
import { mapInOrder } from '#shared/universe/sync/in-order.ts';
import { orProblem } from '#shared/universe/sync/sync-frame.ts';
import { PriceStore } from '#shared/universe/price-store.ts';
import { SecurityStore } from '#shared/universe/security-store.ts';
import { isinsToSync, syncTargets } from '#shared/universe/sync/sync-targets.ts';
import { toFundamentalsUpdate } from '#shared/universe/wire-sync.ts';

/** Securities that are fetched at a time and share writes to the disk; a source keeps its own pace besides. */
const AT_ONCE = 16;

/**
 * Fetches fundamentals, and what the source knows of sector, industry, country and lot. Streams an
 * update after each security, and a last one that is `complete`. A figure the source does not have
 * is stored as unknown; a security it does not have is counted and named.
 */
export default handle(universe.syncFundamentals, async function* (request, context) {
  const { database, marketData, signal } = context;
  const securities = new SecurityStore(database);
  const store = new PriceStore(database);
  const targets = await syncTargets(securities, context, request.isins);
  const frame = {
    ...{ store, securities, marketData, signal },
    fetched: fetchedBefore(store, isinsToSync(targets)),
    now: context.now(),
    force: request.forceRefresh,
  };
  let progress = startOfSync(targets.length);
  const syncOne = async (target: (typeof targets)[number]) => {
    signal.throwIfAborted();
    if ('reason' in target) return target;
    return orProblem(target, () => syncFundamentalsOf(frame, target));
  };
  for await (const [target, outcome] of mapInOrder(targets, AT_ONCE, syncOne)) {
    progress = afterOne(progress, outcome ?? NOTHING_STORED);
    yield toFundamentalsUpdate(progress, target.isin, outcome?.reason ?? '');
  }
  yield { ...toFundamentalsUpdate(progress, '', syncSummaryOf(progress)), complete: true };
});
