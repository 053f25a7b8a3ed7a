/** Market views made by hand: closes a day, fundamentals, currencies. */
import {
  addDays,
  epochDay,
  isWeekend,
  startOf,
  type CalendarDay,
} from '#shared/kernel/calendar-day.ts';
import { parseCurrency, type Currency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { unitRate, type ExchangeRate } from '#shared/kernel/exchange-rate.ts';
import { isinCheckDigit, type Isin } from '#shared/kernel/isin.ts';
import { Price } from '#shared/kernel/price.ts';
import type { MarketView } from '#shared/universe/model/market-view.ts';
import type { PriceSeries, RateSeries } from '#shared/universe/model/price-series.ts';
import type { Fundamentals, Security } from '#shared/universe/model/security.ts';

export const EUR = parseCurrency('EUR');
export const USD = parseCurrency('USD');
export const VIEW_DAY = '2024-06-28' as CalendarDay;

export interface SketchedSecurity {
  /** Closes by day, oldest first; without them a steady year of 100. */
  readonly closes?: readonly (readonly [CalendarDay, number])[];
  readonly fundamentals?: Partial<Fundamentals>;
  readonly currency?: Currency;
  readonly sector?: string;
  readonly country?: string;
}

export function isinOf(index: number): Isin {
  const body = `DE${String(index).padStart(9, '0')}`;
  return `${body}${isinCheckDigit(body)}` as Isin;
}

/** The last weekdays up to VIEW_DAY, oldest first. */
export function weekdays(count: number): CalendarDay[] {
  const days: CalendarDay[] = [];
  for (let day = VIEW_DAY; days.length < count; day = addDays(day, -1))
    if (!isWeekend(day)) days.unshift(day);
  return days;
}

/** Closes on the last weekdays up to VIEW_DAY. */
export function closesOf(values: readonly number[]): [CalendarDay, number][] {
  const days = weekdays(values.length);
  return values.map((value, i) => [days[i] ?? VIEW_DAY, value]);
}

export function sketchView(
  sketches: readonly SketchedSecurity[],
  rates: ReadonlyMap<Currency, RateSeries> = new Map(),
): MarketView {
  const securities = sketches.map(securityOf);
  const latest = [...rates].map(([from, { rates: values }]): [Currency, ExchangeRate] => {
    const rate = Decimal.ofNumber(values.at(-1) ?? 0);
    return [from, { from, to: EUR, rate, day: VIEW_DAY }];
  });
  return {
    asOf: VIEW_DAY,
    base: EUR,
    securities,
    unpriced: [],
    series: new Map(sketches.map((sketch, i) => [isinOf(i), seriesOf(isinOf(i), sketch)])),
    quotes: new Map(
      sketches.map((sketch, i) => {
        const close = closes(sketch).at(-1)?.[1] ?? 100;
        const price = Price.fromEstimate(close, sketch.currency ?? EUR);
        return [isinOf(i), { isin: isinOf(i), price, day: VIEW_DAY }];
      }),
    ),
    rates: new Map([[EUR, unitRate(EUR, VIEW_DAY)], ...latest]),
    rateSeries: rates,
  };
}

export function rateSeriesOf(closesByDay: readonly (readonly [CalendarDay, number])[]): RateSeries {
  return {
    days: Int32Array.from(closesByDay, ([day]) => epochDay(day)),
    rates: Float64Array.from(closesByDay, ([, rate]) => rate),
  };
}

function securityOf(sketch: SketchedSecurity, index: number): Security {
  const at = startOf(VIEW_DAY);
  return {
    isin: isinOf(index),
    symbol: `S${index}`,
    name: `Security ${index}`,
    exchange: 'XETR',
    currency: sketch.currency ?? EUR,
    country: sketch.country,
    sector: sketch.sector,
    securityType: 'EQUITY',
    lot: Decimal.one,
    addedAt: at,
    fundamentals: sketch.fundamentals && { asOf: VIEW_DAY, fetchedAt: at, ...sketch.fundamentals },
  };
}

function closes(sketch: SketchedSecurity): readonly (readonly [CalendarDay, number])[] {
  return sketch.closes ?? closesOf(new Array<number>(262).fill(100));
}

function seriesOf(isin: Isin, sketch: SketchedSecurity): PriceSeries {
  const bars = closes(sketch);
  const column = Float64Array.from(bars, ([, close]) => close);
  return {
    isin,
    days: Int32Array.from(bars, ([day]) => epochDay(day)),
    open: column,
    high: column,
    low: column,
    close: column,
    adjustedClose: column,
    volume: new Float64Array(bars.length).fill(NaN),
  };
}
