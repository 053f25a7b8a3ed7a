import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { barToCheck, checkedBars } from '#shared/clients/market-data/checked-bars.ts';
import type { MarketData } from '#shared/clients/market-data/market-data.ts';
import { checkBars } from '#shared/kernel/bars/bar-check.ts';
import { parseDay } from '#shared/kernel/calendar-day.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { parseIsin } from '#shared/kernel/isin.ts';
import {
  IBM,
  LIST,
  liveFixture,
  MSFT,
  NEW_YORK,
  servedBar as bar,
  type LiveFixture,
} from '../../support/markets/live-fixture.ts';

import type { ServedSeries } from '../../support/markets/price-services.ts';

const VOD = parseIsin('GB00BH4HKS39');
const BEGINNING = parseDay('1900-01-01');
const signal = new AbortController().signal;
const WITH_VODAFONE = `${LIST}${VOD},VOD,Vodafone,GBp,XLON,\n`;

let on: LiveFixture;
beforeEach(async () => {
  on = await liveFixture();
});
afterEach(() => on.close());

const open = (source: string, env?: Record<string, string>) => on.open(source, env);
const bars = (source: MarketData, isin = MSFT) => source.bars(isin, BEGINNING, signal);
const failureOf = async (call: Promise<unknown>) =>
  Failure.from(
    await call.then(
      () => undefined,
      (thrown: unknown) => thrown,
    ),
  );

