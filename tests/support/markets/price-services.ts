/**
 * Simulated services of prices, at the paths of the real ones: Yahoo's chart, the ECB's files, OpenFIGI's
 * mapping, Alpaca's bars, Tradernet's bars. They share no code with the adapters.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deflateRawSync } from 'node:zlib';

export interface ServedBar {
  readonly day: string;
  readonly open: number | null;
  readonly high: number | null;
  readonly low: number | null;
  readonly close: number | null;
  /** Null: left out, though others are answered. */
  readonly adjusted?: number | null;
  readonly volume?: number;
}

export interface ServedSeries {
  readonly isin: string;
  readonly currency: string | undefined;
  readonly zone: string;
  /** Seconds from midnight UTC of a day to its session's start. */
  readonly opensS: number;
  bars: ServedBar[];
  readonly dividends?: readonly { readonly day: string; readonly amount: number }[];
  readonly splits?: readonly { readonly day: string; readonly to: number; readonly from: number }[];
}

export type PriceFault =
  | 'none'
  | '429'
  | 'html'
  /** A refusal that repeats every header of the request. */
  | 'echo'
  | '500-once'
  | '500'
  | 'shape'
  | 'truncated'
  | 'empty'
  | 'not-a-number'
  | 'redirect';

export class PriceServices {
  readonly series = new Map<string, ServedSeries>();
  /** Tickers by ISIN, as OpenFIGI has them. */
  readonly tickers = new Map<string, string>();
  /** Units for one euro, newest first. */
  rates: { readonly day: string; readonly units: Readonly<Record<string, number>> }[] = [];
  fault: PriceFault = 'none';
  /** Of a 429, and of a 503 where `busyStatus` says so. */
  retryAfter: string | undefined;
  busyStatus = 429;
  /** How the archive of the rates is damaged. */
  archive: 'whole' | 'cut' | 'flipped' = 'whole';
  readonly calls: string[] = [];
  private readonly server = createServer((request, response) => void this.serve(request, response));

