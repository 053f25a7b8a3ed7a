/** Generated from the catalogue by `npm run generate`: the universe service in one function. */
import addSecurity from './add-security/handler.ts';
import getMarketData from './get-market-data/handler.ts';
import getSecurity from './get-security/handler.ts';
import getUniverse from './get-universe/handler.ts';
import importPriceFiles from './import-price-files/handler.ts';
import listCorporateActions from './list-corporate-actions/handler.ts';
import recordCorporateAction from './record-corporate-action/handler.ts';
import removeSecurity from './remove-security/handler.ts';
import searchSecurities from './search-securities/handler.ts';
import syncFundamentals from './sync-fundamentals/handler.ts';
import syncPrices from './sync-prices/handler.ts';
import { universe } from '#shared/contract/universe.ts';
import { pack } from '#shared/runtime/pack.ts';

export default pack('universe', universe, {
  addSecurity,
  getMarketData,
  getSecurity,
  getUniverse,
  importPriceFiles,
  listCorporateActions,
  recordCorporateAction,
  removeSecurity,
  searchSecurities,
  syncFundamentals,
  syncPrices,
});
