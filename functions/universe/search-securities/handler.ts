import { handle } from '#shared/runtime/handle.ts';
import { universe } from '#shared/contract/universe.ts';
import { search } from '#shared/universe/model/security-search.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';
import { toWireSecurities } from '#shared/universe/wire-security.ts';

/**
 * Securities whose ISIN, symbol or name begins with the query, then those that contain it, each by
 * symbol; removed ones too. `total_matches` counts before the limit.
 */
export default handle(universe.searchSecurities, async ({ query, limit }, { database }) => {
  const market = new StoredMarket(database);
  const found = search(await market.securities(), query);
  const page = found.slice(0, limit);
  const quotes = await market.quotes(page.map((security) => security.isin));
  return { securities: toWireSecurities(page, quotes), totalMatches: found.length };
});
