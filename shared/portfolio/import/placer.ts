/** Places the rows of an import on what the account holds: each once, by its own id or by its content. */
import type { BookedAction, BookedMovement } from '#shared/clients/broker/broker.ts';
import { dayOf, startOf } from '#shared/kernel/calendar-day.ts';
import type { CorporateAction } from '#shared/kernel/corporate-action.ts';
import type { ClosedLot } from '#shared/kernel/closed-lot.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import { isIsin, parseIsin, type Isin } from '#shared/kernel/isin.ts';
import type { Money } from '#shared/kernel/money.ts';
import type { Book, LedgerEntry } from '../model/book.ts';
import { quantityHeld } from '../model/booking.ts';
import { inOwnCurrency, isStatedIn, type Convertible, type RateOf } from './own-currency.ts';
import { isSameAction, placedAction, symbolIn } from './placed-action.ts';
import { RowIdentities } from './row-identity.ts';
import { requireDay, requireSign, takesShares } from './row-checks.ts';
import { cents, movementsFor, movesShares } from './row-movements.ts';
import { attempt } from './formats/csv-rows.ts';
import type { ImportedAction, ImportedTransaction, LeftRow } from './formats/transaction.ts';
import { wrong } from './wrong.ts';

export interface ImportAround {
  readonly book: Book;
  /** Lines of corporate actions that were booked and not undone. */
  readonly bookedActions: readonly LedgerEntry[];
  /** Of the ledger, by its id. */
  readonly lineOf: (id: string) => LedgerEntry | undefined;
  /** Corporate actions that the universe knows of the file's securities. */
  readonly declared: readonly CorporateAction[];
  readonly now: Instant;
  /** Of the universe, for files without ISINs. */
  readonly isinOf: (symbol: string) => Isin | undefined;
  readonly rateOf: RateOf;
}

export interface Placed {
  readonly format: string;
  /** To be booked, oldest first. */
  readonly movements: readonly BookedMovement[];
  readonly actions: readonly BookedAction[];
  /** Rows that are booked already. */
  readonly known: number;
  readonly cashAfter: Money;
}

/** Places the rows of a file one after the other, in the order of time. */
export class Placer {
  readonly left: LeftRow[] = [];
  private readonly format: string;
  private readonly around: ImportAround;
  private readonly movements: BookedMovement[] = [];
  private readonly actions: BookedAction[] = [];
  /** Securities of which it brings shares. */
  private readonly brought = new Set<Isin>();
  private readonly identities: RowIdentities;
  private readonly held = new Map<Isin, Decimal>();
  private known = 0;

  constructor(format: string, around: ImportAround, rows: readonly ImportedTransaction[]) {
    this.format = format;
    this.around = around;
    const { book, lineOf } = around;
    this.identities = new RowIdentities(
      format,
      {
        ...{ booked: book.booked, lineOf },
        expected: (row, flowId) => this.expected(row, flowId),
        isStated: (row) => isStatedIn(row, book.currency),
      },
      rows,
    );
  }

  /**
   * The fee of a trade that is left out stays out with it.
   * @returns false where it may wait for other rows of its moment, since its shares are not there yet
   */
  place(row: ImportedTransaction, mayWait: boolean): boolean {
    const identity = this.identities.of(row);
    if (row.isCancelled) this.placeCancelled(row, identity.state !== 'new');
    else if (identity.state === 'booked') this.known += 1;
    else if (this.left.some(({ line }) => line === row.line)) return true;
    else if (identity.state === 'differs') this.leaveDiffering(row, identity.line);
    else if (mayWait && this.isShortOf(row)) return false;
    else {
      const made = attempt(() => this.movementsOf(this.inOwnCurrency(row), identity.flowId));
      if (typeof made === 'string') this.left.push({ line: row.line, reason: made });
      else this.movements.push(...made);
    }
    return true;
  }

  private isShortOf(row: ImportedTransaction): boolean {
    if (!takesShares(row) || !row.quantity) return false;
    const isin = attempt(() => this.isinOf(row));
    return isin !== undefined && isIsin(isin) && this.heldOf(isin).compare(row.quantity) < 0;
  }

