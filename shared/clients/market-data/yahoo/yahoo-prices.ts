/** Daily bars, dividends and splits from Yahoo's chart call, which needs no key. */
import * as z from 'zod';
import { epochDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { notFound, type Failure } from '#shared/kernel/failure.ts';
import { brokenAnswer, parsedAnswer } from '#shared/clients/upstream-answer.ts';
import { DAY_MS, instantOf } from '#shared/kernel/instant.ts';
import { localDay } from '#shared/quant/calendars/zone-time.ts';
import { inCurrency, parseQuoteUnit, type QuoteUnit } from '../csv/format/quote-unit.ts';
import { yahooSymbolOf } from '../live/exchange-codes.ts';
import type { LiveListing } from '../live/listed-securities.ts';
import type { PriceHistory, PriceSource } from '../live/live-market-data.ts';
import type { OpenFigi } from '../live/open-figi.ts';
import type { RecordedAnswer } from '../live/recorded-answers.ts';
import type { ThrottledFetch } from '../live/throttled-fetch.ts';
import type { DailyBar, ListedSecurity, MarketEvent } from '../market-data.ts';

const cells = z.array(z.number().nullable()).optional();
const resultSchema = z.object({
  meta: z.object({
    symbol: z.string(),
    currency: z.string().nullish(),
    exchangeTimezoneName: z.string(),
  }),
  timestamp: z.array(z.number()).optional(),
  indicators: z.object({
    quote: z.array(z.object({ open: cells, high: cells, low: cells, close: cells, volume: cells })),
    adjclose: z.array(z.object({ adjclose: cells })).optional(),
  }),
  events: z
    .object({
      dividends: z
        .record(z.string(), z.object({ amount: z.number(), date: z.number() }))
        .optional(),
      splits: z
        .record(
          z.string(),
          z.object({ date: z.number(), numerator: z.number(), denominator: z.number() }),
        )
        .optional(),
    })
    .optional(),
});
type ChartResult = z.output<typeof resultSchema>;
const chartSchema = z.object({
  chart: z.object({
    result: z.array(resultSchema).nullish(),
    error: z.object({ code: z.string(), description: z.string() }).nullish(),
  }),
});

export interface YahooParts {
  readonly fetch: ThrottledFetch;
  readonly figi: OpenFigi;
  readonly baseUrl: string;
  nowMs(): number;
}

export class YahooPrices implements PriceSource {
  readonly name = 'yahoo';
  private readonly parts: YahooParts;

  constructor(parts: YahooParts) {
    this.parts = parts;
  }

  /**
   * No call is made: calls are rationed there, and an unreachable source shows in the next sync.
   */
  async ping(): Promise<void> {}

  async history(
    security: ListedSecurity,
    from: CalendarDay,
    listing: LiveListing,
    signal: AbortSignal,
  ): Promise<PriceHistory> {
    const symbol = await this.symbolOf(security, listing, signal);
    const { fetch } = this.parts;
    const name = `yahoo/${symbol}`;
    const url = this.urlOf(symbol, fetch.isRecorded ? undefined : from);
    const read = ({ status, body }: RecordedAnswer) =>
      historyOf(resultOf(status, body.toString(), security));
    return fetch.get({ name, url }, read, signal);
  }

  private async symbolOf(
    security: ListedSecurity,
    { overrides, securities }: LiveListing,
    signal: AbortSignal,
  ): Promise<string> {
    const set = overrides.get(`yahoo ${security.isin}`);
    if (set !== undefined) return set;
    const ticker = await this.parts.figi.ticker(security, securities, signal);
    return yahooSymbolOf(ticker, security.exchange) ?? ticker;
  }

  /** The end is that of the hour, so that what was just asked is remembered. */
  private urlOf(symbol: string, from: CalendarDay | undefined): string {
    const start = from === undefined ? 0 : Math.max(0, epochDay(from)) * (DAY_MS / 1000);
    const end = Math.ceil(this.parts.nowMs() / 3_600_000) * 3_600;
    const query = `period1=${start}&period2=${end}&interval=1d&events=div%7Csplit&includePrePost=false`;
    return `${this.parts.baseUrl}/v8/finance/chart/${encodeURIComponent(symbol)}?${query}`;
  }
}

function resultOf(status: number, text: string, { isin }: ListedSecurity): ChartResult {
  const { result, error } = parsedAnswer('Yahoo', chartSchema, text).chart;
  const [first] = result ?? [];
  if (first && status === 200) return first;
  if (status === 404) throw notFound('security', isin);
  throw broken(error?.description.slice(0, 200) ?? 'no result');
}

function historyOf(result: ChartResult): PriceHistory {
  const { meta, events } = result;
  if (!meta.currency) throw broken(`no currency of ${meta.symbol}`);
  const unit = parseQuoteUnit(meta.currency);
  const dayAt = (seconds: number) => localDay(meta.exchangeTimezoneName, instantOf(seconds * 1000));
  const bars = new Map(barsOf(result, unit, dayAt).map((bar) => [bar.day, bar]));
  return {
    symbol: meta.symbol,
    currency: unit.currency,
    bars: [...bars.values()].sort(byDay),
    events: [...dividendsOf(events, unit, dayAt), ...splitsOf(events, dayAt)].sort(byDay),
  };
}

type DayAt = (seconds: number) => CalendarDay;

/** A row without a close, or without any of its prices, is no bar. */
function barsOf(result: ChartResult, unit: QuoteUnit, dayAt: DayAt): DailyBar[] {
  const [quote] = result.indicators.quote;
  const adjusted = adjustedCloses(result);
  return (result.timestamp ?? []).flatMap((seconds, i) => {
    const [open, high, low, close] = [quote?.open, quote?.high, quote?.low, quote?.close].map(
      (column) => column?.[i],
    );
    if (!isPrice(open) || !isPrice(high) || !isPrice(low) || !isPrice(close)) return [];
    const price = (value: number) => inCurrency(value, unit);
    const volume = quote?.volume?.[i];
    return [
      {
        day: dayAt(seconds),
        ...{ open: price(open), high: price(high), low: price(low), close: price(close) },
        adjustedClose: price(adjusted ? (adjusted[i] ?? NaN) : close),
        ...(typeof volume === 'number' && { volume }),
      },
    ];
  });
}

/**
 * Undefined where the answer has none at all; then closes stand for them. One that is missing among others does not
 * become the close, since adjusted and unadjusted prices would be mixed.
 */
function adjustedCloses({ indicators }: ChartResult): readonly (number | null)[] | undefined {
  const column = indicators.adjclose?.[0]?.adjclose;
  return column?.some(isPrice) ? column : undefined;
}

function isPrice(value: number | null | undefined): value is number {
  return typeof value === 'number';
}

function dividendsOf(events: ChartResult['events'], unit: QuoteUnit, dayAt: DayAt): MarketEvent[] {
  return Object.values(events?.dividends ?? {}).map(({ amount, date }) => ({
    kind: 'dividend',
    day: dayAt(date),
    amount: inCurrency(amount, unit),
  }));
}

function splitsOf(events: ChartResult['events'], dayAt: DayAt): MarketEvent[] {
  return Object.values(events?.splits ?? {}).map(({ date, numerator, denominator }) => ({
    kind: 'split',
    day: dayAt(date),
    newShares: numerator,
    oldShares: denominator,
  }));
}

function byDay(a: { readonly day: CalendarDay }, b: { readonly day: CalendarDay }): number {
  return a.day < b.day ? -1 : a.day > b.day ? 1 : 0;
}

function broken(detail: string): Failure {
  return brokenAnswer('Yahoo', detail);
}
