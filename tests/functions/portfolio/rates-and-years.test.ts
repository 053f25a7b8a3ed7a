/** Answers that convert say rate and day; they agree to the cent; years add up. */
import type { Position } from '#protos/gen/common/position.ts';
import type { GetPerformanceResponse, GetSummaryResponse } from '#protos/gen/portfolio.ts';
import getCashBalance from '../../../functions/portfolio/get-cash-balance/handler.ts';
import getPerformance from '../../../functions/portfolio/get-performance/handler.ts';
import getPosition from '../../../functions/portfolio/get-position/handler.ts';
import getPositions from '../../../functions/portfolio/get-positions/handler.ts';
import getSummary from '../../../functions/portfolio/get-summary/handler.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import type { PaperFixture } from '../../support/brokers/paper-fixture.ts';
import { ALPHA, BETA } from '../../support/markets/set-market.ts';
import { ask, buy, openAccount, sync } from './portfolio-fixture.ts';

const cents = (money: { readonly amount: string } | undefined): number =>
  Math.round(Number(money?.amount) * 100);

describe('an account in two currencies', () => {
  let redis: TestRedis;
  let on: PaperFixture;

  beforeAll(async () => {
    redis = await startTestRedis();
    on = await openAccount(redis);
    await buy(on, ALPHA, 'ALPHA', 7);
    await buy(on, BETA, 'BETA', 13);
    on.advance(60_000);
    await sync(on);
  });
  afterAll(async () => {
    await on.dependencies.close();
    await redis.stop();
  });

  const summary = async () => (await ask(getSummary, on)).body as GetSummaryResponse;
  const performance = async () => (await ask(getPerformance, on)).body as GetPerformanceResponse;
  const usd = { from: 'USD', to: 'EUR', rate: '0.9', day: '2024-03-04' };

  it('is answered with the rate and its day, wherever it was converted', async () => {
    expect((await summary()).rates).toEqual([usd]);
    expect((await performance()).rates).toEqual([usd]);
    expect((await ask(getCashBalance, on)).body.rates).toEqual([usd]);
    expect((await summary()).warnings).toEqual([]);
  });

  it('has the same value to the cent in the summary and at the end of its history', async () => {
    const { history } = await performance();
    expect(history.at(-1)?.value).toEqual((await summary()).totalValue);
  });

  it('has the same cents in its positions, converted by the rates that are answered', async () => {
    const { positions, totalValue, rates } = (await ask(getPositions, on)).body;
    expect(rates).toEqual([usd]);
    const { totalValue: total, cashBalance } = await summary();
    expect(cents(totalValue) + cents(cashBalance)).toBe(cents(total));
    const worth = (positions as Position[]).map(({ marketValue }) => {
      const { amount = '0', currency } = marketValue ?? {};
      return Math.round(Number(amount) * 100 * (currency === 'USD' ? Number(usd.rate) : 1));
    });
    expect(worth.reduce((sum, one) => sum + one, 0)).toBe(cents(totalValue));
    const one = (await ask(getPosition, on, { isin: BETA })).body;
    expect(one).toMatchObject({ found: true, rates: [usd], warnings: [] });
    const own = (await ask(getPosition, on, { isin: ALPHA })).body;
    expect(own).toMatchObject({ found: true, rates: [] });
  });

  it('has a peak no lower than what its drawdown is measured from', async () => {
    const { metrics, history } = await performance();
    expect(metrics?.maxDrawdownPct).toBeGreaterThan(0);
    const peak = Number(metrics?.peakValue?.amount);
    const least = Math.min(...history.map(({ value }) => Number(value?.amount)));
    expect(peak).toBe(25_000);
    expect((peak - least) / peak).toBeCloseTo((metrics?.maxDrawdownPct ?? 0) / 100, 6);
  });

  it('earned by years what it earned in all', async () => {
    const { years, metrics, contributions } = await performance();
    expect(years.map(({ year }) => year)).toEqual([2024]);
    expect(years[0]?.returnPct).toBeCloseTo(metrics?.totalReturnPct ?? 0, 9);
    const gains = contributions.reduce((sum, one) => sum + Number(one.gain?.amount), 0);
    expect(Number(years[0]?.gain?.amount)).toBeCloseTo(gains, 1);
    expect(years[0]?.deposited).toEqual({ amount: '25000.00', currency: 'EUR' });
  });
});