  /** What an earlier version of the reader booked stands until its import is undone. */
  private leaveDiffering(row: ImportedTransaction, { kind, cash, source }: LedgerEntry): void {
    const [now] = this.expected(row, '') ?? [];
    const reason = `it is booked as ${kind} of ${cash}, and is read as ${now?.kind ?? row.kind} of ${now?.amount ?? row.cash} now: undo ${source ?? 'that import'} by trader reverse, and import again`;
    this.left.push({ line: row.line, reason });
  }

  private expected(row: ImportedTransaction, flowId: string) {
    const { book, rateOf } = this.around;
    const { currency } = book;
    const made = attempt(() => {
      const isin = this.isinOf(row);
      return movementsFor(this.inOwnCurrency(row), currency, { flowId, isin, rateOf });
    });
    return typeof made === 'string' ? undefined : made;
  }

  /** Neither it nor its cancellation is booked, unless an older file has brought it already. */
  private placeCancelled({ line }: ImportedTransaction, isBooked: boolean): void {
    const reason =
      'it was booked by an earlier import and is cancelled by another row: undo that import, then import again';
    if (isBooked) this.left.push({ line, reason });
  }

  placeAction(row: ImportedAction): void {
    const made = attempt(() => this.actionOf(row));
    if (typeof made === 'string') this.left.push({ line: row.line, reason: made });
    else if (made) this.act(made);
    else this.known += 1;
  }

  /** Shares that this file brings, from before a split that it does not state. */
  placeDeclared({ actionId, isin, day, kind, newShares, oldShares }: CorporateAction): void {
    const at = startOf(day);
    const held = this.heldBefore(isin, at);
    const isDone = this.isBooked({ kind, isin, at });
    if (isDone || !newShares || !oldShares || !this.brought.has(isin) || held.sign <= 0) return;
    const row = { line: 0, content: '', kind: kind as ImportedAction['kind'], at, currency: '' };
    const ratio = { newShares, oldShares };
    const symbol = this.around.book.holdings.get(isin)?.symbol ?? isin;
    const id = this.openActionId(actionId);
    this.act(placedAction({ ...row, ratio }, { actionId: id, isin, symbol, held }));
  }

  plan(): Placed {
    const { book } = this.around;
    const { format, movements, actions, known } = this;
    const amounts = [...movements, ...actions].map((one) =>
      'flowId' in one ? one.amount : one.cash,
    );
    const cashAfter = amounts.reduce<Money>((sum, one) => (one ? sum.add(one) : sum), book.cash);
    return { format, movements, actions, known, cashAfter };
  }

  /** Undefined where it was booked before. */
  private actionOf(row: ImportedAction): BookedAction | undefined {
    const { kind, at } = row;
    requireDay(at, this.around.now);
    const isin = this.isinOf({ ...row, kind: 'buy' });
    if (!isin) throw wrong('it names no security');
    if (this.isBooked({ kind, isin, at })) return undefined;
    const declared = this.around.declared.find((one) =>
      isSameAction({ kind, isin, at }, { ...one, at: startOf(one.day) }),
    );
    const known = declared?.actionId ?? `${kind}-${isin}-${dayOf(at)}`;
    const cash = row.cash && this.inOwnCurrency({ ...row, cash: row.cash }).cash;
    return placedAction(row, {
      ...{ actionId: this.openActionId(known), isin, declared },
      symbol: this.symbolOf(row, isin),
      held: kind === 'rename' ? this.heldOf(isin) : this.heldBefore(isin, at),
      ...(cash && { cash: cents(cash, this.around.book.currency) }),
    });
  }

  private act(action: BookedAction): void {
    const { isin, newIsin, sharesChange, sharesReceived } = action;
    this.actions.push(action);
    this.held.set(isin, this.heldOf(isin).add(sharesChange ?? Decimal.zero));
    if (!newIsin || !sharesReceived) return;
    this.held.set(newIsin, this.heldOf(newIsin).add(sharesReceived));
    if (this.brought.has(isin)) this.brought.add(newIsin);
  }

