/**
 * Daily bars from Tradernet's public calls. Whether they are adjusted for splits is documented nowhere, and
 * it has no list of events; so its adjusted close is its close, and the check of prices looks for splits.
 */
import * as z from 'zod';
import { dayOf, parseDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { isCurrency } from '#shared/kernel/currency.ts';
import { notFound, type Failure } from '#shared/kernel/failure.ts';
import { brokenAnswer, parsedAnswer } from '#shared/clients/upstream-answer.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import type { LiveListing } from '../live/listed-securities.ts';
import type { PriceHistory, PriceSource } from '../live/live-market-data.ts';
import type { RecordedAnswer } from '../live/recorded-answers.ts';
import type { ThrottledFetch } from '../live/throttled-fetch.ts';
import type { DailyBar, ListedSecurity } from '../market-data.ts';

const FIRST_DAY = parseDay('1990-01-01');

const number = z
  .union([z.number(), z.string().transform((text) => Number(text.replace(',', '.')))])
  .pipe(z.number());
const hlocSchema = z.object({
  hloc: z.record(z.string(), z.array(z.array(number).min(4))).optional(),
  vl: z.record(z.string(), z.array(number)).optional(),
  xSeries: z.record(z.string(), z.array(number)).optional(),
  info: z.record(z.string(), z.object({ currency: z.string().nullish() })).optional(),
});
const refusalSchema = z.object({ errMsg: z.string().nullish(), error: z.unknown().optional() });
const foundSchema = z.object({
  found: z
    .array(z.object({ t: z.string(), isin: z.string().nullish(), x_curr: z.string().nullish() }))
    .nullish(),
});

export interface TradernetDataParts {
  readonly fetch: ThrottledFetch;
  readonly baseUrl: string;
  nowMs(): number;
}

export class TradernetPrices implements PriceSource {
  readonly name = 'tradernet';
  private readonly parts: TradernetDataParts;

  constructor(parts: TradernetDataParts) {
    this.parts = parts;
  }

  async ping(): Promise<void> {}

  async history(
    security: ListedSecurity,
    from: CalendarDay,
    { overrides }: LiveListing,
    signal: AbortSignal,
  ): Promise<PriceHistory> {
    const symbol =
      overrides.get(`tradernet ${security.isin}`) ?? (await this.symbolOf(security, signal));
    const start = this.parts.fetch.historyStart(from, FIRST_DAY);
    const params = {
      ...{ id: symbol, count: -1, timeframe: 1440, intervalMode: 'ClosedRay' },
      date_from: `${dateText(start)} 00:00`,
      date_to: `${dateText(dayOf(instantOf(this.parts.nowMs())))} 23:59`,
    };
    const name = `tradernet/${symbol}`;
    const body = await this.get(name, 'getHloc', params, hlocSchema, signal);
    const currency = body.info?.[symbol]?.currency ?? undefined;
    return {
      symbol,
      currency: currency !== undefined && isCurrency(currency) ? currency : undefined,
      bars: barsOf(body, symbol),
      events: [],
    };
  }

  private async symbolOf(security: ListedSecurity, signal: AbortSignal): Promise<string> {
    const { isin, currency, symbol } = security;
    const name = `tradernet/find-${isin}`;
    const body = await this.get(name, 'tickerFinder', { text: isin }, foundSchema, signal);
    const rows = (body.found ?? []).filter((row) => row.isin === isin);
    const own = rows.filter((row) => !row.x_curr || row.x_curr === currency);
    const named = own.find(({ t }) => t === symbol || t.startsWith(`${symbol}.`)) ?? own[0];
    if (!named) throw notFound('security', isin);
    return named.t;
  }

  private async get<T extends z.ZodType>(
    name: string,
    cmd: string,
    params: object,
    schema: T,
    signal: AbortSignal,
  ): Promise<z.output<T>> {
    const { baseUrl, fetch } = this.parts;
    const url = `${baseUrl}/api?q=${encodeURIComponent(JSON.stringify({ cmd, params }))}`;
    const read = ({ body }: RecordedAnswer) => unrefused(schema, body.toString());
    return fetch.get({ name, url }, read, signal);
  }
}

/** A refusal comes with the status 200 too. @throws Failure UPSTREAM_BROKEN */
function unrefused<T extends z.ZodType>(schema: T, text: string): z.output<T> {
  const { errMsg, error } = parsedAnswer('Tradernet', refusalSchema, text);
  if (errMsg || (typeof error === 'string' && error !== ''))
    throw broken(String(errMsg ?? error).slice(0, 200));
  return parsedAnswer('Tradernet', schema, text);
}

/** Each row is `[high, low, open, close]`; days are those of their UTC seconds. */
function barsOf({ hloc, vl, xSeries }: z.output<typeof hlocSchema>, symbol: string): DailyBar[] {
  const [rows, volumes, times] = [hloc?.[symbol], vl?.[symbol], xSeries?.[symbol]];
  if (!rows || rows.length === 0) return [];
  if (times?.length !== rows.length) throw broken('bars and days of different number');
  const bars = rows.map(([high = NaN, low = NaN, open = NaN, close = NaN], i): DailyBar => {
    const volume = volumes?.[i];
    return {
      day: dayOf(instantOf((times[i] ?? NaN) * 1000)),
      ...{ open, high, low, close, adjustedClose: close },
      ...(volume !== undefined && { volume }),
    };
  });
  return [...new Map(bars.map((bar) => [bar.day, bar])).values()].sort((a, b) =>
    a.day < b.day ? -1 : 1,
  );
}

function dateText(day: CalendarDay): string {
  return day.split('-').reverse().join('.');
}

function broken(detail: string): Failure {
  return brokenAnswer('Tradernet', detail);
}
