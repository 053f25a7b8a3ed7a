/** The currency that the paper account was opened in. */
import * as z from 'zod';
import { atFirstUse } from '#shared/kernel/at-first-use.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { refused } from '#shared/kernel/failure.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { storedCurrency } from '#shared/redis/codec.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';

const currencyOfBook = atFirstUse(() => z.object({ currency: storedCurrency }));

/**
 * An account keeps its currency: it applies where no setting does, and a setting with another
 * currency is rejected.
 * @param stated by BASE_CURRENCY
 * @param proposed by the market data, for an account that is not open yet
 * @throws Failure REFUSED account-currency, with `expected`, `found` and `setting`
 */
export async function accountCurrency(
  database: Database,
  stated: Currency | undefined,
  proposed: Currency,
): Promise<Currency> {
  const book = await database.find(keys.paperBroker.book(DEFAULT_ACCOUNT), currencyOfBook());
  const expected = book?.value.currency;
  if (expected === undefined) return stated ?? proposed;
  if (stated === undefined || stated === expected) return expected;
  throw refused(
    'account-currency',
    `The account ${DEFAULT_ACCOUNT} is kept in ${expected}, and BASE_CURRENCY says ${stated}. ` +
      `Set BASE_CURRENCY=${expected} or leave it out; another currency needs another account (DATA_DIR).`,
    { expected, found: stated, setting: 'BASE_CURRENCY' },
  );
}
