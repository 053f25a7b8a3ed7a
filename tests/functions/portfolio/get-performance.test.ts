import getPerformance from '../../../functions/portfolio/get-performance/handler.ts';
import updatePositions from '../../../functions/portfolio/update-positions/handler.ts';
import { DAY_MS } from '#shared/kernel/instant.ts';
import type { PaperFixture } from '../../support/brokers/paper-fixture.ts';
import { seedMarket } from '../../support/markets/seed-market.ts';
import { ALPHA } from '../../support/markets/set-market.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import { ask, openAccount, sync } from './portfolio-fixture.ts';

let redis: TestRedis;
let on: PaperFixture;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  on = await openAccount(redis, { PAPER_OPENING_CASH: '1000' });
});
afterEach(() => on.dependencies.close());

const euros = (amount: string) => ({ amount, currency: 'EUR' });

/** Holds 10 ALPHA at 100 on day one; then 110 and 99. */
async function threeDays(): Promise<void> {
  await ask(updatePositions, on, { positions: [{ isin: ALPHA, symbol: 'ALPHA', quantity: 10 }] });
  on.advance(2 * DAY_MS);
  on.market.setClose(ALPHA, '2024-03-05', 110).setClose(ALPHA, '2024-03-06', 99);
  await seedMarket(on.dependencies, 0.1, ({ isin }) => isin === ALPHA);
  await sync(on);
}

