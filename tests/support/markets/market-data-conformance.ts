/**
 * Conformance suite of market data sources. A suite is run with a way to open one: `describe('the
 * sample', () => marketDataConforms(openSample))`.
 */
import { marketNow } from '#shared/clients/market-data/market-clock.ts';
import type { DailyBar, MarketData } from '#shared/clients/market-data/market-data.ts';
import { present } from '#shared/kernel/assert.ts';
import { addDays, dayOf, parseDay, startOf } from '#shared/kernel/calendar-day.ts';
import { isCurrency, parseCurrency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { DAY_MS, HOUR_MS, instantOf } from '#shared/kernel/instant.ts';
import { isIsin, parseIsin } from '#shared/kernel/isin.ts';

/** The instant at which the suite queries a source. */
export const NOW = instantOf(Date.parse('2024-07-17T15:45:30Z'));
const EUR = parseCurrency('EUR');
const BEGINNING = parseDay('1900-01-01');
const STRANGER = parseIsin('US0378331005');

export function marketDataConforms(open: () => Promise<MarketData>): void {
  const signal = new AbortController().signal;
  let source: MarketData;

  const firstBars = async (): Promise<readonly DailyBar[]> => {
    const [first] = await source.listing(signal);
    return source.bars(present(first, 'something is listed').isin, BEGINNING, signal);
  };

  beforeAll(async () => {
    source = await open();
  });

  test('answers a ping', async () => {
    await expect(source.ping(signal)).resolves.toBeUndefined();
  });

  test('lists securities by symbol, with ISIN, currency and lot in order', async () => {
    const listing = await source.listing(signal);
    const symbols = listing.map((security) => security.symbol);
    expect(listing.length).toBeGreaterThan(1);
    expect(symbols).toEqual([...symbols].sort());
    expect(new Set(listing.map((security) => security.isin)).size).toBe(listing.length);
    for (const { isin, currency, lot, name } of listing) {
      expect([isin, isIsin(isin)]).toEqual([isin, true]);
      expect(isCurrency(currency)).toBe(true);
      expect(Decimal.parse(lot).sign).toBe(1);
      expect(name).not.toBe('');
    }
  });

  test('answers bars oldest first, none after its day, and none that contradicts itself', async () => {
    const today = source.today(NOW);
    for (const { isin } of await source.listing(signal)) {
      const bars = await source.bars(isin, BEGINNING, signal);
      const days = bars.map((bar) => bar.day);
      expect(days.filter((day, i) => i > 0 && day <= (days[i - 1] ?? ''))).toEqual([]);
      expect(days.filter((day) => day > today)).toEqual([]);
      const contradicts = ({ open, high, low, close, adjustedClose }: DailyBar) =>
        !(low > 0 && high >= Math.max(open, close) && low <= Math.min(open, close)) ||
        !(adjustedClose > 0);
      expect(bars.filter(contradicts)).toEqual([]);
    }
  });

  test('answers bars from a day on, that day among them', async () => {
    const all = await firstBars();
    const [first] = await source.listing(signal);
    const isin = present(first, 'something is listed').isin;
    const from = present(all.at(-2), 'there are two bars').day;
    expect(await source.bars(isin, from, signal)).toEqual(all.slice(-2));
    expect(await source.bars(isin, addDays(source.today(NOW), 1), signal)).toEqual([]);
  });

  test('stands at a day whose bar some security has, or that follows a weekend', async () => {
    const today = source.today(NOW);
    const last = present((await firstBars()).at(-1), 'there is a bar').day;
    expect(last <= today && last >= addDays(today, -2)).toBe(true);
  });

  test('refuses a security it does not list', async () => {
    const unknown = { code: 'NOT_FOUND', facts: { kind: 'security', id: STRANGER } };
    await expect(source.bars(STRANGER, BEGINNING, signal)).rejects.toMatchObject(unknown);
    await expect(source.fundamentals(STRANGER, signal)).rejects.toMatchObject(unknown);
  });

  test('omits unknown fundamentals, and never answers NaN', async () => {
    for (const { isin } of await source.listing(signal)) {
      const figures = (await source.fundamentals(isin, signal)) ?? {};
      for (const [name, figure] of Object.entries(figures))
        if (name !== 'asOf' && figure !== undefined) expect(Number.isFinite(figure)).toBe(true);
    }
  });

  test('has a session at each exchange it lists, says why, and knows no other exchange', async () => {
    for (const { exchange } of await source.listing(signal)) {
      const session = source.session(exchange, NOW);
      expect(session.open).toBe(true);
      expect(session.day <= source.today(NOW)).toBe(true);
      expect(session.reason).not.toBe('');
    }
    expect(() => source.session('XNOWHERE', NOW)).toThrow('There is no exchange XNOWHERE.');
  });

  test('answers no rates for a pair it does not know', async () => {
    expect(await source.rates(EUR, parseCurrency('JPY'), BEGINNING, signal)).toEqual([]);
  });

  test('has a benchmark only where it is listed', async () => {
    const listed = (await source.listing(signal)).map((security) => security.isin);
    if (source.benchmark) expect(listed).toContain(source.benchmark);
  });

  test('keeps the time of day when the wall clock is moved to the market’s day', () => {
    const now = marketNow(source, NOW);
    expect(dayOf(now)).toBe(source.today(NOW));
    expect(now % DAY_MS).toBe(NOW % DAY_MS);
    expect(marketNow(source, instantOf(NOW + HOUR_MS)) - now).toBe(HOUR_MS);
    expect(now - startOf(source.today(NOW))).toBeLessThan(DAY_MS);
  });
}

/** For sources that know USD, EUR and GBP. */
export function marketDataConformsInRates(open: () => Promise<MarketData>): void {
  const signal = new AbortController().signal;

  test.each([
    ['USD', 'EUR'],
    ['EUR', 'USD'],
    ['GBP', 'EUR'],
  ])('answers rates from %s to %s, oldest first, positive, from a day on', async (from, to) => {
    const source = await open();
    const [sold, bought] = [parseCurrency(from), parseCurrency(to)];
    const rates = await source.rates(sold, bought, BEGINNING, signal);
    const days = rates.map(({ day }) => day);
    expect(rates.length).toBeGreaterThan(1);
    expect(days).toEqual([...new Set(days)].sort());
    expect(rates.every(({ rate }) => rate > 0.5 && rate < 2)).toBe(true);
    const since = present(days.at(-1), 'there is a rate');
    expect(await source.rates(sold, bought, since, signal)).toEqual(rates.slice(-1));
  });
}