describe.each(['yahoo', 'alpaca', 'tradernet'])('%s as market data', (source) => {
  it('answers no bar of a session that goes on', async () => {
    const days = (await bars(await open(source))).map(({ day }) => day);
    expect(days).toEqual(['2024-07-12', '2024-07-15', '2024-07-16']);
    on.nowMs = Date.parse('2024-07-17T20:31:00Z');
    expect((await bars(await open(source))).at(-1)?.day).toBe('2024-07-17');
  });

  it('names the source of its bars', async () => {
    const market = await open(source);
    await bars(market);
    expect(market.sourceOf?.(MSFT)).toBe(`${source} MSFT${source === 'tradernet' ? '.US' : ''}`);
    expect(market.ratesSource).toBe('ecb');
    expect(market.simulated).toBe(false);
  });

  it.each(['html', 'shape', 'truncated', 'empty', 'not-a-number'] as const)(
    'does not take %s for prices, and neither remembers nor records it',
    async (fault) => {
      const folder = join(on.folder, 'rec');
      const market = await open(source, {
        SECURITIES_FILE: join(on.folder, 'securities.csv'),
        MARKET_DATA_RECORD: folder,
      });
      await writeFile(join(on.folder, 'symbols.csv'), overrides(source));
      on.services.fault = fault;
      expect((await failureOf(bars(market))).code).toBe('UPSTREAM_BROKEN');
      on.services.fault = 'none';
      expect(await bars(market)).not.toEqual([]);
      const replayed = await open(source, { MARKET_DATA_REPLAY: folder });
      expect(await bars(replayed)).toEqual(await bars(market));
    },
  );

  it('follows no redirect', async () => {
    const market = await open(source);
    await writeFile(join(on.folder, 'symbols.csv'), overrides(source));
    on.services.fault = 'redirect';
    expect((await failureOf(bars(market))).code).toBe('UNAVAILABLE');
  });

  it('answers no bar of a day to come', async () => {
    const series = on.services.series.get('MSFT');
    series?.bars.push(bar('2024-07-19', 500));
    const days = (await bars(await open(source))).map(({ day }) => day);
    expect(days.at(-1)).toBe('2024-07-16');
  });

  it.each([
    ['a negative close', { close: -102, low: -103 }, /close -102 is not positive|low -103 is not/],
    ['a close of nothing', { close: 0, low: 0 }, /(close|low) 0 is not positive/],
    ['a negative adjusted close', { adjusted: -5 }, /adjusted close -5 is not positive/],
    ['a high below the close', { high: 1 }, /high 1 lies below/],
    ['a negative volume', { volume: -7 }, /volume -7 is not a number of shares/],
  ])('has %s set aside with the reason, and none of its other bars', async (_, change, why) => {
    if ('adjusted' in change && source === 'tradernet') return;
    const series = on.services.series.get('MSFT');
    const days = ['2024-07-08', '2024-07-09', '2024-07-10', '2024-07-11'];
    const before = days.map((day, i) => ({ ...bar(day, 96 + i), adjusted: 95 + i }));
    if (series)
      series.bars = [...before, ...series.bars].map((one) =>
        one.day === '2024-07-15' ? { ...one, ...change } : one,
      );
    const market = await open(source);
    const all = await bars(market);
    const { setAside } = checkBars(all.map(barToCheck));
    expect(setAside.map(({ reason }) => reason)).toEqual([expect.stringMatching(why)]);
    const span = { from: BEGINNING, to: parseDay('2024-07-17') };
    const believed = await checkedBars(market, MSFT, span, signal);
    expect(believed.map(({ day }) => day)).toEqual(
      all.map(({ day }) => day).filter((day) => day !== '2024-07-15'),
    );
  });

  it('does not mix adjusted and unadjusted closes where one is missing', async () => {
    if (source === 'tradernet') return;
    const series = on.services.series.get('MSFT');
    if (series)
      series.bars = series.bars.map((one) =>
        one.day === '2024-07-15' ? { ...one, adjusted: null } : one,
      );
    const { setAside } = checkBars((await bars(await open(source))).map(barToCheck));
    expect(setAside).toEqual([{ day: '2024-07-15', reason: 'has no adjusted close' }]);
  });

  it('that changes the currency of a security is refused for it alone, until the list says so too', async () => {
    const market = await open(source, { SECURITIES_FILE: join(on.folder, 'securities.csv') });
    await writeFile(join(on.folder, 'symbols.csv'), overrides(source));
    expect(await bars(market)).toHaveLength(3);
    const series = on.services.series.get('MSFT');
    if (series) on.services.series.set('MSFT', { ...series, currency: 'EUR' });
    on.pass(16 * 60_000);
    // Alpaca's prices have no currency: they are in USD by definition.
    if (source === 'alpaca') return void expect(await bars(market)).toHaveLength(3);
    const failure = await failureOf(bars(market));
    expect(failure.facts).toMatchObject({
      ...{ rule: 'price-currency', expected: 'USD', found: 'EUR' },
    });
    expect(await bars(market, IBM)).toHaveLength(3);
    await writeFile(
      join(on.folder, 'securities.csv'),
      LIST.replace('Microsoft,USD', 'Microsoft,EUR'),
    );
    expect(await bars(await open(source))).toHaveLength(3);
  });

  it.each([
    ['120', 429, 120_000],
    ['5', 429, 60_000],
    ['999999999', 429, 86_400_000],
    ['soon', 429, 3_600_000],
    ['date', 429, 600_000],
    ['120', 503, 120_000],
  ])('pauses as long as it is asked to: %s with %d', async (retryAfter, status, pauseMs) => {
    const market = await open(source);
    await writeFile(join(on.folder, 'symbols.csv'), overrides(source));
    on.services.fault = '429';
    on.services.busyStatus = status;
    on.services.retryAfter =
      retryAfter === 'date' ? new Date(on.nowMs + 600_000).toUTCString() : retryAfter;
    expect((await failureOf(bars(market))).code).toBe('TOO_BUSY');
    const failure = await failureOf(bars(market));
    expect(Math.abs((failure.facts['retryAfterMs'] as number) - pauseMs)).toBeLessThan(1_001);
  });

  it('pauses calls to a service that asks for fewer', async () => {
    const market = await open(source);
    await writeFile(join(on.folder, 'symbols.csv'), overrides(source));
    on.services.fault = '429';
    expect((await failureOf(bars(market))).code).toBe('TOO_BUSY');
    on.services.fault = 'none';
    const before = on.services.calls.length;
    const failure = await failureOf(bars(market));
    expect(failure.facts['retryAfterMs']).toBe(3_600_000);
    expect(on.services.calls.length).toBe(before);
    on.pass(3_600_001);
    expect(await bars(market)).not.toEqual([]);
  });

  it('pauses calls no longer, and believes an answer no longer, after the clock was set back', async () => {
    const market = await open(source);
    await writeFile(join(on.folder, 'symbols.csv'), overrides(source));
    on.services.fault = '429';
    expect((await failureOf(bars(market))).code).toBe('TOO_BUSY');
    on.services.fault = 'none';
    on.pass(3_600_001);
    on.nowMs -= 2 * 3_600_000;
    expect(await bars(market)).not.toEqual([]);
    const before = on.services.calls.length;
    on.pass(16 * 60_000);
    on.nowMs -= 3_600_000;
    await bars(market);
    expect(on.services.calls.length).toBeGreaterThan(before);
  });

  it('remembers what was just answered', async () => {
    const market = await open(source);
    const first = await bars(market);
    const before = on.services.calls.length;
    expect(await bars(market)).toEqual(first);
    expect(on.services.calls.length).toBe(before);
  });

  it('answers from what was recorded, without a network, at the day it was recorded', async () => {
    const recorded = await open(source, { MARKET_DATA_RECORD: join(on.folder, 'rec') });
    const seen = await bars(recorded);
    const rates = await recorded.rates(
      parseCurrency('USD'),
      parseCurrency('EUR'),
      BEGINNING,
      signal,
    );
    on.services.fault = '500';
    on.nowMs = Date.parse('2025-01-01T00:00:00Z');
    const replayed = await open(source, { MARKET_DATA_REPLAY: join(on.folder, 'rec') });
    expect(await bars(replayed)).toEqual(seen);
    expect(
      await replayed.rates(parseCurrency('USD'), parseCurrency('EUR'), BEGINNING, signal),
    ).toEqual(rates);
    expect(replayed.today(instantOf(on.nowMs))).toBe('2024-07-17');
    expect((await failureOf(bars(replayed, IBM))).facts['rule']).toBe('not-recorded');
  });
});

