/** Which accounts a process has compared with its broker. */
import type { Broker } from '#shared/clients/broker/broker.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import type { Settings } from '#shared/process/settings.ts';

/** Whether somebody else keeps the account and takes orders: then book and broker may differ. */
export function isGated({ funding, capabilities }: Broker): boolean {
  return !funding && capabilities.takesOrders;
}

/** The settings are parsed once in a process and never change, so they stand for it. */
export class StartUpChecks {
  private readonly accounts = new WeakMap<Settings, Set<AccountId>>();

  has(settings: Settings, account: AccountId): boolean {
    return this.accounts.get(settings)?.has(account) ?? false;
  }

  add(settings: Settings, account: AccountId): void {
    const known = this.accounts.get(settings) ?? new Set();
    this.accounts.set(settings, known.add(account));
  }
}
