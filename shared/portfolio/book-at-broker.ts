/** Books movements at a simulated broker, and syncs the ledger from its statement. */
import type { Bookings } from '#shared/clients/broker/broker.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import { refused } from '#shared/kernel/failure.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import type { Context } from '#shared/runtime/context.ts';
import { StoredBook } from './stored-book.ts';

/**
 * @returns cash after it
 * @throws Failure REFUSED broker-books where the broker's money is real
 */
export async function bookAtBroker(
  context: Context,
  accountId: AccountId,
  { movements = [], actions = [] }: Partial<Bookings>,
) {
  const { broker, database, baseCurrency, functions, signal } = context;
  if (!broker.funding)
    throw refused(
      'broker-books',
      `At ${broker.name} the money is real: its statement says what happened, and the next sync books it.`,
    );
  await database.epoch.required();
  await broker.funding.book(accountId, { movements, actions }, signal);
  await functions.call(
    portfolio.updatePositions,
    { accountId, forceSync: true },
    context.callOptions(),
  );
  return (await new StoredBook(database, baseCurrency).book(accountId)).cash.toJSON();
}
