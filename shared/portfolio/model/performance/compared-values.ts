/**
 * An account's value over time beside two alternatives: the same payments into a benchmark on the same
 * days, and the same payments left alone. All in the base currency; estimates.
 */
import { dayOf, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { LedgerEntry } from '../book.ts';
import { sharesMoved } from '../ledger-lines.ts';
import {
  priceOn,
  rateOn,
  type DayValue,
  type History,
  type DailyPrices,
} from '../value-history.ts';

export interface ComparedValue {
  readonly day: CalendarDay;
  readonly value: number;
  /** Paid in less taken out, up to this day. */
  readonly paidIn: number;
  /** Absent before the benchmark's first price. */
  readonly benchmark?: number | undefined;
  /** Absent while a security that was brought in has no price. */
  readonly doingNothing?: number | undefined;
}

/**
 * @param days as `dailyValues` answers them
 * @param history the account's ledger and prices, with those of the benchmark
 */
export function comparedValues(
  days: readonly DayValue[],
  history: History,
  benchmark: Isin | undefined,
): ComparedValue[] {
  const alone = new DoingNothing(history);
  let paidIn = 0;
  let units: number | undefined = 0;
  return days.map(({ day, value, deposited, withdrawn }) => {
    const flow = deposited - withdrawn;
    paidIn += flow;
    const price = benchmark && priceOn(history, benchmark, day, 'adjustedClose');
    // Money that came before the benchmark had a price cannot be compared.
    units = price === undefined ? (flow === 0 ? units : undefined) : addUnits(units, flow, price);
    const worth = price === undefined || units === undefined ? undefined : units * price;
    return { day, value, paidIn, benchmark: worth, doingNothing: alone.on(day) };
  });
}

function addUnits(units: number | undefined, flow: number, price: number): number | undefined {
  return units === undefined ? undefined : units + flow / price;
}

/** The owner's payments kept in cash, and securities that were brought in kept as they came. */
class DoingNothing {
  private readonly prices: DailyPrices;
  private readonly lines: readonly LedgerEntry[];
  private readonly today: CalendarDay;
  private next = 0;
  private readonly cash = new Map<Currency, number>();
  /** Shares by ISIN, in shares of the adjusted close: dividends stay invested. */
  private readonly shares = new Map<Isin, number>();

  constructor(history: History) {
    this.prices = history;
    this.today = history.today;
    this.lines = history.ledger
      .filter(({ kind }) => isOwners(kind))
      .toSorted((a, b) => a.happenedAt - b.happenedAt);
  }

  on(day: CalendarDay): number | undefined {
    for (; this.next < this.lines.length; this.next += 1) {
      const line = this.lines[this.next];
      if (!line || this.dayOf(line) > day) break;
      this.take(line);
    }
    let worth = 0;
    for (const [currency, amount] of this.cash) {
      const rate = rateOn(this.prices, currency, day);
      if (rate === undefined) return undefined;
      worth += amount * rate;
    }
    for (const [isin, shares] of this.shares) {
      const price = priceOn(this.prices, isin, day, 'adjustedClose');
      if (price === undefined) return undefined;
      worth += shares * price;
    }
    return worth;
  }

  private take(line: LedgerEntry): void {
    const { currency } = line.cash;
    this.cash.set(currency, (this.cash.get(currency) ?? 0) + line.cash.toEstimate());
    const moved = sharesMoved(line)?.toEstimate();
    if (moved === undefined || line.isin === undefined) return;
    const day = this.dayOf(line);
    const close = priceOn(this.prices, line.isin, day);
    const adjusted = priceOn(this.prices, line.isin, day, 'adjustedClose');
    const factor = close !== undefined && adjusted ? close / adjusted : 1;
    this.shares.set(line.isin, (this.shares.get(line.isin) ?? 0) + moved * factor);
  }

  private dayOf(line: LedgerEntry): CalendarDay {
    const day = dayOf(line.happenedAt);
    return day > this.today ? this.today : day;
  }
}

const owners: ReadonlySet<LedgerEntry['kind']> = new Set([
  'deposit',
  'withdrawal',
  'external-cash',
  'transfer-in',
  'transfer-out',
  'external-in',
  'external-out',
]);

function isOwners(kind: LedgerEntry['kind']): boolean {
  return owners.has(kind);
}

/**
 * Every nth point, so that at most so many are left; the first, the last and, of each stretch, the one
 * that lies farthest from the stretch's first value, so that highs and lows stay.
 */
export function thinned<P extends { readonly value: number }>(
  points: readonly P[],
  max: number,
): P[] {
  if (points.length <= max) return [...points];
  const [first, last] = [points[0], points.at(-1)];
  const inner = points.slice(1, -1);
  const kept = Array.from({ length: Math.max(0, max - 2) }, (_, k) => {
    const from = Math.floor((k * inner.length) / (max - 2));
    const until = Math.floor(((k + 1) * inner.length) / (max - 2));
    return farthest(inner.slice(from, until));
  });
  return [first, ...kept, last].filter((point) => point !== undefined);
}

function farthest<P extends { readonly value: number }>(stretch: readonly P[]): P | undefined {
  const [start] = stretch;
  return stretch.reduce<P | undefined>(
    (best, point) =>
      best && start && Math.abs(best.value - start.value) >= Math.abs(point.value - start.value)
        ? best
        : point,
    undefined,
  );
}
