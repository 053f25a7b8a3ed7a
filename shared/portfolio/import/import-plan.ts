/** What an import would book: each row once, by its own id or by its content. */
import type { BookedMovement } from '#shared/clients/broker/broker.ts';
import { dayOf, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { isCurrency, parseCurrency, type Currency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { Failure, invalidRequest } from '#shared/kernel/failure.ts';
import { shortHash } from '#shared/kernel/hash.ts';
import { parseIsin, type Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price, PRICE_DECIMALS_MAX } from '#shared/kernel/price.ts';
import type { Book } from '../model/book.ts';
import { quantityHeld } from '../model/booking.ts';
import { degiroAccount } from './degiro-account.ts';
import { degiro } from './degiro.ts';
import { freedom24 } from './freedom24.ts';
import { ghostfolio } from './ghostfolio.ts';
import { interactiveBrokersActivity } from './interactive-brokers-activity.ts';
import { interactiveBrokersFlex } from './interactive-brokers-flex.ts';
import { plain } from './plain.ts';
import { portfolioPerformanceXml } from './portfolio-performance-xml.ts';
import { portfolioPerformance } from './portfolio-performance.ts';
import { attempt, readImportFile } from './csv-rows.ts';
import { IMPORT_PREFIX } from './undo.ts';
import { scalable } from './scalable.ts';
import { tradeRepublic } from './trade-republic.ts';
import { trading212 } from './trading212.ts';
import type { ImportFormat, LeftRow, ParsedFile, ImportedTransaction } from './transaction.ts';

const formats: readonly ImportFormat[] = [
  ...[trading212, tradeRepublic, scalable, ghostfolio, freedom24, plain],
  ...[interactiveBrokersFlex, interactiveBrokersActivity, portfolioPerformance],
  ...[portfolioPerformanceXml, degiroAccount, degiro],
];

export interface ImportPlan {
  readonly format: string;
  /** By which it is undone as a whole; empty where it books nothing. */
  readonly importId: string;
  /** To be booked, oldest first. */
  readonly movements: readonly BookedMovement[];
  /** Rows that are booked already. */
  readonly known: number;
  /** Rows that cannot be placed, and why. */
  readonly left: readonly LeftRow[];
  readonly cashAfter: Money;
}

export interface ImportAround {
  readonly book: Book;
  /** Of the universe, for files without ISINs. */
  readonly isinOf: (symbol: string) => Isin | undefined;
  /** Of a currency into the account's, on or before a day. */
  readonly rateOf: (currency: Currency, day: CalendarDay) => Decimal | undefined;
}

export interface ReadImport extends ParsedFile {
  readonly format: string;
  /** Of its cash. */
  readonly currencies: ReadonlySet<Currency>;
}

/** @throws Failure INVALID_REQUEST `content` for a file of no known format */
export function readImport(content: string): ReadImport {
  const file = readImportFile(content);
  const format = formats.find((one) => one.recognises(file));
  if (!format)
    throw invalidRequest({
      field: 'content',
      message: `no known format; known are ${formats.map(({ name }) => name).join(', ')}`,
    });
  const { transactions, left } = format.parse(file);
  const stated = transactions.map(({ currency }) => currency).filter(isCurrency);
  const currencies = new Set(stated.map(parseCurrency));
  return { format: format.name, transactions, left, currencies };
}

export function importPlan(
  { format, transactions, left }: ReadImport,
  around: ImportAround,
): ImportPlan {
  const placer = new Placer(format, around);
  const inTime = [...transactions].sort((a, b) => a.at - b.at || a.line - b.line);
  for (const transaction of inTime) placer.place(transaction);
  const plan = placer.plan();
  const importId = idOf(plan.format, plan.movements);
  const movements = plan.movements.map((one) => ({ ...one, source: importId }));
  return {
    ...plan,
    movements,
    importId,
    left: [...left, ...placer.left].sort((a, b) => a.line - b.line),
  };
}

/** The same rows make the same id. */
function idOf(format: string, movements: readonly BookedMovement[]): string {
  if (movements.length === 0) return '';
  return `${IMPORT_PREFIX}${format}:${shortHash(movements.map(({ flowId }) => flowId))}`;
}

class Placer {
  readonly left: LeftRow[] = [];
  private readonly format: string;
  private readonly around: ImportAround;
  private readonly movements: BookedMovement[] = [];
  private readonly occurrences = new Map<string, number>();
  private readonly held = new Map<Isin, Decimal>();
  private known = 0;

  constructor(format: string, around: ImportAround) {
    this.format = format;
    this.around = around;
  }

  place(row: ImportedTransaction): void {
    const flowId = this.openFlowId(this.flowIdOf(row));
    if (flowId === undefined) return void (this.known += 1);
    const made = attempt(() => this.movementsOf(this.inOwnCurrency(row), flowId));
    if (typeof made === 'string') this.left.push({ line: row.line, reason: made });
    else this.movements.push(...made);
  }

  plan() {
    const { book } = this.around;
    const cash = this.movements.reduce((sum, { amount }) => sum.add(amount), book.cash);
    return { format: this.format, movements: this.movements, known: this.known, cashAfter: cash };
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
  private inOwnCurrency(row: ImportedTransaction): ImportedTransaction {
    const { currency: own } = this.around.book;
    const currency = row.currency === '' ? own : parseCurrency(row.currency);
    if (currency === own) return row;
    const day = dayOf(row.at);
    const rate = row.rate ?? this.around.rateOf(currency, day);
    if (!rate) throw wrong(`there is no exchange rate from ${currency} to ${own} on ${day}`);
    const convert = (amount: Decimal | undefined): Decimal | undefined => amount?.multiply(rate);
    const { charges, tax } = row;
    return {
      ...{ ...row, cash: row.cash.multiply(rate), currency: own },
      ...{ charges: convert(charges), tax: convert(tax) },
    };
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

  private isinOf({ isin, symbol, kind }: ImportedTransaction): Isin | undefined {
    if (isin) return parseIsin(isin.toUpperCase());
    const found = symbol ? this.around.isinOf(symbol) : undefined;
    if (!found && ['buy', 'sell', 'transfer-in', 'transfer-out'].includes(kind))
      throw wrong(`it names no ISIN, and the universe has no ${symbol ?? 'symbol for it'}`);
    return found;
  }

  private symbolOf({ symbol }: ImportedTransaction, isin: Isin): string {
    const known = this.around.book.holdings.get(isin)?.symbol;
    return known ?? (symbol && /^[\w.:/-]{1,32}$/.test(symbol) ? symbol : isin);
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
    const before = this.held.get(isin) ?? quantityHeld(this.around.book, isin);
    const takes = row.kind === 'sell' || row.kind === 'transfer-out';
    const after = takes ? before.subtract(row.quantity) : before.add(row.quantity);
    if (after.sign < 0)
      throw wrong(`it takes ${row.quantity} shares of ${isin}, and ${before} are held`);
    this.held.set(isin, after);
  }
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
