import { handle } from '#shared/runtime/handle.ts';
import { universe } from '#shared/contract/universe.ts';
import { isTradable, type Security } from '#shared/universe/model/security.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';
import { toWireSecurities } from '#shared/universe/wire-security.ts';

/**
 * The securities by symbol, with their latest stored price. Removed ones are among them, marked as
 * not tradable, unless only tradable ones are asked for. `total` counts before paging.
 */
export default handle(universe.getUniverse, async (request, { database }) => {
  const market = new StoredMarket(database);
  const found = (await market.securities()).filter(
    (security) =>
      (isTradable(security) || !request.tradableOnly) &&
      matches(security, 'sector', request.sector) &&
      matches(security, 'exchange', request.exchange),
  );
  const page = found.slice(request.offset, request.offset + request.limit);
  const quotes = await market.quotes(page.map((security) => security.isin));
  return { securities: toWireSecurities(page, quotes), total: found.length };
});

function matches(security: Security, field: 'sector' | 'exchange', requested: string): boolean {
  return requested === '' || security[field]?.toLowerCase() === requested.toLowerCase();
}