function overrides(source: string): string {
  return `isin,source,symbol\n${MSFT},${source},MSFT\n`;
}

describe('Yahoo', () => {
  it('answers pence in pounds, dividends too', async () => {
    await writeFile(join(on.folder, 'securities.csv'), WITH_VODAFONE);
    on.services.tickers.set(VOD, 'VOD');
    on.services.series.set('VOD.L', {
      ...{ isin: VOD, currency: 'GBp', zone: 'Europe/London', opensS: 7 * 3600 },
      bars: [bar('2024-07-16', 70)],
      dividends: [{ day: '2024-07-16', amount: 4.5 }],
    });
    const market = await open('yahoo');
    expect(await bars(market, VOD)).toMatchObject([{ close: 0.7, high: 0.71 }]);
    expect(await market.events?.(VOD, BEGINNING, signal)).toEqual([
      { kind: 'dividend', day: '2024-07-16', amount: 0.045 },
    ]);
  });

  it('answers dividends and splits on their days', async () => {
    const market = await open('yahoo');
    expect(await market.events?.(MSFT, BEGINNING, signal)).toEqual([
      { kind: 'dividend', day: '2024-07-15', amount: 0.75 },
      { kind: 'split', day: '2024-07-16', newShares: 3, oldShares: 2 },
    ]);
    expect((await bars(market)).map((one) => one.adjustedClose)).toEqual([99, 100, 101]);
  });

  it.each([
    ['a time that is no date', (series: ServedSeries) => ({ ...series, opensS: 1e18 })],
    ['a zone that is none', (series: ServedSeries) => ({ ...series, zone: 'Nowhere/Zone' })],
    ['a currency that is none', (series: ServedSeries) => ({ ...series, currency: '??' })],
  ])('answers %s: the source is at fault, for this security alone', async (_what, change) => {
    const series = on.services.series.get('MSFT');
    if (series) on.services.series.set('MSFT', change(series));
    const market = await open('yahoo');
    expect((await failureOf(bars(market))).code).toBe('UPSTREAM_BROKEN');
    expect(await bars(market, IBM)).not.toEqual([]);
  });

  it('skips a bar with an empty cell', async () => {
    const series = on.services.series.get('IBM');
    series?.bars.splice(1, 1, { ...bar('2024-07-15', 101), close: null });
    const days = (await bars(await open('yahoo'), IBM)).map(({ day }) => day);
    expect(days).toEqual(['2024-07-12', '2024-07-16']);
  });

  it('refuses prices without a currency, and in another one than the list says', async () => {
    on.services.series.set('IBM', { isin: IBM, currency: undefined, ...NEW_YORK, bars: [] });
    on.services.series.set('MSFT', { isin: MSFT, currency: 'EUR', ...NEW_YORK, bars: [] });
    const market = await open('yahoo');
    expect((await failureOf(bars(market, IBM))).code).toBe('UPSTREAM_BROKEN');
    expect((await failureOf(bars(market))).facts['rule']).toBe('price-currency');
  });

  it('asks again after an error, and names a symbol that is not there', async () => {
    on.services.fault = '500-once';
    expect(await bars(await open('yahoo'))).toHaveLength(3);
    on.services.series.delete('MSFT');
    expect((await failureOf(bars(await open('yahoo')))).code).toBe('NOT_FOUND');
  });
});

describe('keys of a source', () => {
  it('are in nothing that is recorded, though the service repeats them', async () => {
    const folder = join(on.folder, 'rec');
    await bars(await open('alpaca', { MARKET_DATA_RECORD: folder }));
    const names = (await readdir(folder, { recursive: true })).filter((name) => /\w-\w/.test(name));
    const bodies = await Promise.all(
      names.map(async (name) => {
        const text = await readFile(join(folder, name), 'utf8');
        return Buffer.from((JSON.parse(text) as { body: string }).body, 'base64').toString();
      }),
    );
    expect(bodies.join()).toContain('"with":"[secret]"');
    expect(bodies.join()).not.toContain('planted');
  });
});

