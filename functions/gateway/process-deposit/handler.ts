/**
 * Books a deposit once for each idempotency key. A simulated broker is paid at once and the book follows; at
 * a real one the money is on its way, and is recorded as pending until its statement shows it. Nothing is
 * written where the state was lost (REFUSED `state-lost`). `auto_invest` starts a trading cycle that invests
 * the cash and sells nothing; cycles trade the default account alone, so that it stays in cash in another one.
 */
import { Accounts } from '#shared/portfolio/accounts.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { DepositStore } from '#shared/gateway/deposit-store.ts';
import { investLater } from '#shared/gateway/invest.ts';
import { invalidRequest } from '#shared/kernel/failure.ts';
import { Money } from '#shared/kernel/money.ts';
import { shortHash } from '#shared/kernel/hash.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import { handle } from '#shared/runtime/handle.ts';

export default handle(gateway.processDeposit, async (request, context) => {
  const { amount, accountId, autoInvest } = request;
  await new Accounts(context.database, context.baseCurrency).require(accountId);
  const { broker, baseCurrency, functions, signal } = context;
  if (amount.currency !== baseCurrency)
    throw invalidRequest({
      field: 'amount.currency',
      message: `the account takes deposits in ${baseCurrency}`,
    });
  const most = Money.rounded(context.settings.depositMax, baseCurrency, 'down');
  if (amount.compare(most) > 0)
    throw invalidRequest({ field: 'amount', message: `at most ${most} at once (DEPOSIT_MAX)` });
  await context.database.epoch.required();
  const id = `deposit-${shortHash(context.idempotencyKey)}`;
  context.nameOutcome({ transactionId: id });
  const state = broker.funding ? 'paid-in' : 'pending';
  if (broker.funding) {
    await broker.funding.deposit(accountId, id, amount, signal);
    const sync = { accountId, forceSync: true };
    await functions.call(portfolio.updatePositions, sync, context.callOptions());
  }
  const deposit = { id, amount, state, recordedAt: context.now() } as const;
  await new DepositStore(context.database).record(accountId, deposit);
  const cash = await functions.call(portfolio.getCashBalance, { accountId }, context.callOptions());
  const invests =
    autoInvest && broker.funding ? await investLater(context, id, accountId) : undefined;
  const booked = broker.funding ? `${amount} is booked.` : `${amount} is awaited from the bank.`;
  return {
    success: true,
    transactionId: id,
    newCashBalance: cash.cashBalance,
    message: [booked, invests?.message].filter(Boolean).join(' '),
    cycleId: invests?.cycleId ?? '',
  };
});
