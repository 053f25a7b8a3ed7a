/** Places the rows of an import on what the account holds: each once, by its own id or by its content. */
import type { BookedAction, BookedMovement } from '#shared/clients/broker/broker.ts';
import { dayOf, startOf, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { CorporateAction } from '#shared/kernel/corporate-action.ts';
import { parseCurrency, type Currency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { shortHash } from '#shared/kernel/hash.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import { parseIsin, type Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price, PRICE_DECIMALS_MAX } from '#shared/kernel/price.ts';
import type { Book, LedgerEntry } from '../model/book.ts';
import { quantityHeld } from '../model/booking.ts';
import { isSameAction, placedAction, symbolIn } from './placed-action.ts';
import { attempt } from './csv-rows.ts';
import type { ImportedAction, ImportedTransaction, LeftRow } from './transaction.ts';

export interface ImportAround {
  readonly book: Book;
  /** Lines of corporate actions that were booked and not undone. */
  readonly bookedActions: readonly LedgerEntry[];
  /** Corporate actions that the universe knows of the file's securities. */
  readonly declared: readonly CorporateAction[];
  readonly now: Instant;
  /** Of the universe, for files without ISINs. */
  readonly isinOf: (symbol: string) => Isin | undefined;
  /** Of a currency into the account's, on or before a day. */
  readonly rateOf: (currency: Currency, day: CalendarDay) => Decimal | undefined;
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
  private readonly occurrences = new Map<string, number>();
  private readonly held = new Map<Isin, Decimal>();
  private known = 0;

  constructor(format: string, around: ImportAround) {
    this.format = format;
    this.around = around;
  }

  /** The fee of a trade that is left out stays out with it. */
  place(row: ImportedTransaction): void {
    const flowId = this.openFlowId(this.flowIdOf(row));
    if (row.isCancelled) return this.placeCancelled(row, flowId === undefined);
    if (flowId === undefined) return void (this.known += 1);
    if (this.left.some(({ line }) => line === row.line)) return;
    const made = attempt(() => this.movementsOf(this.inOwnCurrency(row), flowId));
    if (typeof made === 'string') this.left.push({ line: row.line, reason: made });
    else this.movements.push(...made);
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
    for (let times = 2; booked.has(`action-${id}`); times += 1) id = `${actionId}-again-${times}`;
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

  /** What was undone may be booked again, under another id; undefined while it is booked. */
  private openFlowId(flowId: string): string | undefined {
    const { booked } = this.around.book;
    let id = flowId;
    for (let times = 2; booked.has(`flow-${id}`); times += 1) {
      if (!booked.has(`flow-reversal-${id}`)) return undefined;
      id = `${flowId}-again-${times}`;
    }
    return id;
  }

  /** Equal rows of one file are told apart by their order. */
  private flowIdOf({ rowId, content, kind }: ImportedTransaction): string {
    const key = shortHash({ format: this.format, row: rowId ? { rowId, kind } : content });
    const count = (this.occurrences.get(key) ?? 0) + 1;
    this.occurrences.set(key, count);
    return count === 1 ? `import-${key}` : `import-${key}-${count}`;
  }

  /** Cash in another currency becomes what it was worth, by the file's rate or the day's. */
  private inOwnCurrency<T extends Convertible>(row: T): T {
    const { currency: own } = this.around.book;
    const currency = row.currency === '' ? own : parseCurrency(row.currency);
    if (currency === own) return row;
    const day = dayOf(row.at);
    const rate = this.statedRate(row, currency, day) ?? this.around.rateOf(currency, day);
    if (!rate) throw wrong(`there is no exchange rate from ${currency} to ${own} on ${day}`);
    const convert = (amount: Decimal | undefined): Decimal | undefined => amount?.multiply(rate);
    const { charges, tax } = row;
    return {
      ...{ ...row, cash: row.cash.multiply(rate), currency: own },
      ...{ charges: convert(charges), tax: convert(tax) },
    };
  }

  /** The file's rate, led on where it leads into another currency than the account's. */
  private statedRate(
    { rate, rateTo }: Convertible,
    currency: Currency,
    day: CalendarDay,
  ): Decimal | undefined {
    const { currency: own } = this.around.book;
    if (!rate) return undefined;
    if (rateTo !== undefined && rateTo !== own) {
      const onward = this.around.rateOf(parseCurrency(rateTo), day);
      return onward && rate.multiply(onward);
    }
    const stored = this.around.rateOf(currency, day);
    if (stored && !isNear(rate, stored))
      throw wrong(
        `its rate from ${currency} to ${own}, ${rate}, is far from ${stored} of ${day}: the file may be of an account in another currency`,
      );
    return rate;
  }

  private movementsOf(row: ImportedTransaction, flowId: string): BookedMovement[] {
    const { book } = this.around;
    const { currency } = book;
    const isin = this.isinOf(row);
    const tax = row.tax && row.tax.sign > 0 ? cents(row.tax, currency) : undefined;
    const cash = cents(row.cash, currency);
    const common = {
      happenedAt: row.at,
      ...(isin && { isin, symbol: this.symbolOf(row, isin) }),
    };
    this.requireSign(row);
    this.moveShares(row, isin);
    const gross =
      tax && (row.kind === 'dividend' || row.kind === 'interest') ? cash.add(tax) : cash;
    const main: BookedMovement = {
      ...{
        flowId,
        kind: row.kind,
        amount: isTransfer(row) ? Money.zero(currency) : gross,
        ...common,
      },
      ...(movesShares(row) && row.quantity && { quantity: row.quantity }),
      ...(movesShares(row) && termsOf(row, currency)),
      ...(row.charges && row.charges.sign > 0 && { charges: cents(row.charges, currency) }),
    };
    if (gross === cash || !tax) return [main];
    const withheld = { flowId: `${flowId}-tax`, kind: 'tax', amount: tax.negate() } as const;
    return [main, { ...withheld, ...common, relatedFlowId: flowId }];
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

  private requireSign({ kind, cash }: ImportedTransaction): void {
    if (kind === 'buy' && cash.sign >= 0) throw wrong('a purchase pays cash');
    if ((kind === 'sell' || kind === 'deposit') && cash.sign < 0)
      throw wrong(`a ${kind} brings cash`);
    if (kind === 'withdrawal' && cash.sign > 0) throw wrong('a withdrawal takes cash');
  }

  private moveShares(row: ImportedTransaction, isin: Isin | undefined): void {
    if (!movesShares(row)) return;
    if (!row.quantity || row.quantity.sign === 0 || isin === undefined)
      throw wrong('it says no shares');
    const before = this.heldOf(isin);
    const takes = row.kind === 'sell' || row.kind === 'transfer-out';
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

/** Cash, and what is contained in it. */
type Convertible = Pick<
  ImportedTransaction,
  'cash' | 'currency' | 'rate' | 'rateTo' | 'at' | 'charges' | 'tax'
>;

/** Rates of one day, from two sources, differ by less than one per cent. */
const RATE_DIFFERENCE_RATIO_MAX = 0.05;

function isNear(one: Decimal, other: Decimal): boolean {
  return Math.abs(one.toEstimate() / other.toEstimate() - 1) <= RATE_DIFFERENCE_RATIO_MAX;
}

function movesShares({ kind }: ImportedTransaction): boolean {
  return kind === 'buy' || kind === 'sell' || kind === 'transfer-in' || kind === 'transfer-out';
}

function isTransfer({ kind }: ImportedTransaction): boolean {
  return kind === 'transfer-in' || kind === 'transfer-out';
}

/** Price as stated, and the rate that makes the cash of it. */
function termsOf(
  { price, quantity, cash, charges, kind }: ImportedTransaction,
  base: Currency,
): Pick<BookedMovement, 'price' | 'exchangeRate'> {
  if (!price || !quantity || price.amount.sign <= 0) return {};
  const currency = parseCurrency(price.currency);
  const exact = new Price(price.amount.round(PRICE_DECIMALS_MAX, 'half-even'), currency);
  if (currency === base) return { price: exact, exchangeRate: Decimal.one };
  const worth = price.amount.multiply(quantity);
  const fees = charges ?? Decimal.zero;
  const gross = kind === 'buy' ? cash.absolute().subtract(fees) : cash.absolute().add(fees);
  return { price: exact, exchangeRate: gross.divide(worth, 10, 'half-even').normalize() };
}

function cents(amount: Decimal, currency: Currency): Money {
  return Money.rounded(amount, currency, 'half-even');
}

function wrong(why: string): Failure {
  return new Failure('INVALID_REQUEST', why);
}
