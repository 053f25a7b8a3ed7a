/** The part of a sync that notices what book and broker differ in since the start. */
import type { AccountId } from '#shared/kernel/identifiers.ts';
import type { Context } from '#shared/runtime/context.ts';
import {
  ReconciliationRecord,
  type DifferenceChange,
  type StoredDifferences,
} from './reconciliation-record.ts';
import type { Book, LedgerEntry } from '../model/book.ts';
import {
  afterSync,
  digestOf,
  textOf,
  type Difference,
} from '../model/reconciliation/differences.ts';
import { isGated, StartUpChecks } from './start-up-checks.ts';

const checks = new StartUpChecks();

export class StartUpGate {
  private readonly context: Context;
  private readonly accountId: AccountId;
  private readonly store: ReconciliationRecord;
  /** Whether this sync is the first since the start. */
  readonly isDue: boolean;

  constructor(context: Context, accountId: AccountId, isAsked: boolean) {
    const { broker, database, settings } = context;
    this.context = context;
    this.accountId = accountId;
    this.store = new ReconciliationRecord(database);
    this.isDue = isGated(broker) && (isAsked || !checks.has(settings, accountId));
  }

  /** To be read before the book, and given to `change`. */
  load(): Promise<StoredDifferences> {
    return this.store.read(this.accountId);
  }

  async open(): Promise<readonly Difference[]> {
    return (await this.load()).found;
  }

  /**
   * What is open after a sync that booked these lines. The first sync of an account takes over what it holds, and so
   * does the first that books its cash in other currencies.
   * @returns undefined where that is as it was
   */
  after(
    known: StoredDifferences,
    { currency, foreignCash, syncedAt }: Book,
    entries: readonly LedgerEntry[],
  ): readonly Difference[] | undefined {
    if (!isGated(this.context.broker)) return undefined;
    const isCounted = known.found.length > 0 || (this.isDue && syncedAt !== undefined);
    const counted = foreignCash
      ? entries
      : entries.filter(({ cash }) => cash.currency === currency);
    const found = isCounted ? afterSync(known.found, counted) : known.found;
    return digestOf({ found }) === digestOf(known) ? undefined : found;
  }

  change(known: StoredDifferences, found: readonly Difference[]): DifferenceChange {
    return this.store.change(this.accountId, known, found, this.context.now());
  }

  /** The sync is stored. */
  passed(found: readonly Difference[] | undefined): void {
    const { accountId, context } = this;
    checks.add(context.settings, accountId);
    if (!found) return;
    const differences = found.map((one) => textOf(one).message);
    if (differences.length > 0)
      context.log.warn('reconciliation-failed', { accountId, differences });
    else context.log.info('reconciliation-completed', { accountId });
  }
}
