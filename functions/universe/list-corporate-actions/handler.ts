/** Lists declared corporate actions by day, of one security or of all. */
import { universe } from '#shared/contract/universe.ts';
import { handle } from '#shared/runtime/handle.ts';
import { actionMessage } from '#shared/universe/action-message.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';

export default handle(universe.listCorporateActions, async ({ isin }, { database }) => {
  const market = new StoredMarket(database);
  const isins = isin ? [isin] : (await market.securities()).map((security) => security.isin);
  return { actions: (await market.actions(isins)).map(actionMessage) };
});
