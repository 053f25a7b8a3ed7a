/** Daily bars, dividends and splits from Alpaca's market data: US listings, with the keys of the broker. */
import * as z from 'zod';
import { parseDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import type { Failure } from '#shared/kernel/failure.ts';
import { brokenAnswer, parsedAnswer } from '#shared/clients/upstream-answer.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { localDay } from '#shared/quant/calendars/zone-time.ts';
import type { LiveListing } from '../live/listed-securities.ts';
import type { PriceHistory, PriceSource } from '../live/live-market-data.ts';
import type { RecordedAnswer } from '../live/recorded-answers.ts';
import type { ThrottledFetch } from '../live/throttled-fetch.ts';
import type { DailyBar, ListedSecurity, MarketEvent } from '../market-data.ts';

const USD = parseCurrency('USD');
/** Its history begins here. */
const FIRST_DAY = parseDay('2016-01-01');
const PAGE_BARS = 10_000;
const PAGES_MAX = 100;

const barSchema = z.object({
  t: z.string(),
  ...{ o: z.number(), h: z.number(), l: z.number(), c: z.number(), v: z.number() },
});
type Bar = z.output<typeof barSchema>;
const barsSchema = z.object({
  bars: z.record(z.string(), z.array(barSchema)).nullish(),
  next_page_token: z.string().nullish(),
});
const splitSchema = z.object({ ex_date: z.string(), new_rate: z.number(), old_rate: z.number() });
const actionsSchema = z.object({
  corporate_actions: z.object({
    forward_splits: z.array(splitSchema).optional(),
    reverse_splits: z.array(splitSchema).optional(),
    cash_dividends: z.array(z.object({ ex_date: z.string(), rate: z.number() })).optional(),
  }),
  next_page_token: z.string().nullish(),
});

export interface AlpacaDataParts {
  readonly fetch: ThrottledFetch;
  readonly baseUrl: string;
  /** `iex`, or `sip` where the account subscribes to it. */
  readonly feed: string;
  keyId(): string;
  secretKey(): string;
}

export class AlpacaPrices implements PriceSource {
  readonly name = 'alpaca';
  private readonly parts: AlpacaDataParts;

  constructor(parts: AlpacaDataParts) {
    this.parts = parts;
  }

  async ping(): Promise<void> {
    void [this.parts.keyId(), this.parts.secretKey()];
  }

  async history(
    security: ListedSecurity,
    from: CalendarDay,
    { overrides }: LiveListing,
    signal: AbortSignal,
  ): Promise<PriceHistory> {
    const symbol = overrides.get(`alpaca ${security.isin}`) ?? security.symbol;
    const start = this.parts.fetch.historyStart(from, FIRST_DAY);
    const raw = await this.bars(symbol, 'raw', start, signal);
    const adjusted = await this.bars(symbol, 'all', start, signal);
    const events = await this.events(symbol, start, signal);
    const adjustedByTime = new Map(adjusted.map((bar) => [bar.t, bar.c]));
    const bars = raw.map((bar) => barOf(bar, adjustedByTime.get(bar.t)));
    return { symbol, currency: USD, bars, events };
  }

  /** All pages of one symbol. Closes are raw, adjusted closes those of `adjustment=all`. */
  private async bars(
    symbol: string,
    adjustment: 'raw' | 'all',
    start: CalendarDay,
    signal: AbortSignal,
  ): Promise<readonly Bar[]> {
    const bars: Bar[] = [];
    const params = { symbols: symbol, timeframe: '1Day', start, adjustment, feed: this.parts.feed };
    for (let token = '', page = 1; page <= PAGES_MAX; page += 1) {
      const query = { ...params, limit: String(PAGE_BARS), ...(token && { page_token: token }) };
      const name = `alpaca/${symbol}-${adjustment}-${page}`;
      const answer = await this.get(name, '/v2/stocks/bars', query, barsSchema, signal);
      bars.push(...(answer.bars?.[symbol] ?? []));
      token = answer.next_page_token ?? '';
      if (token === '') return bars;
    }
    throw broken('more pages than a history can have');
  }

  private async events(symbol: string, start: CalendarDay, signal: AbortSignal) {
    const events: MarketEvent[] = [];
    const types = 'forward_split,reverse_split,cash_dividend';
    for (let token = '', page = 1; page <= PAGES_MAX; page += 1) {
      const query = {
        symbols: symbol,
        types,
        start,
        limit: '1000',
        ...(token && { page_token: token }),
      };
      const name = `alpaca/${symbol}-actions-${page}`;
      const body = await this.get(name, '/v1/corporate-actions', query, actionsSchema, signal);
      events.push(...eventsOf(body.corporate_actions));
      token = body.next_page_token ?? '';
      if (token === '') return events.sort((a, b) => (a.day < b.day ? -1 : 1));
    }
    throw broken('more pages than a history can have');
  }

  private async get<T extends z.ZodType>(
    name: string,
    path: string,
    query: Readonly<Record<string, string>>,
    schema: T,
    signal: AbortSignal,
  ): Promise<z.output<T>> {
    const { baseUrl, fetch } = this.parts;
    const url = `${baseUrl}${path}?${new URLSearchParams(query).toString()}`;
    const read = ({ status, body }: RecordedAnswer): z.output<T> => {
      if (status !== 200) throw broken(`${status} for ${path}`);
      return parsedAnswer('Alpaca', schema, body.toString());
    };
    return fetch.get({ name, url, headers: this.headers() }, read, signal);
  }

  /** A replay needs no keys. */
  private headers(): Record<string, string> {
    if (this.parts.fetch.replays) return {};
    return {
      'APCA-API-KEY-ID': this.parts.keyId(),
      'APCA-API-SECRET-KEY': this.parts.secretKey(),
    };
  }
}

function eventsOf({
  forward_splits: forward = [],
  reverse_splits: reverse = [],
  cash_dividends: dividends = [],
}: z.output<typeof actionsSchema>['corporate_actions']): MarketEvent[] {
  return [
    ...[...forward, ...reverse].map((row): MarketEvent => ({
      ...{ kind: 'split', day: parseDay(row.ex_date) },
      ...{ newShares: row.new_rate, oldShares: row.old_rate },
    })),
    ...dividends.map((row): MarketEvent => ({
      kind: 'dividend',
      day: parseDay(row.ex_date),
      amount: row.rate,
    })),
  ];
}

/** A daily bar's time is midnight in New York. One without an adjusted close is set aside by the check. */
function barOf({ t, o, h, l, c, v }: Bar, adjusted = NaN): DailyBar {
  const ms = Date.parse(t);
  if (!Number.isFinite(ms)) throw broken(`the time "${t.slice(0, 30)}"`);
  const day = localDay('America/New_York', instantOf(ms));
  return { day, open: o, high: h, low: l, close: c, volume: v, adjustedClose: adjusted };
}

function broken(detail: string): Failure {
  return brokenAnswer('Alpaca', detail);
}