describe('the symbols of a source', () => {
  const askedFor = () => on.services.calls.filter((path) => path === '/v3/mapping').length;

  it('are asked for together, and kept over a restart', async () => {
    await bars(await open('yahoo'));
    await bars(await open('yahoo'), IBM);
    expect(askedFor()).toBe(1);
  });

  it('may be set in a file', async () => {
    await writeFile(join(on.folder, 'symbols.csv'), `isin,source,symbol\n${MSFT},yahoo,IBM\n`);
    expect((await bars(await open('yahoo')))[0]?.adjustedClose).toBe(100);
    expect(askedFor()).toBe(0);
  });

  it('without a mapping are reported, with what to do', async () => {
    on.services.tickers.delete(MSFT);
    const failure = await failureOf(bars(await open('yahoo')));
    expect(failure.facts['rule']).toBe('symbol-unknown');
    expect(failure.message).toContain('symbols.csv');
  });

  it('in a file with a fault are refused by file and line', async () => {
    await writeFile(
      join(on.folder, 'symbols.csv'),
      'isin,source,symbol\nUS5949181046,yahoo,MSFT\n',
    );
    const failure = await failureOf(bars(await open('yahoo')));
    expect(failure.facts['field']).toBe('symbols.csv:2');
  });
});

describe('the ECB’s rates', () => {
  const rates = async (since: string) =>
    (await open('yahoo')).rates(
      parseCurrency('USD'),
      parseCurrency('EUR'),
      parseDay(since),
      signal,
    );

  it.each(['html', 'truncated', 'empty', 'shape'] as const)(
    'are not taken from %s, in either form',
    async (fault) => {
      on.services.fault = fault;
      for (const since of ['1999-01-04', '2024-07-01'])
        expect((await failureOf(rates(since))).code).toBe('UPSTREAM_BROKEN');
    },
  );

  it('are not taken from an archive that is cut off or damaged', async () => {
    for (const damage of ['cut', 'flipped'] as const) {
      on.services.archive = damage;
      expect((await failureOf(rates('1999-01-04'))).code).toBe('UPSTREAM_BROKEN');
    }
  });

  it('of a day to come are left out', async () => {
    on.services.rates.unshift({ day: '2024-07-30', units: { USD: 9 } });
    expect((await rates('1999-01-04')).at(-1)?.day).toBe('2024-07-17');
  });

  it.each([
    ['the whole history', '1999-01-04'],
    ['the last days', '2024-07-16'],
  ])('are quotients of one day, in %s', async (_, since) => {
    const market = await open('yahoo');
    const [usd, gbp] = [parseCurrency('USD'), parseCurrency('GBP')];
    const rates = await market.rates(usd, gbp, parseDay(since), signal);
    expect(rates).toEqual([
      { day: '2024-07-16', rate: 0.787037037037 },
      { day: '2024-07-17', rate: 0.763636363636 },
    ]);
    const file = since === '1999-01-04' ? 'eurofxref-hist.zip' : 'eurofxref-hist-90d.xml';
    expect(on.services.calls).toEqual([`/stats/eurofxref/${file}`]);
  });
});

describe('two sources', () => {
  it('that agree, or of which the second is away, disagree about nothing', async () => {
    const market = await open('yahoo', { MARKET_DATA_CHECK: 'tradernet' });
    const seen = await bars(market);
    expect(await market.disagreement?.(MSFT, seen, signal)).toBeUndefined();
    on.services.fault = '500';
    expect(await market.disagreement?.(IBM, seen, signal)).toBeUndefined();
  });

  it('that have different closes of a day are named with both', async () => {
    const market = await open('yahoo', { MARKET_DATA_CHECK: 'alpaca' });
    const seen = (await bars(market)).map((one) => ({ ...one, close: one.close * 1.05 }));
    const found = await market.disagreement?.(MSFT, seen, signal);
    expect(found).toMatchObject({ day: '2024-07-16' });
    expect(found?.reason).toMatch(/yahoo closes at 107\.1.* alpaca at 102/);
  });
});

/** With the limits that it takes. */
const REAL_MONEY = {
  ...{ LIVE_TRADING: 'on', ORDER_VALUE_MAX: '5000', DAY_TURNOVER_MAX: '10000' },
  ...{ DAY_LOSS_MAX: '500', ORDERS_PER_DAY_MAX: '10', VOLUME_SHARE_MAX_RATIO: '0.01' },
};

describe('settings of live sources', () => {
  it.each([
    ['an address elsewhere', { MARKET_DATA_URL: 'http://10.0.0.1:1' }],
    ['an address with real money', REAL_MONEY],
    ['recording and replaying at once', { MARKET_DATA_RECORD: 'a', MARKET_DATA_REPLAY: 'b' }],
  ])('refuse %s', async (_, env) => {
    expect((await failureOf(open('yahoo', env))).facts['rule']).toBe('market-data-settings');
  });

  it('name the list that is missing', async () => {
    const market = await open('yahoo', { SECURITIES_FILE: join(on.folder, 'other.csv') });
    expect((await failureOf(market.listing(signal))).facts['rule']).toBe('securities-missing');
  });
});