describe('GetPerformance', () => {
  it('answers daily values, and what they earned without the opening deposit', async () => {
    await threeDays();
    const { status, body } = await ask(getPerformance, on);
    expect(status).toBe(200);
    expect(body.history.map((point: { value: object }) => point.value)).toEqual([
      euros('2000.00'),
      euros('2100.00'),
      euros('1990.00'),
    ]);
    expect(body.history[1]).toMatchObject({ returnPct: expect.closeTo(5, 9) });
    expect(body.metrics).toMatchObject({
      totalReturnPct: expect.closeTo(-0.5, 9),
      annualizedReturnPct: expect.closeTo(-0.5, 9),
      maxDrawdownPct: expect.closeTo((110 / 2100) * 100, 9),
      peakValue: euros('2100.00'),
      peakDate: { seconds: String(Date.parse('2024-03-05') / 1000), nanos: 0 },
    });
    expect(body.metrics).not.toHaveProperty('moneyWeightedReturnPct');
  });

  it('answers the last days only, measured from the day before them', async () => {
    await threeDays();
    const { body } = await ask(getPerformance, on, { days: 1 });
    expect(body.history).toHaveLength(2);
    expect(body.metrics.totalReturnPct).toBeCloseTo(-0.5, 9);
    expect(body.history[0].returnPct).toBeCloseTo(5, 9);
  });

  it('answers the first day of an account without a single NaN', async () => {
    await sync(on);
    const { status, body } = await ask(getPerformance, on);
    expect(status).toBe(200);
    expect(body.history).toEqual([
      {
        date: { seconds: String(Date.parse('2024-03-04') / 1000), nanos: 0 },
        value: euros('1000.00'),
        returnPct: 0,
      },
    ]);
    expect(body.metrics).toMatchObject({ totalReturnPct: 0, volatility: 0, sharpeRatio: 0 });
  });

  it('answers an account without movements with no history and no peak', async () => {
    const { body } = await ask(getPerformance, on);
    expect(body.history).toEqual([]);
    expect(body.metrics).not.toHaveProperty('peakValue');
  });

  it('says what each position and each sector earned, and where the account fell', async () => {
    await threeDays();
    const { body } = await ask(getPerformance, on);
    const [first] = body.contributions;
    expect(first).toMatchObject({
      isin: ALPHA,
      symbol: 'ALPHA',
      sector: 'Technology',
      contributionPct: expect.closeTo(-0.5, 9),
      gain: { amount: '-10.00', currency: 'EUR' },
    });
    expect(body.contributions).toHaveLength(1);
    expect(body.sectorContributions).toEqual([
      { sector: 'Technology', contributionPct: expect.closeTo(-0.5, 9), gain: euros('-10.00') },
    ]);
    const seconds = (day: string) => ({ seconds: String(Date.parse(day) / 1000), nanos: 0 });
    expect(body.drawdowns).toEqual([
      {
        depthPct: expect.closeTo((110 / 2100) * 100, 9),
        peakDate: seconds('2024-03-05'),
        valleyDate: seconds('2024-03-06'),
        lengthDays: 1,
      },
    ]);
    expect(body.metrics).toMatchObject({
      bestDayPct: expect.closeTo(5, 9),
      worstDayPct: expect.closeTo((-110 / 2100) * 100, 9),
      positiveDaysPct: expect.closeTo(100 / 3, 9),
    });
    expect(body.metrics).not.toHaveProperty('sortinoRatio');
    expect(body.metrics).not.toHaveProperty('valueAtRiskPct');
  });

  it('states ratios, tail figures and returns to date once there are days enough for them', async () => {
    await ask(updatePositions, on, { positions: [{ isin: ALPHA, symbol: 'ALPHA', quantity: 10 }] });
    const first = Date.parse('2024-03-04');
    for (let i = 1; i <= 100; i += 1) {
      const day = new Date(first + i * DAY_MS).toISOString().slice(0, 10);
      on.market.setClose(ALPHA, day, 100 + i / 4 + 3 * Math.sin(i));
    }
    on.advance(100 * DAY_MS);
    await seedMarket(on.dependencies, 0.4, ({ isin }) => isin === ALPHA);
    await sync(on);
    const { body } = await ask(getPerformance, on, { benchmarkIsin: ALPHA });
    const { metrics, benchmark, periodReturns, drawdowns } = body;
    expect(body.history).toHaveLength(101);
    for (const name of ['sortinoRatio', 'calmarRatio', 'omegaRatio', 'skewness', 'stability'])
      expect(metrics[name]).toEqual(expect.any(Number));
    expect(metrics.conditionalValueAtRiskPct).toBeGreaterThan(metrics.valueAtRiskPct);
    expect(metrics.maxDrawdownPct).toBeCloseTo(drawdowns[0].depthPct, 9);
    expect(drawdowns).toHaveLength(10);
    // Half of the account is cash, so it moves about half as much as what it holds.
    expect(benchmark.beta).toBeGreaterThan(0.45);
    expect(benchmark.beta).toBeLessThan(0.6);
    expect(benchmark.correlation).toBeGreaterThan(0.99);
    const periods = periodReturns.map((one: { period: string }) => one.period);
    expect(periods).toEqual(['MTD', '3M', 'YTD']);
    expect(periodReturns.at(-1).returnPct).toBeCloseTo(metrics.totalReturnPct, 9);
    const explained = body.contributions.reduce(
      (sum: number, one: { contributionPct: number }) => sum + one.contributionPct,
      0,
    );
    expect(explained).toBeCloseTo(metrics.totalReturnPct, 9);
  });

  it('compares with a benchmark that is asked for', async () => {
    await threeDays();
    const { body } = await ask(getPerformance, on, { benchmarkIsin: ALPHA });
    expect(body.benchmark).toMatchObject({
      isin: ALPHA,
      symbol: 'ALPHA',
      totalReturnPct: expect.closeTo(-1, 9),
    });
    const unknown = await ask(getPerformance, on, { benchmarkIsin: 'IE00B4L5Y983' });
    expect([unknown.status, unknown.body.code]).toEqual([404, 'NOT_FOUND']);
    const bad = await ask(getPerformance, on, { benchmarkIsin: 'NOT-AN-ISIN' });
    expect([bad.status, bad.body.field]).toEqual([400, 'benchmarkIsin']);
  });

  it('explains the return by sectors against the universe, where that is asked for', async () => {
    await threeDays();
    const { body } = await ask(getPerformance, on, { withAttribution: true });
    expect(body.attribution.map((one: { sector: string }) => one.sector).sort()).toEqual([
      '',
      'Health Care',
      'Technology',
    ]);
    type Effects = Record<'allocationPct' | 'selectionPct' | 'interactionPct', number>;
    const explained = body.attribution.reduce(
      (sum: number, one: Effects) =>
        sum + one.allocationPct + one.selectionPct + one.interactionPct,
      0,
    );
    // Linked from the second day on: the account -0.5 %, ALPHA and BETA -0.5 % and 0 a half each.
    const universe = (1 + 0.05) * (1 - 0.05) - 1;
    expect(explained).toBeCloseTo((-0.005 - universe) * 100, 6);
    expect((await ask(getPerformance, on)).body.attribution).toEqual([]);
  });

  it('refuses a negative number of days', async () => {
    const { status, body } = await ask(getPerformance, on, { days: -1 });
    expect([status, body.field]).toEqual([400, 'days']);
  });
});
