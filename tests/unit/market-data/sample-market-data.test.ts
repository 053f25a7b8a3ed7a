import { SampleMarketData } from '#shared/clients/market-data/sample/sample-market-data.ts';
import { present } from '#shared/kernel/assert.ts';
import { dayOfEpoch, isWeekend, parseDay } from '#shared/kernel/calendar-day.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { instantOf } from '#shared/kernel/instant.ts';

const BEGINNING = parseDay('1900-01-01');

function sampleAt(day: string, seed = '7'): SampleMarketData {
  return new SampleMarketData(seed, () => instantOf(Date.parse(`${day}T18:00:00Z`)));
}

/** Compared as text: matching eighty thousand bars one by one takes seconds. */
function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

async function everything(source: SampleMarketData) {
  const listing = await source.listing();
  return Promise.all(listing.map(({ isin }) => source.bars(isin, BEGINNING)));
}

describe('the simulated market', () => {
  test('is marked as a simulation, and never closes', () => {
    const source = sampleAt('2024-07-20');
    expect(source.simulated).toBe(true);
    expect(source.session('XETR', instantOf(Date.parse('2024-07-20T03:00:00Z')))).toEqual({
      open: true,
      day: '2024-07-19',
      reason: expect.stringContaining('SIMULATED') as string,
    });
  });

  test('lists about forty securities in three currencies, most of them in lots of one', async () => {
    const listing = await sampleAt('2024-07-17').listing();
    expect(listing.length).toBe(40);
    expect(new Set(listing.map(({ currency }) => currency))).toEqual(
      new Set(['EUR', 'USD', 'GBP']),
    );
    expect(listing.filter(({ lot }) => lot !== '1').length).toBe(3);
    expect(listing.filter(({ securityType }) => securityType === 'ETF').length).toBe(1);
  });

  test('answers the same bars for the same seed, and others for another', async () => {
    const [first, again, other] = await Promise.all([
      everything(sampleAt('2024-07-17')),
      everything(sampleAt('2024-07-17')),
      everything(sampleAt('2024-07-17', '8')),
    ]);
    expect(same(again, first)).toBe(true);
    expect(same(other, first)).toBe(false);
  });

  test('answers in columns what it answers in bars, and keeps what others do to them apart', async () => {
    const source = sampleAt('2024-07-17');
    for (const { isin } of await source.listing()) {
      const bars = await source.bars(isin, BEGINNING);
      const { days, ...columns } = await source.figures(isin);
      const again = Array.from(days, (day, i) => ({
        ...{ open: columns.open[i], high: columns.high[i], low: columns.low[i] },
        ...{ close: columns.close[i], volume: columns.volume[i], day: dayOfEpoch(day) },
        adjustedClose: columns.adjustedClose[i],
      }));
      expect(same(again, bars)).toBe(true);
      for (const column of [days, ...Object.values(columns)]) column.fill(1);
      expect(same(await source.bars(isin, BEGINNING), bars)).toBe(true);
    }
  });

  test('never changes an earlier bar or rate as days go by', async () => {
    const [early, late] = [sampleAt('2022-02-11'), sampleAt('2025-10-06')];
    const [before, after] = [await everything(early), await everything(late)];
    const cut = after.map((bars, i) => bars.slice(0, before[i]?.length));
    expect(same(cut, before)).toBe(true);
    const [usd, eur] = [parseCurrency('USD'), parseCurrency('EUR')];
    const rates = await early.rates(usd, eur, BEGINNING);
    expect((await late.rates(usd, eur, BEGINNING)).slice(0, rates.length)).toEqual(rates);
  });

  test('has bars on weekdays only, the latest on the last weekday', async () => {
    const [bars = []] = await everything(sampleAt('2024-07-21'));
    expect(bars.some(({ day }) => isWeekend(day))).toBe(false);
    expect(bars.at(-1)?.day).toBe('2024-07-19');
    expect(bars.length).toBeGreaterThan(5 * 252);
  });

  test('advances by itself when a day passes', async () => {
    let now = Date.parse('2024-07-17T10:00:00Z');
    const source = new SampleMarketData('7', () => instantOf(now));
    const [first] = await source.listing();
    const isin = present(first, 'something is listed').isin;
    const before = await source.bars(isin, BEGINNING);
    now += 86_400_000;
    expect(await source.bars(isin, BEGINNING)).toHaveLength(before.length + 1);
  });

  test('moves its securities with the market, each with a lasting risk of its own', async () => {
    const source = sampleAt('2024-07-17');
    const returns = (closes: readonly number[]) =>
      closes.slice(1).map((close, i) => Math.log(close / (closes[i] ?? close)));
    const market = returns(
      (await source.bars(source.benchmark, BEGINNING)).map(({ close }) => close),
    );
    const correlations = (await everything(source)).map((bars) =>
      correlation(returns(bars.map(({ close }) => close)), market),
    );
    const mean = correlations.reduce((sum, value) => sum + value, 0) / correlations.length;
    expect(mean).toBeGreaterThan(0.35);
    expect(mean).toBeLessThan(0.75);
  });

  test('leaves some fundamentals unknown', async () => {
    const source = sampleAt('2024-07-17');
    const listing = await source.listing();
    const known = await Promise.all(listing.map(({ isin }) => source.fundamentals(isin)));
    const withoutPe = known.filter((figures) => figures?.peRatio === undefined);
    expect(withoutPe.length).toBeGreaterThan(1);
    expect(withoutPe.length).toBeLessThan(10);
    expect(new Set(known.map((figures) => figures?.asOf))).toEqual(new Set(['2024-07-01']));
  });
});

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((s, v) => s + v, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  const sum = (f: (i: number) => number) => a.reduce((total, _value, i) => total + f(i), 0);
  const da = (i: number) => (a[i] ?? 0) - meanA;
  const db = (i: number) => (b[i] ?? 0) - meanB;
  return sum((i) => da(i) * db(i)) / Math.sqrt(sum((i) => da(i) ** 2) * sum((i) => db(i) ** 2));
}
