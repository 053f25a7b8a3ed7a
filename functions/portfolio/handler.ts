/** Generated from the catalogue by `npm run generate`: the portfolio service in one function. */
import bookMovement from './book-movement/handler.ts';
import exportLedger from './export-ledger/handler.ts';
import getCashBalance from './get-cash-balance/handler.ts';
import getGains from './get-gains/handler.ts';
import getPerformance from './get-performance/handler.ts';
import getPolicy from './get-policy/handler.ts';
import getPosition from './get-position/handler.ts';
import getPositions from './get-positions/handler.ts';
import getSummary from './get-summary/handler.ts';
import importTransactions from './import-transactions/handler.ts';
import listAccounts from './list-accounts/handler.ts';
import listPolicyVersions from './list-policy-versions/handler.ts';
import openAccount from './open-account/handler.ts';
import reverseMovement from './reverse-movement/handler.ts';
import updatePolicy from './update-policy/handler.ts';
import updatePositions from './update-positions/handler.ts';
import verifyLedger from './verify-ledger/handler.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import { pack } from '#shared/runtime/pack.ts';

export default pack('portfolio', portfolio, {
  bookMovement,
  exportLedger,
  getCashBalance,
  getGains,
  getPerformance,
  getPolicy,
  getPosition,
  getPositions,
  getSummary,
  importTransactions,
  listAccounts,
  listPolicyVersions,
  openAccount,
  reverseMovement,
  updatePolicy,
  updatePositions,
  verifyLedger,
});
