/**
 * Undoes a movement of the ledger by its opposite: both stay. With an import's id it undoes all that the
 * import booked, trades among it, or nothing. A repeat answers as the first time.
 *
 * @throws Failure NOT_FOUND for a line or an import that is not there; REFUSED not-reversible, with the
 * reason, for a trade, an action, a reversal, or shares that are not held any more
 */
import { portfolio } from '#shared/contract/portfolio.ts';
import { Accounts } from '#shared/portfolio/accounts.ts';
import { bookAtBroker } from '#shared/portfolio/book-at-broker.ts';
import { checkLedger } from '#shared/portfolio/ledger-check.ts';
import { IMPORT_PREFIX, undoOf } from '#shared/portfolio/import/undo.ts';
import { reversalOf } from '#shared/portfolio/reversal.ts';
import { StoredBook } from '#shared/portfolio/stored-book.ts';
import { handle } from '#shared/runtime/handle.ts';

export default handle(portfolio.reverseMovement, async (request, context) => {
  const { accountId, lineId: undone, reason } = request;
  const { database, baseCurrency } = context;
  await new Accounts(database, baseCurrency).require(accountId);
  const reader = new StoredBook(database, baseCurrency);
  const [chain, book] = await Promise.all([reader.chain(accountId), reader.book(accountId)]);
  const { posted } = checkLedger(chain);
  if (undone.startsWith(IMPORT_PREFIX)) {
    context.nameOutcome({ lineId: undone });
    const undoing = undoOf(undone, posted, book.currency, reason);
    const isAny = undoing.movements.length + undoing.actions.length > 0;
    if (isAny) await bookAtBroker(context, accountId, undoing);
    const { cash } = await reader.book(accountId);
    const message = `All that ${undone} booked is undone.`;
    return { success: true, lineId: undone, message, cashBalance: cash.toJSON() };
  }
  const lineId = `flow-reversal-${undone.replace(/^flow-/, '')}`;
  const message = `${undone} is undone by ${lineId}.`;
  if (book.booked.has(lineId))
    return { success: true, lineId, message, cashBalance: book.cash.toJSON() };
  const movement = reversalOf(undone, posted, book, reason);
  context.nameOutcome({ lineId });
  const cashBalance = await bookAtBroker(context, accountId, { movements: [movement] });
  return { success: true, lineId, message, cashBalance };
});
