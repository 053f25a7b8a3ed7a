import { refused } from '#shared/kernel/failure.ts';
import { Accounts } from '#shared/portfolio/accounts.ts';
import { ReconciliationRecord } from '#shared/portfolio/reconciliation/reconciliation-record.ts';
import { handle } from '#shared/runtime/handle.ts';
import { trading } from '#shared/contract/trading.ts';
import { controlText, restrictionsOf } from '#shared/trading/control/control-message.ts';
import { openControl } from '#shared/trading/guards/open-control.ts';

/**
 * Takes over what differs between an account's book and its broker since the start. The book has it as external
 * already; from here on it does not stop trading any more. `digest` names exactly the differences that were shown.
 *
 * @throws Failure REFUSED differences-changed when they are others by now, or there are none
 */
export default handle(trading.confirmReconciliation, async (request, context) => {
  const { accountId, digest, reason } = request;
  await new Accounts(context.database, context.baseCurrency).require(accountId);
  const store = new ReconciliationRecord(context.database);
  if (!(await store.confirm(accountId, digest, reason, context.now())))
    throw refused(
      'differences-changed',
      'digest: These are not the differences that are open; read them and decide again.',
      { field: 'digest' },
    );
  context.log.warn('reconciliation-confirmed', { accountId, digest, reason });
  const control = await openControl(context).read();
  return {
    success: true,
    message: `The differences of ${accountId} are taken over. ${controlText(control)}`,
    state: control.state,
    restrictions: restrictionsOf(control),
  };
});