  async start(): Promise<string> {
    await new Promise<void>((done) => this.server.listen(0, '127.0.0.1', done));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? '/', 'http://mock');
    this.calls.push(url.pathname);
    if (this.fault === '429') {
      if (this.retryAfter !== undefined) response.setHeader('Retry-After', this.retryAfter);
      return send(response, this.busyStatus, 'Too Many Requests', 'text/plain');
    }
    if (this.fault === 'truncated') return send(response, 200, '{"chart":{"resu', 'text/plain');
    if (this.fault === 'empty') return send(response, 200, '', 'text/plain');
    if (this.fault === 'not-a-number')
      return send(response, 200, '{"bars":{"MSFT":[{"t":NaN}]},"hloc":NaN}', 'application/json');
    if (this.fault === 'redirect') {
      response.setHeader('Location', `http://127.0.0.1:9/${url.pathname}`);
      return send(response, 302, '', 'text/plain');
    }
    if (this.fault === '500') return send(response, 502, 'down', 'text/plain');
    if (this.fault === '500-once') {
      this.fault = 'none';
      return send(response, 502, 'down', 'text/plain');
    }
    if (this.fault === 'echo')
      return json(response, 403, { message: JSON.stringify(request.headers) });
    if (this.fault === 'html') return send(response, 200, '<html></html>', 'text/html');
    if (this.fault === 'shape') return json(response, 200, { chart: {}, bars: 7, hloc: 7 });
    const { pathname } = url;
    if (pathname.startsWith('/v8/finance/chart/')) return this.chart(url, response);
    if (pathname.startsWith('/stats/eurofxref/')) return this.ecb(pathname, response);
    if (pathname === '/v3/mapping') return this.mapping(Buffer.concat(chunks).toString(), response);
    if (pathname === '/v2/stocks/bars') return this.alpacaBars(url, request, response);
    if (pathname === '/v1/corporate-actions') return this.alpacaActions(url, response);
    if (pathname === '/api') return this.tradernet(url, response);
    json(response, 404, { message: 'not found' });
  }

  private chart(url: URL, response: ServerResponse): void {
    const symbol = decodeURIComponent(url.pathname.split('/').at(-1) ?? '');
    const series = this.series.get(symbol);
    if (!series) {
      const error = { code: 'Not Found', description: 'No data found, symbol may be delisted' };
      return json(response, 404, { chart: { result: null, error } });
    }
    const from = Number(url.searchParams.get('period1'));
    const at = (day: string) => Date.parse(`${day}T00:00:00Z`) / 1000 + series.opensS;
    const bars = series.bars.filter(({ day }) => at(day) >= from);
    const column = (name: 'open' | 'high' | 'low' | 'close') => bars.map((bar) => bar[name]);
    const [dividends, splits] = [series.dividends ?? [], series.splits ?? []];
    const result = {
      meta: {
        symbol,
        ...(series.currency !== undefined && { currency: series.currency }),
        ...{ exchangeTimezoneName: series.zone, gmtoffset: 0, instrumentType: 'EQUITY' },
      },
      timestamp: bars.map(({ day }) => at(day)),
      indicators: {
        quote: [
          {
            ...{ open: column('open'), high: column('high'), low: column('low') },
            ...{ close: column('close'), volume: bars.map(({ volume }) => volume ?? null) },
          },
        ],
        adjclose: [
          { adjclose: bars.map((bar) => (bar.adjusted === undefined ? bar.close : bar.adjusted)) },
        ],
      },
      events: {
        dividends: Object.fromEntries(
          dividends.map(({ day, amount }) => [at(day), { amount, date: at(day) }]),
        ),
        splits: Object.fromEntries(
          splits.map(({ day, to, from: old }) => [
            at(day),
            { date: at(day), numerator: to, denominator: old, splitRatio: `${to}:${old}` },
          ]),
        ),
      },
    };
    json(response, 200, { chart: { result: [result], error: null } });
  }

  private ecb(pathname: string, response: ServerResponse): void {
    if (pathname.endsWith('.zip')) {
      const currencies = [...new Set(this.rates.flatMap(({ units }) => Object.keys(units)))];
      const rows = this.rates.map(
        ({ day, units }) => `${day},${currencies.map((name) => units[name] ?? 'N/A').join(',')},`,
      );
      const csv = [`Date,${currencies.join(',')},`, ...rows].join('\n');
      const archive = zipOf('eurofxref-hist.csv', csv);
      return send(response, 200, damaged(archive, this.archive), 'application/zip');
    }
    const days = this.rates.map(({ day, units }) => {
      const cubes = Object.entries(units).map(
        ([currency, rate]) => `<Cube currency="${currency}" rate="${rate}"/>`,
      );
      return `<Cube time="${day}">${cubes.join('')}</Cube>`;
    });
    const xml =
      '<?xml version="1.0" encoding="UTF-8"?><gesmes:Envelope xmlns:gesmes="http://g" xmlns="http://e">' +
      `<gesmes:subject>Reference rates</gesmes:subject><Cube>${days.join('')}</Cube></gesmes:Envelope>`;
    send(response, 200, xml, 'text/xml');
  }

  private mapping(body: string, response: ServerResponse): void {
    const jobs = JSON.parse(body) as { idValue: string; exchCode: string }[];
    const answers = jobs.map(({ idValue, exchCode }) => {
      const ticker = this.tickers.get(idValue);
      return ticker === undefined
        ? { warning: 'No identifier found.' }
        : { data: [{ figi: 'BBG000', ticker, exchCode, name: 'X' }] };
    });
    json(response, 200, answers);
  }

  private alpacaBars(url: URL, request: IncomingMessage, response: ServerResponse): void {
    if (request.headers['apca-api-secret-key'] !== 'planted-secret-of-alpaca')
      return json(response, 403, { code: 40310000, message: 'forbidden' });
    const symbol = url.searchParams.get('symbols') ?? '';
    const isAdjusted = url.searchParams.get('adjustment') === 'all';
    const all = (this.series.get(symbol)?.bars ?? []).filter(
      ({ day, close, adjusted }) =>
        close !== null &&
        day >= (url.searchParams.get('start') ?? '') &&
        !(isAdjusted && adjusted === null),
    );
    // Two bars a page: only a missing token is the end.
    const first = Number(url.searchParams.get('page_token') ?? '0');
    const bars = all.slice(first, first + 2).map((bar) => ({
      ...{ t: `${bar.day}T04:00:00Z`, o: bar.open, h: bar.high, l: bar.low, v: bar.volume ?? 0 },
      c: isAdjusted ? (bar.adjusted ?? bar.close) : bar.close,
    }));
    const next = first + 2 < all.length ? String(first + 2) : null;
    json(response, 200, {
      ...{ bars: bars.length > 0 ? { [symbol]: bars } : {}, next_page_token: next },
      // Services repeat what they were called with.
      called: { with: request.headers['apca-api-secret-key'] },
    });
  }

  private alpacaActions(url: URL, response: ServerResponse): void {
    const series = this.series.get(url.searchParams.get('symbols') ?? '');
    const splits = (series?.splits ?? []).map(({ day, to, from }) => ({
      ...{ ex_date: day, new_rate: to, old_rate: from, symbol: 'X' },
    }));
    const dividends = (series?.dividends ?? []).map(({ day, amount }) => ({
      ...{ ex_date: day, rate: amount, special: false },
    }));
    json(response, 200, {
      corporate_actions: { forward_splits: splits, cash_dividends: dividends },
      next_page_token: null,
    });
  }

  private tradernet(url: URL, response: ServerResponse): void {
    const { cmd, params } = JSON.parse(url.searchParams.get('q') ?? '{}') as {
      cmd: string;
      params: { text?: string; id?: string };
    };
    if (cmd === 'tickerFinder') {
      const found = [...this.series].filter(([, { isin }]) => isin === params.text);
      return json(response, 200, {
        found: found.map(([t, { isin, currency }]) => ({ t: `${t}.US`, isin, x_curr: currency })),
      });
    }
    const id = params.id ?? '';
    const series = this.series.get(id.replace(/\.US$/, ''));
    const bars = (series?.bars ?? []).filter(({ close }) => close !== null);
    json(response, 200, {
      hloc: { [id]: bars.map(({ high, low, open, close }) => [high, low, open, String(close)]) },
      vl: { [id]: bars.map(({ volume }) => volume ?? 0) },
      xSeries: { [id]: bars.map(({ day }) => Date.parse(`${day}T00:00:00Z`) / 1000) },
      info: { [id]: { id, currency: series?.currency } },
    });
  }
}

