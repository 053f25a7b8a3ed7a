import { Accounts } from '#shared/portfolio/accounts.ts';
import { handle } from '#shared/runtime/handle.ts';
import { trading } from '#shared/contract/trading.ts';
import { openOrderDependencies } from '#shared/trading/order-dependencies.ts';
import { loadChecks } from '#shared/trading/load-checks.ts';
import { validate } from '#shared/trading/model/validation.ts';
import { draftOf, validationAnswer } from '#shared/trading/trade-wire.ts';

/** Runs every pre-trade check at once and changes nothing. A check without data fails. */
export default handle(trading.validateTrade, async (request, context) => {
  const orderDependencies = openOrderDependencies(context);
  const draft = draftOf(request);
  await new Accounts(context.database, context.baseCurrency).require(draft.accountId);
  const { inputs } = await loadChecks(orderDependencies, draft, undefined, context.signal);
  return validationAnswer(validate(inputs), draft.side);
});
