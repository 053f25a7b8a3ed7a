/**
 * Reconciles the book with the broker's statement. First every fill and flow that is not booked
 * yet, by its id; a remaining difference was not traded here, and is booked as external. Ids of
 * external lines follow from the state of the book, so that the same difference is never booked
 * twice.
 */
import type { Currency } from '#shared/kernel/currency.ts';
import { dayOf } from '#shared/kernel/calendar-day.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { refused } from '#shared/kernel/failure.ts';
import { shortHash } from '#shared/kernel/hash.ts';
import { RunningFold } from '#shared/kernel/collections/running-fold.ts';
import { later, type Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import type { Price } from '#shared/kernel/price.ts';
import type { Quantity } from '#shared/kernel/quantity.ts';
import { actionLines, type ActionFrame, type ReportedAction } from '../action-lines.ts';
import { chargesIn } from './awaited-charges.ts';
import { roundingIn } from './rounding.ts';
import type { Book, LedgerEntry } from '../book.ts';
import { bookEntries, quantityHeld } from '../booking.ts';
import { cashIn, foreignCurrencies } from '../foreign-cash.ts';
import {
  fillLine,
  flowLine,
  inOrder,
  changeOf,
  sharesMoved,
  withLotMethod,
  type ReportedFill,
  type ReportedFlow,
} from '../ledger-lines.ts';
import type { LotMethod } from '../lots.ts';
import { cancelledTrades } from './cancelled-trades.ts';
import { restatedSales } from './restated-sales.ts';
import { UnbookedLines } from './unbooked.ts';

/** The part of a broker's statement that the book is reconciled with. */
export interface Statement {
  readonly currency: string;
  readonly cash: Money;
  readonly holdings: readonly {
    readonly isin: Isin;
    readonly symbol: string;
    readonly quantity: Quantity;
  }[];
  readonly fills: readonly ReportedFill[];
  readonly flows: readonly ReportedFlow[];
  readonly corporateActions?: readonly ReportedAction[] | undefined;
  readonly pendingDeposits?: Money | undefined;
  readonly pendingWithdrawals?: Money | undefined;
  /** Cash in other currencies, with what moved it; a currency that is not named is at 0. */
  readonly otherBalances?:
    readonly { readonly cash: Money; readonly flows: readonly ReportedFlow[] }[] | undefined;
  readonly takenAt: Instant;
  /** The last day that it covers, where it is not the moment at which it was taken. */
  readonly coversThrough?: Instant | undefined;
}

/** Current price of a share, for shares of unknown origin. */
export interface ShareValue {
  readonly price: Price;
  readonly exchangeRate: Decimal;
}

export interface Reconciliation {
  /** Agrees with the statement in the cash of every currency and in every holding. */
  readonly book: Book;
  /** Lines to append, in the order of booking. */
  readonly entries: readonly LedgerEntry[];
  readonly fillsBooked: number;
  readonly flowsBooked: number;
  readonly actionsBooked: number;
  readonly externalBooked: number;
  /** What was not booked as the statement has it, one sentence each. */
  readonly warnings: readonly string[];
}

/** How new lines are recorded. */
export interface LineRecording {
  readonly recordedAt: Instant;
  /** Which lots they take shares from; the oldest where absent. */
  readonly lotMethod?: LotMethod | undefined;
  /** Where they come from. */
  readonly source?: string | undefined;
  /** The ledger so far, where lots of booked sales may be reported otherwise now; absent: they are not compared. */
  readonly ledger?: readonly LedgerEntry[] | undefined;
}

/**
 * @throws Failure REFUSED account-currency when the account is in another currency, statement-earlier
 */
export function reconcile(
  booked: Book,
  statement: Statement,
  worth: ReadonlyMap<Isin, ShareValue>,
  { recordedAt, lotMethod = 'fifo', source, ledger = [] }: LineRecording,
): Reconciliation {
  const cancelled = cancelledTrades(booked, ledger, statement.fills, recordedAt);
  const known = [...ledger, ...cancelled.lines];
  const restated = restatedSales(booked, known, statement.fills, recordedAt);
  const first = [...cancelled.lines, ...restated.lines];
  const book = bookEntries(booked, first);
  if (statement.currency !== book.currency)
    throw refused('account-currency', `The broker's account is in ${statement.currency}.`, {
      expected: book.currency,
      found: statement.currency,
    });
  requireNotEarlier(book, statement);
  const symbols = symbolsOf(book, statement);
  const fills = newFills
    .in(book.booked, statement.fills)
    .filter((fill) => !cancelled.withheld.has(fill));
  const flows = newFlows.in(book.booked, flowsOf(statement));
  const moved = inOrder([
    ...fills.map((fill) => fillLine(fill, recordedAt)),
    ...flows.map((flow) => flowLine(flow, flow.isin && symbols.get(flow.isin), recordedAt)),
  ]);
  const actions = newActionLines(book, statement, { book, reported: moved, symbols, recordedAt });
  const reported = inOrder([...moved, ...actions]);
  const external = externalLines(book, statement, reported, {
    ...{ symbols, worth, recordedAt, fills },
  });
  const lines = withLotMethod([...external.before, ...reported, ...external.after], lotMethod);
  const all = [...first, ...lines];
  const entries =
    source === undefined ? all : all.map((line) => ({ ...line, source: line.source ?? source }));
  return {
    book: {
      ...bookEntries(withForeign(booked), entries),
      ...stated(statement),
      syncedAt: recordedAt,
    },
    entries,
    fillsBooked: fills.length,
    flowsBooked: flows.length,
    actionsBooked: new Set(actions.map(({ id }) => id.replace(/-fraction$/, ''))).size,
    externalBooked: entries.filter(({ kind }) => kind.startsWith('external-')).length,
    warnings: [...cancelled.warnings, ...restated.warnings],
  };
}

const newFills = new UnbookedLines<ReportedFill>(({ fillId }) => `fill-${fillId}`);
const newFlows = new UnbookedLines<ReportedFlow>(({ flowId }) => `flow-${flowId}`);

/** Of all currencies. The list itself where there is one: a statement repeats its history. */
function flowsOf({ flows, otherBalances = [] }: Statement): readonly ReportedFlow[] {
  if (otherBalances.length === 0) return flows;
  return [...flows, ...otherBalances.flatMap((balance) => balance.flows)];
}

/** From here on the book has cash in other currencies, if only none. */
function withForeign(book: Book): Book {
  return book.foreignCash ? book : { ...book, foreignCash: [] };
}

/** What the broker only states: no movement of ours explains it. */
function stated({ cash, pendingDeposits, pendingWithdrawals, coversThrough }: Statement) {
  const zero = Money.zero(cash.currency);
  return {
    pendingDeposits: pendingDeposits ?? zero,
    pendingWithdrawals: pendingWithdrawals ?? zero,
    ...(coversThrough && { coversThrough }),
  };
}

/**
 * A statement of an earlier day than the one booked before would take back what has been booked since.
 * @throws Failure REFUSED statement-earlier
 */
function requireNotEarlier({ coversThrough: booked }: Book, { coversThrough }: Statement): void {
  if (booked === undefined || coversThrough === undefined || coversThrough >= booked) return;
  const [seen, known] = [coversThrough, booked].map((at) => dayOf(at));
  throw refused(
    'statement-earlier',
    `The broker's statement ends on ${seen}, and one to ${known} is booked already. The next one is awaited.`,
    { seen, known },
  );
}

/**
 * Actions one after the other: each sees what those before it made of the shares. One that undoes another says all of
 * what is there afterwards, and is booked after all else, so that none sees it.
 */
function newActionLines(
  book: Book,
  { corporateActions = [] }: Statement,
  frame: ActionFrame,
): LedgerEntry[] {
  const lines: LedgerEntry[] = [];
  const inTime = [...corporateActions].sort((a, b) => a.happenedAt - b.happenedAt);
  for (const action of inTime) {
    if (book.booked.has(`action-${action.actionId}`)) continue;
    if (action.undoes) {
      lines.push(...actionLines(action, frame));
      continue;
    }
    const before = inOrder([...frame.reported, ...lines]).filter(
      ({ happenedAt, restores }) => !restores && happenedAt < action.happenedAt,
    );
    const after = frame.reported.filter(({ happenedAt }) => happenedAt >= action.happenedAt);
    const seen = before.length > 0 ? bookedAsFarAsPossible(book, before) : book;
    lines.push(...actionLines(action, { ...frame, book: seen, reported: after }));
  }
  return lines;
}

/** Sales of shares of unknown origin do not block an action of another security. */
function bookedAsFarAsPossible(book: Book, lines: readonly LedgerEntry[]): Book {
  return lines.reduce((next, line) => {
    const moved = sharesMoved(line);
    const isShort =
      moved !== undefined &&
      line.isin !== undefined &&
      moved.sign < 0 &&
      quantityHeld(next, line.isin).add(moved).sign < 0;
    return isShort ? next : bookEntries(next, [line]);
  }, book);
}

interface Known {
  readonly symbols: ReadonlyMap<Isin, string>;
  readonly worth: ReadonlyMap<Isin, ShareValue>;
  readonly recordedAt: Instant;
  /** Those that are booked now. */
  readonly fills: readonly ReportedFill[];
}

type CashKind = 'external-cash' | 'charges' | 'rounding';

function externalLines(
  book: Book,
  statement: Statement,
  reported: readonly LedgerEntry[],
  known: Known,
): { before: LedgerEntry[]; after: LedgerEntry[] } {
  const before: LedgerEntry[] = [];
  const after: LedgerEntry[] = [];
  const seed = { account: book.accountId, booked: book.booked.size + reported.length };
  const line = (
    kind: LedgerEntry['kind'],
    isin: Isin,
    quantity: Quantity,
    happenedAt: Instant,
  ): LedgerEntry => ({
    id: `external-${shortHash({ ...seed, kind, isin, quantity })}`,
    kind,
    isin,
    symbol: known.symbols.get(isin) ?? isin,
    quantity: quantity.normalize(),
    ...(kind === 'external-in' && known.worth.get(isin)),
    cash: Money.zero(book.currency),
    happenedAt,
    recordedAt: known.recordedAt,
  });
  const stated = new Map(statement.holdings.map(({ isin, quantity }) => [isin, quantity]));
  for (const isin of known.symbols.keys()) {
    const { brought, taken, first } = unexplained(book, stated.get(isin), reported, isin);
    if (brought.sign > 0 && first !== undefined)
      before.push(line('external-in', isin, brought, later(first, -1)));
    else if (brought.sign > 0) after.push(line('external-in', isin, brought, statement.takenAt));
    if (taken.sign > 0) after.push(line('external-out', isin, taken, statement.takenAt));
  }
  const moved = (prefix: string, kind: CashKind, cash: Money): LedgerEntry[] => {
    const id = `${prefix}-${shortHash({ ...seed, kind, cash })}`;
    const { recordedAt } = known;
    return cash.sign === 0 ? [] : [{ id, kind, cash, happenedAt: statement.takenAt, recordedAt }];
  };
  for (const cash of unexplainedCash(book, statement, reported)) {
    const charges = chargesIn(cash, book, statement.fills);
    after.push(...moved('charges', 'charges', charges));
    const rest = cash.subtract(charges);
    const rounding = roundingIn(rest, known.fills);
    after.push(...moved('rounding', 'rounding', rounding));
    after.push(...moved('external', 'external-cash', rest.subtract(rounding)));
  }
  return { before, after };
}

/** What each balance differs by from the book and what was reported; the account's currency first. */
function unexplainedCash(
  book: Book,
  statement: Statement,
  reported: readonly LedgerEntry[],
): readonly Money[] {
  const moved = new Map<Currency, Money>();
  for (const { cash } of reported)
    moved.set(cash.currency, moved.get(cash.currency)?.add(cash) ?? cash);
  const stated = balancesOf(statement);
  const others = new Set([...foreignCurrencies(book), ...moved.keys(), ...stated.keys()]);
  others.delete(book.currency);
  return [book.currency, ...[...others].sort()]
    .map((currency) => {
      const zero = Money.zero(currency);
      const explained = cashIn(book, currency).add(moved.get(currency) ?? zero);
      return (stated.get(currency) ?? zero).subtract(explained);
    })
    .filter(({ sign }) => sign !== 0);
}

function balancesOf({ cash, otherBalances = [] }: Statement): ReadonlyMap<Currency, Money> {
  return new Map([cash, ...otherBalances.map((balance) => balance.cash)].map(byCurrency));
}

function byCurrency(cash: Money): readonly [Currency, Money] {
  return [cash.currency, cash];
}

/**
 * Shares that came and went beside what was reported. Where reported sales would take more than was
 * there, the missing shares must have come before the first of them (`first`).
 */
function unexplained(
  book: Book,
  stated: Quantity | undefined,
  reported: readonly LedgerEntry[],
  isin: Isin,
): { brought: Quantity; taken: Quantity; first: Instant | undefined } {
  const changes = reported.flatMap((line) => {
    const change = changeOf(line, isin);
    return change ? [{ change, at: line.happenedAt }] : [];
  });
  let running = quantityHeld(book, isin);
  if (changes.length === 0 && running.sign >= 0 && stated?.equals(running))
    return { brought: Decimal.zero, taken: Decimal.zero, first: undefined };
  let lowest = running;
  for (const { change } of changes) {
    running = running.add(change);
    if (running.compare(lowest) < 0) lowest = running;
  }
  const difference = (stated ?? Decimal.zero).subtract(running);
  const deficit = lowest.sign < 0 ? lowest.negate() : Decimal.zero;
  const brought = deficit.compare(difference) > 0 ? deficit : atLeastZero(difference);
  const first = deficit.sign > 0 ? changes[0]?.at : undefined;
  return { brought, taken: brought.subtract(difference), first };
}

function atLeastZero(value: Decimal): Decimal {
  return value.sign < 0 ? Decimal.zero : value;
}

/** Symbols of all securities on either side; the broker's takes precedence. */
function symbolsOf(book: Book, statement: Statement): Map<Isin, string> {
  const { holdings, fills, flows, corporateActions = [] } = statement;
  const symbols = new Map<Isin, string>();
  for (const { isin, newIsin, newSymbol } of corporateActions) {
    symbols.set(isin, isin);
    if (newIsin) symbols.set(newIsin, newSymbol ?? newIsin);
  }
  for (const flow of flows) if (flow.isin) symbols.set(flow.isin, flow.isin);
  for (const holding of book.holdings.values()) symbols.set(holding.isin, holding.symbol);
  for (const [isin, symbol] of symbolsOfFills.of(fills)) symbols.set(isin, symbol);
  for (const { isin, symbol } of holdings) symbols.set(isin, symbol);
  return symbols;
}

const symbolsOfFills = new RunningFold<ReportedFill, Map<Isin, string>>(
  () => new Map(),
  (symbols, { isin, symbol }) => symbols.set(isin, symbol),
);
