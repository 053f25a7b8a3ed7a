import type { AddSecurityResponse } from '#protos/gen/universe.ts';
import { shortHash } from '#shared/kernel/hash.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { Context } from '#shared/runtime/context.ts';
import { handle } from '#shared/runtime/handle.ts';
import { universe } from '#shared/contract/universe.ts';
import type { Security } from '#shared/universe/model/security.ts';
import { isTradable } from '#shared/universe/model/security.ts';
import { newSecurity } from '#shared/universe/new-security.ts';
import { SecurityStore } from '#shared/universe/security-store.ts';
import { toWireSecurity } from '#shared/universe/wire-security.ts';

/**
 * Adds a security under its ISIN, or puts a removed one back. One that is there already is left as
 * it is: `success` is false and the message says so. `sync_immediately` queues the fetching of its
 * prices and fundamentals and does not wait for it.
 */
export default handle(universe.addSecurity, async (request, context) => {
  const { database, marketData, signal, idempotencyKey, baseCurrency } = context;
  const store = new SecurityStore(database);
  const { isin } = request;
  const [before, listing] = await Promise.all([store.find(isin), marketData.listing(signal)]);
  const listed = listing.find((security) => security.isin === isin);
  const description = newSecurity(request, listed, baseCurrency, context.now());
  if (before && !isTradable(before)) await store.restore(description, idempotencyKey);
  else if (!(await store.add(description, idempotencyKey)))
    return answer(false, before ?? description, `${isin} is in the universe already.`);
  if (request.syncImmediately) await queueSyncs(context, isin);
  const unlisted = listed
    ? ''
    : ` The source of market data does not list it; its currency is taken to be ${description.currency}.`;
  const queued = request.syncImmediately ? ' Its sync is queued.' : '';
  return answer(true, description, `${description.symbol} was added.${queued}${unlisted}`);
});

/** Puts both syncs on the queue; a repeat of this call finds its own runs there. */
async function queueSyncs(context: Context, isin: Isin): Promise<void> {
  const body = JSON.stringify({ isins: [isin], forceRefresh: false });
  for (const operation of [universe.syncPrices, universe.syncFundamentals]) {
    const run = `${operation.name}-${shortHash([context.idempotencyKey, isin])}`;
    await context.runs.add(operation, body, run, context.requestId, context);
  }
}

function answer(success: boolean, security: Security, message: string): AddSecurityResponse {
  return { success, security: toWireSecurity(security, undefined), message };
}
