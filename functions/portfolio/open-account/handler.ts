/**
 * Opens an account, and books its opening cash where the broker is simulated. An account that is open
 * already is left as it is and answered with `success = false`; a repeat of the call that opened it
 * answers as the first time. At a real broker the account must exist there.
 *
 * @throws Failure INVALID_REQUEST for another currency than the installation's, or for opening cash
 * at a broker that holds real money
 */
import { portfolio } from '#shared/contract/portfolio.ts';
import { invalidRequest } from '#shared/kernel/failure.ts';
import { Money } from '#shared/kernel/money.ts';
import { accountMessage } from '#shared/portfolio/messages/account-message.ts';
import { Accounts } from '#shared/portfolio/accounts.ts';
import type { Context } from '#shared/runtime/context.ts';
import { handle } from '#shared/runtime/handle.ts';

export default handle(portfolio.openAccount, async (request, context) => {
  const { accountId: id, name, openingCash } = request;
  const { baseCurrency, broker, database, signal, idempotencyKey: openedBy } = context;
  requireCurrency(request, context);
  const accounts = new Accounts(database, baseCurrency);
  const known = await accounts.find(id);
  if (!known) {
    // The broker first: an account that is on the list can be asked for.
    if (broker.funding)
      await broker.funding.open(id, openingCash ?? Money.zero(baseCurrency), signal);
    else await broker.statement(id, signal);
  }
  const opened = { id, name, currency: baseCurrency, openedAt: context.now(), openedBy };
  const account = known ?? (await accounts.add(opened));
  const success = account.openedBy === openedBy;
  return {
    success,
    message: success ? `The account ${id} is open.` : `The account ${id} was open already.`,
    account: accountMessage(account),
  };
});

function requireCurrency(
  {
    currency,
    openingCash,
  }: { readonly currency: string; readonly openingCash?: Money | undefined },
  { baseCurrency, broker }: Context,
): void {
  const message = `accounts are kept in ${baseCurrency} (BASE_CURRENCY)`;
  if (currency !== '' && currency !== baseCurrency)
    throw invalidRequest({ field: 'currency', message });
  if (openingCash && openingCash.currency !== baseCurrency)
    throw invalidRequest({ field: 'openingCash.currency', message });
  if (openingCash && openingCash.sign > 0 && !broker.funding)
    throw invalidRequest({ field: 'openingCash', message: 'money comes from the bank here' });
}
