/** Lists the accounts: the default one first, then those that were opened, by id. */
import { portfolio } from '#shared/contract/portfolio.ts';
import { accountMessage } from '#shared/portfolio/messages/account-message.ts';
import { Accounts } from '#shared/portfolio/accounts.ts';
import { handle } from '#shared/runtime/handle.ts';

export default handle(portfolio.listAccounts, async (_request, context) => {
  const accounts = await new Accounts(context.database, context.baseCurrency).list();
  return { accounts: accounts.map(accountMessage) };
});