/** The directory at its end stays, so that the damage shows in what it points at. */
function damaged(archive: Buffer, how: PriceServices['archive']): Buffer {
  if (how === 'cut') return archive.subarray(40);
  if (how === 'flipped')
    return Buffer.from(archive.map((byte, i) => (i > 48 && i < 70 ? byte ^ 255 : byte)));
  return archive;
}

/** An archive with one deflated file; sums of the content are left 0. */
function zipOf(name: string, text: string): Buffer {
  const content = deflateRawSync(Buffer.from(text));
  const [local, central, end] = [Buffer.alloc(30), Buffer.alloc(46), Buffer.alloc(22)];
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(8, 8);
  local.writeUInt32LE(content.length, 18);
  local.writeUInt16LE(name.length, 26);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt16LE(8, 10);
  central.writeUInt32LE(content.length, 20);
  central.writeUInt16LE(name.length, 28);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(local.length + name.length + content.length, 16);
  return Buffer.concat([local, Buffer.from(name), content, central, Buffer.from(name), end]);
}

function json(response: ServerResponse, status: number, body: unknown): void {
  send(response, status, JSON.stringify(body), 'application/json');
}

function send(response: ServerResponse, status: number, body: string | Buffer, type: string): void {
  response.writeHead(status, { 'Content-Type': type });
  response.end(body);
}
