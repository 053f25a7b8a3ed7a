/** The account's value on each trading day, by replaying its ledger along prices and rates. */
import { dayOf, dayOfEpoch, epochDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { sumOfKnown } from '#shared/quant/measures/moments.ts';
import { indexAt, type PriceSeries, type RateSeries } from '#shared/universe/model/price-series.ts';
import type { LedgerEntry } from './book.ts';
import { sharesMoved } from './ledger-lines.ts';
import { SplitFactors } from './split-factors.ts';
import { withoutUndoneLines } from './undone-lines.ts';

/** Daily prices of securities, in the currencies they come in. */
export interface DailyPrices {
  readonly series: ReadonlyMap<Isin, PriceSeries>;
  readonly currencies: ReadonlyMap<Isin, Currency>;
  /** Daily rates into the base currency; none for the base itself. */
  readonly rateSeries: ReadonlyMap<Currency, RateSeries>;
  readonly base: Currency;
}

/** All that a walk needs. Every day on which one of the securities was traded is valued. */
export interface History extends DailyPrices {
  readonly ledger: readonly LedgerEntry[];
  readonly today: CalendarDay;
}

/** The account at a day's close, in the base currency. */
export interface DayValue {
  readonly day: CalendarDay;
  readonly value: number;
  /** Deposits and shares transferred in since the day before, at this day's prices. */
  readonly deposited: number;
  readonly withdrawn: number;
  /**
   * Gain of each position since the day before; the remainder to the whole gain belongs to no
   * security.
   */
  readonly positions: ReadonlyMap<Isin, PositionDay>;
}

/** One position between two days, in the base currency. */
export interface PositionDay {
  /** Change of its value, plus what sales and dividends brought, less what purchases cost. */
  readonly gain: number;
  /** Its value the day before, and what was put into it since. */
  readonly invested: number;
  /** Its value at the close. */
  readonly value: number;
}

/**
 * One entry for each trading day since the first movement, and one for today. A day on which a
 * holding has no price or rate yet is left out; what was brought in then counts on the next.
 */
export function dailyValues(history: History): DayValue[] {
  return walked(history, true);
}

/**
 * The same without the gains of single positions, which of many securities over many years take most of
 * the memory.
 */
export function dailyTotals(history: History): DayValue[] {
  return walked(history, false);
}

function walked(history: History, withPositions: boolean): DayValue[] {
  const ledger = withoutUndoneLines(history.ledger);
  const lines = [...ledger].sort((a, b) => a.happenedAt - b.happenedAt);
  const account = new Account(history, ledger, withPositions);
  const values: DayValue[] = [];
  let next = 0;
  for (const day of tradingDays(history, lines)) {
    for (; next < lines.length; next += 1) {
      const line = lines[next];
      if (!line || dayOfLine(line, history.today) > day) break;
      account.book(line);
    }
    const value = account.close(day);
    if (value) values.push(value);
  }
  return values;
}

const NO_POSITIONS: DayValue['positions'] = new Map();

/** The account while the walk goes on. */
class Account {
  private readonly history: History;
  private readonly withPositions: boolean;
  private readonly cash = new Map<Currency, number>();
  private readonly shares = new Map<Isin, number>();
  /** What the owner paid in and took out since the day before. */
  private owners: CashMove[] = [];
  private readonly transferred = new Map<Isin, number>();
  /** Shares that an action exchanged for others since the day before. */
  private exchanges: Exchange[] = [];
  /** The security whose prices go on under another ISIN. */
  private readonly renamed = new Map<Isin, Isin>();
  /** What a share was last booked at, in the base currency. */
  private readonly booked = new Map<Isin, number>();
  private readonly splits: SplitFactors;
  /** Cash that moved for a security since the day before: paid is negative. */
  private paid: (CashMove & { readonly isin: Isin })[] = [];
  private worth: ReadonlyMap<Isin, number> = new Map();

  constructor(history: History, ledger: readonly LedgerEntry[], withPositions: boolean) {
    this.history = history;
    this.withPositions = withPositions;
    this.splits = new SplitFactors(ledger);
  }

  book(line: LedgerEntry): void {
    const { currency } = line.cash;
    const move = { currency, amount: line.cash.toEstimate() };
    this.cash.set(currency, (this.cash.get(currency) ?? 0) + move.amount);
    if (isOwnersMoney(line.kind)) this.owners.push(move);
    if (line.isin === undefined) return;
    this.paid.push({ ...move, isin: line.isin });
    this.moveShares(line, line.isin);
  }

  /** In shares of today: earlier ones times the splits since. */
  private moveShares(line: LedgerEntry, isin: Isin): void {
    const factor = this.splits.since(isin, line.happenedAt);
    if (line.price && line.exchangeRate && sharesMoved(line))
      this.booked.set(isin, (line.price.toEstimate() * line.exchangeRate.toEstimate()) / factor);
    const moved = sharesMoved(line)?.toEstimate();
    if (moved === undefined) return this.act(line, isin);
    add(this.shares, isin, moved * factor);
    if (!isTrade(line)) add(this.transferred, isin, moved * factor);
  }

  private act(line: LedgerEntry, isin: Isin): void {
    const { kind, newIsin } = line;
    const ends = kind === 'merger' || kind === 'delisting' || (kind === 'rename' && newIsin);
    const held = this.shares.get(isin) ?? 0;
    if (ends) this.shares.delete(isin);
    if (!newIsin) return;
    const factor = this.splits.since(newIsin, line.happenedAt);
    const received = kind === 'rename' ? held : (line.quantity?.toEstimate() ?? 0) * factor;
    add(this.shares, newIsin, received);
    this.exchanges.push({ from: isin, to: newIsin, received });
    if (kind === 'rename') this.renamed.set(newIsin, isin);
  }

  private priceOn(isin: Isin, day: CalendarDay): number | undefined {
    const price = priceOn(this.history, isin, day);
    if (price !== undefined) return price;
    const before = this.renamed.get(isin);
    if (before) return this.priceOn(before, day);
    // There is no market price: it counts at the price last booked.
    const series = this.history.series.get(isin);
    return series && series.days.length > 0 ? undefined : (this.booked.get(isin) ?? 0);
  }

  /** Values the day and begins the next; undefined where a price is missing. */
  close(day: CalendarDay): DayValue | undefined {
    const worth = new Map<Isin, number>();
    const brought = new Map<Isin, number>();
    for (const isin of new Set([...this.shares.keys(), ...this.transferred.keys()])) {
      const price = this.priceOn(isin, day);
      if (price === undefined) return undefined;
      worth.set(isin, (this.shares.get(isin) ?? 0) * price);
      brought.set(isin, (this.transferred.get(isin) ?? 0) * price);
    }
    const rates = this.ratesOn(day);
    if (!rates) return undefined;
    const inBase = ({ currency, amount }: CashMove) => amount * (rates.get(currency) ?? 0);
    const held = [...this.cash].map(([currency, amount]) => inBase({ currency, amount }));
    const moved = [...brought.values(), ...this.owners.map(inBase)];
    const closed = {
      day,
      value: sumOfKnown([...held, ...worth.values()]),
      deposited: sumOfKnown(moved.filter((amount) => amount > 0)),
      withdrawn: 0 - sumOfKnown(moved.filter((amount) => amount < 0)),
      positions: this.withPositions
        ? this.positionDays(worth, brought, this.exchanged(day), this.paidFor(inBase))
        : NO_POSITIONS,
    };
    this.owners = [];
    this.transferred.clear();
    this.exchanges = [];
    this.paid = [];
    this.worth = worth;
    return closed;
  }

  /** Of all cash; 0 of a currency that nobody quotes. Undefined while one has no rate yet. */
  private ratesOn(day: CalendarDay): ReadonlyMap<Currency, number> | undefined {
    const rates = new Map<Currency, number>();
    for (const currency of this.cash.keys()) {
      const rate = rateOn(this.history, currency, day);
      if (rate === undefined) return undefined;
      rates.set(currency, rate);
    }
    return rates;
  }

  private paidFor(inBase: (move: CashMove) => number): ReadonlyMap<Isin, Paid> {
    const paid = new Map<Isin, Paid>();
    for (const move of this.paid) {
      const [amount, known] = [inBase(move), paid.get(move.isin) ?? { in: 0, out: 0 }];
      const out = known.out + Math.max(amount, 0);
      paid.set(move.isin, { in: known.in + Math.max(-amount, 0), out });
    }
    return paid;
  }

  /** Value exchanged at the day's close: out of one position, into the other. */
  private exchanged(day: CalendarDay): ReadonlyMap<Isin, number> {
    const moved = new Map<Isin, number>();
    for (const { from, to, received } of this.exchanges) {
      const worth = received * (this.priceOn(to, day) ?? 0);
      moved.set(from, (moved.get(from) ?? 0) - worth);
      moved.set(to, (moved.get(to) ?? 0) + worth);
    }
    return moved;
  }

  private positionDays(
    worth: ReadonlyMap<Isin, number>,
    brought: ReadonlyMap<Isin, number>,
    exchanged: ReadonlyMap<Isin, number>,
    paidFor: ReadonlyMap<Isin, Paid>,
  ): Map<Isin, PositionDay> {
    const isins = new Set([...this.worth.keys(), ...worth.keys(), ...paidFor.keys()]);
    return new Map(
      [...isins].map((isin) => {
        const before = this.worth.get(isin) ?? 0;
        const { in: paid, out: received } = paidFor.get(isin) ?? { in: 0, out: 0 };
        const transferred = (brought.get(isin) ?? 0) + (exchanged.get(isin) ?? 0);
        const gain = (worth.get(isin) ?? 0) - before - transferred + received - paid;
        const invested = before + paid + Math.max(transferred, 0);
        return [isin, { gain, invested, value: worth.get(isin) ?? 0 }];
      }),
    );
  }
}

interface CashMove {
  readonly currency: Currency;
  readonly amount: number;
}

/** Put into a position and brought by it, in the base currency; neither negative. */
interface Paid {
  readonly in: number;
  readonly out: number;
}

/** Shares of one security that came for those of another. */
interface Exchange {
  readonly from: Isin;
  readonly to: Isin;
  readonly received: number;
}

function isTrade({ kind }: LedgerEntry): boolean {
  return kind === 'buy' || kind === 'sell' || kind === 'cash-in-lieu';
}

/** Below this a sum of estimates counts as no shares. */
const SHARES_MIN = 1e-9;

function add(shares: Map<Isin, number>, isin: Isin, change: number): void {
  const sum = (shares.get(isin) ?? 0) + change;
  if (Math.abs(sum) < SHARES_MIN) shares.delete(isin);
  else shares.set(isin, sum);
}

/** Money that came from or went to the owner, not money that the account earned or paid. */
function isOwnersMoney(kind: LedgerEntry['kind']): boolean {
  return kind === 'deposit' || kind === 'withdrawal' || kind === 'external-cash';
}

/** Close in the base currency, the last on or before a day. */
export function priceOn(
  history: DailyPrices,
  isin: Isin,
  day: CalendarDay,
  column: 'close' | 'adjustedClose' = 'close',
): number | undefined {
  const series = history.series.get(isin);
  const currency = history.currencies.get(isin);
  const close = series && series[column][indexAt(series.days, day)];
  if (close === undefined || currency === undefined) return undefined;
  const rates = history.rateSeries.get(currency);
  const rate = currency === history.base ? 1 : rates?.rates[indexAt(rates.days, day)];
  return rate === undefined ? undefined : close * rate;
}

/**
 * What a unit of cash is worth in the base currency: the last rate on or before a day, and nothing where the currency
 * has none at all. Undefined before its first rate.
 */
export function rateOn(
  { base, rateSeries }: DailyPrices,
  currency: Currency,
  day: CalendarDay,
): number | undefined {
  if (currency === base) return 1;
  const series = rateSeries.get(currency);
  return series && series.days.length > 0 ? series.rates[indexAt(series.days, day)] : 0;
}

function tradingDays(history: History, lines: readonly LedgerEntry[]): CalendarDay[] {
  const [firstLine] = lines;
  if (!firstLine) return [];
  const first = epochDay(dayOfLine(firstLine, history.today));
  const last = epochDay(history.today);
  const days = new Set([first, last]);
  for (const { days: traded } of history.series.values())
    for (const day of traded) if (day > first && day < last) days.add(day);
  return [...days].sort((a, b) => a - b).map(dayOfEpoch);
}

/** Movements are ordered by time strictly, which may carry the last ones past midnight. */
function dayOfLine(line: LedgerEntry, today: CalendarDay): CalendarDay {
  const day = dayOf(line.happenedAt);
  return day > today ? today : day;
}
