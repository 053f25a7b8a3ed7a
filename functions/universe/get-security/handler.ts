import { invalidRequest } from '#shared/kernel/failure.ts';
import { handle } from '#shared/runtime/handle.ts';
import { universe } from '#shared/contract/universe.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';
import { toWireSecurity } from '#shared/universe/wire-security.ts';

/** One security by its ISIN, or by its symbol where no ISIN is given; removed ones too. */
export default handle(universe.getSecurity, async ({ isin, symbol }, { database }) => {
  if (isin === undefined && symbol === '')
    throw invalidRequest({ field: 'isin', message: 'an ISIN or a symbol is needed' });
  const market = new StoredMarket(database);
  const security = isin === undefined ? await market.bySymbol(symbol) : await market.security(isin);
  if (!security) return { found: false, security: undefined };
  const quote = await market.quote(security.isin);
  return { found: true, security: toWireSecurity(security, quote) };
});
