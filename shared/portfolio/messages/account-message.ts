/** An account as it is answered. */
import { toTimestamp } from '#shared/kernel/instant.ts';
import type { Account } from '../accounts.ts';

export function accountMessage({ id, name, currency, openedAt }: Account) {
  return {
    accountId: id,
    name,
    currency,
    openedAt: openedAt === undefined ? undefined : toTimestamp(openedAt),
  };
}