  private isBooked(action: { kind: string; isin: Isin; at: Instant }): boolean {
    return this.around.bookedActions.some((line) =>
      isSameAction(action, { ...line, at: line.happenedAt }),
    );
  }

  private openActionId(actionId: string): string {
    const { booked } = this.around.book;
    let id = actionId;
    const isTaken = (): boolean =>
      booked.has(`action-${id}`) || this.actions.some((one) => one.actionId === id);
    for (let times = 2; isTaken(); times += 1) id = `${actionId}-again-${times}`;
    return id;
  }

  private heldOf(isin: Isin): Decimal {
    return this.held.get(isin) ?? quantityHeld(this.around.book, isin);
  }

  /** Without the lots of the book that were acquired since. */
  private heldBefore(isin: Isin, at: Instant): Decimal {
    const lots = this.around.book.holdings.get(isin)?.lots ?? [];
    return lots
      .filter(({ acquiredAt }) => acquiredAt >= at)
      .reduce((held, { quantity }) => held.subtract(quantity), this.heldOf(isin))
      .normalize();
  }

  /** What opened a lot under the id that it is booked by, whether by this file or before it. */
  private lotOf({ openedBy, ...lot }: ClosedLot): ClosedLot {
    return openedBy === undefined ? lot : { ...lot, openedBy: this.identities.purchase(openedBy) };
  }

  private inOwnCurrency<T extends Convertible>(row: T): T {
    return inOwnCurrency(row, this.around.book.currency, this.around.rateOf);
  }

  private movementsOf(row: ImportedTransaction, flowId: string): readonly BookedMovement[] {
    const isin = this.isinOf(row);
    requireDay(row.at, this.around.now);
    requireSign(row);
    this.moveShares(row, isin);
    const symbol = isin && this.symbolOf(row, isin);
    const { book, rateOf } = this.around;
    const lots = row.closedLots?.map((lot) => this.lotOf(lot));
    const named = lots ? { ...row, closedLots: lots } : row;
    return movementsFor(named, book.currency, { flowId, isin, symbol, rateOf });
  }

  private isinOf({
    isin,
    symbol,
    kind,
  }: Pick<ImportedTransaction, 'isin' | 'symbol' | 'kind'>): Isin | undefined {
    if (isin) return parseIsin(isin.toUpperCase());
    const found = symbol ? this.around.isinOf(symbol) : undefined;
    if (!found && ['buy', 'sell', 'transfer-in', 'transfer-out'].includes(kind))
      throw wrong(`it names no ISIN, and the universe has no ${symbol ?? 'symbol for it'}`);
    return found;
  }

  private symbolOf({ symbol }: Pick<ImportedTransaction, 'symbol'>, isin: Isin): string {
    return this.around.book.holdings.get(isin)?.symbol ?? symbolIn(symbol) ?? isin;
  }

  private moveShares(row: ImportedTransaction, isin: Isin | undefined): void {
    if (!movesShares(row)) return;
    if (!row.quantity || row.quantity.sign === 0 || isin === undefined)
      throw wrong('it says no shares');
    const before = this.heldOf(isin);
    const takes = takesShares(row);
    const after = takes ? before.subtract(row.quantity) : before.add(row.quantity);
    if (after.sign < 0)
      throw wrong(`it takes ${row.quantity} shares of ${isin}, and ${before} are held`);
    if (!takes) this.requireNoLaterAction(isin, row.at);
    if (!takes) this.brought.add(isin);
    this.held.set(isin, after);
  }

  /** An action that is booked changes no shares that come afterwards. */
  private requireNoLaterAction(isin: Isin, at: Instant): void {
    const later = this.around.bookedActions.find(
      (line) => line.isin === isin && line.happenedAt > at,
    );
    if (later)
      throw wrong(
        `it is from before the ${later.kind} of ${dayOf(later.happenedAt)}, which is booked for the shares held until then: undo that import first, or import this file into an account of its own`,
      );
  }
}
