/**
 * Closes of a past in columns, for measuring: which close and which rate count on a day. A bar that the check of prices
 * sets aside counts for nothing here either; what is decided by closes rests on the check of what was known then.
 */
import { barToCheck } from '#shared/clients/market-data/checked-bars.ts';
import type { DailyBar } from '#shared/clients/market-data/market-data.ts';
import {
  areSound,
  checkBars,
  type BarToCheck,
  type SetAsideBar,
} from '#shared/kernel/bars/bar-check.ts';
import { dayOfEpoch, epochDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { pairOf, type Currency } from '#shared/kernel/currency.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { lastOn, type Past } from './past.ts';

interface Column {
  readonly days: Int32Array;
  readonly closes: Float64Array;
  readonly adjusted: Float64Array;
  readonly setAside: readonly SetAsideBar[];
  /** All bars, where any of them is set aside. */
  readonly stated?: readonly BarToCheck[];
}

/** Several runs of one past share them. */
const columns = new WeakMap<readonly DailyBar[], Column>();

function columnOf(bars: readonly DailyBar[]): Column {
  const known = columns.get(bars);
  if (known) return known;
  const column = soundColumn(bars) ?? checkedColumn(bars);
  columns.set(bars, column);
  return column;
}

/** In one loop: columns made by a callback each take a multiple. */
function soundColumn(bars: readonly DailyBar[]): Column | undefined {
  const { length } = bars;
  const days = new Int32Array(length);
  const [open, high, low] = [
    new Float64Array(length),
    new Float64Array(length),
    new Float64Array(length),
  ];
  const [close, adjustedClose] = [new Float64Array(length), new Float64Array(length)];
  const volume = new Float64Array(length);
  for (const [i, bar] of bars.entries()) {
    days[i] = epochDay(bar.day);
    open[i] = bar.open;
    high[i] = bar.high;
    low[i] = bar.low;
    close[i] = bar.close;
    adjustedClose[i] = bar.adjustedClose;
    volume[i] = bar.volume ?? Number.NaN;
  }
  return areSound({ days, open, high, low, close, adjustedClose, volume })
    ? { days, closes: close, adjusted: adjustedClose, setAside: [] }
    : undefined;
}

function checkedColumn(bars: readonly DailyBar[]): Column {
  const stated = bars.map(barToCheck);
  const { accepted, setAside } = checkBars(stated);
  return {
    days: Int32Array.from(accepted, ({ day }) => day),
    closes: Float64Array.from(accepted, ({ close }) => close),
    adjusted: Float64Array.from(accepted, ({ adjustedClose }) => adjustedClose),
    setAside,
    ...(setAside.length > 0 && { stated }),
  };
}

/** Of what was known on a day. */
function acceptedOn(stated: readonly BarToCheck[], day: CalendarDay): readonly BarToCheck[] {
  const last = epochDay(day);
  return checkBars(stated.filter((bar) => bar.day <= last)).accepted;
}

export class DailyCloses {
  private readonly past: Past;
  private readonly base: Currency;
  private readonly columns: ReadonlyMap<Isin, Column>;
  private readonly currencies: ReadonlyMap<Isin, Currency>;

  constructor(past: Past, base: Currency) {
    this.past = past;
    this.base = base;
    this.currencies = new Map(past.securities.map(({ isin, currency }) => [isin, currency]));
    this.columns = new Map([...past.bars].map(([isin, bars]) => [isin, columnOf(bars)]));
  }

  /** In base currency; undefined before the first close or rate. */
  worthOf(isin: Isin, day: CalendarDay): number | undefined {
    const column = this.columns.get(isin);
    const close = column?.closes[indexAt(column.days, epochDay(day))];
    const rate = this.rateOf(this.currencies.get(isin) ?? this.base, day);
    return close === undefined || rate === undefined ? undefined : close * rate;
  }

  /** The same by what was known on the day. */
  worthKnown(isin: Isin, day: CalendarDay): number | undefined {
    const stated = this.columns.get(isin)?.stated;
    if (!stated) return this.worthOf(isin, day);
    const close = acceptedOn(stated, day).at(-1)?.close;
    const rate = this.rateOf(this.currencies.get(isin) ?? this.base, day);
    return close === undefined || rate === undefined ? undefined : close * rate;
  }

  /** Up to a day. */
  setAsideOf(isin: Isin, last: CalendarDay): readonly SetAsideBar[] {
    return (this.columns.get(isin)?.setAside ?? []).filter(({ day }) => day <= last);
  }

  /**
   * Adjusted closes up to a day and with it, oldest first. Later dividends and splits scale all of them alike, so
   * that they do not show in returns.
   */
  upTo(isin: Isin, day: CalendarDay): Float64Array {
    const column = this.columns.get(isin);
    if (!column) return new Float64Array();
    if (column.stated)
      return Float64Array.from(
        acceptedOn(column.stated, day),
        ({ adjustedClose }) => adjustedClose,
      );
    return column.adjusted.subarray(0, indexAt(column.days, epochDay(day)) + 1);
  }

  dayBefore(isin: Isin, day: CalendarDay): CalendarDay | undefined {
    const days = this.columns.get(isin)?.days ?? new Int32Array();
    const last = days[indexAt(days, epochDay(day) - 1)];
    return last === undefined ? undefined : dayOfEpoch(last);
  }

  /** Undefined before the first rate. */
  rateOf(currency: Currency, day: CalendarDay): number | undefined {
    if (currency === this.base) return 1;
    const rates = this.past.rates.get(pairOf(currency, this.base)) ?? [];
    return rates[lastOn(rates, day)]?.rate;
  }
}

function indexAt(days: Int32Array, requested: number): number {
  let [low, high] = [0, days.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((days[middle] ?? 0) <= requested) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
