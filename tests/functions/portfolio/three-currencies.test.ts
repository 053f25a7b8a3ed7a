/**
 * Accounts in three currencies by chance: shares with cents of all sizes and rates of many digits. What the summary, the
 * positions and the end of the history say is one value, and the peak is one of the history.
 */
import type { GetPerformanceResponse, GetSummaryResponse } from '#protos/gen/portfolio.ts';
import bookMovement from '../../../functions/portfolio/book-movement/handler.ts';
import getPerformance from '../../../functions/portfolio/get-performance/handler.ts';
import getPositions from '../../../functions/portfolio/get-positions/handler.ts';
import getSummary from '../../../functions/portfolio/get-summary/handler.ts';
import { integerBelow, seededRandom, type Random } from '#shared/kernel/random.ts';
import type { PaperFixture } from '../../support/brokers/paper-fixture.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import { seedMarket } from '../../support/markets/seed-market.ts';
import { ALPHA, BETA, GAMMA } from '../../support/markets/set-market.ts';
import { ask, openAccount, sync } from './portfolio-fixture.ts';

const DAYS = ['2024-03-05', '2024-03-06', '2024-03-07', '2024-03-08', '2024-03-11', '2024-03-12'];
const DAY_MS = 86_400_000;

/** A rate with five decimals near the one of the fixture, and a close with cents. */
function quote(on: PaperFixture, day: string, random: Random): void {
  const near = (value: number, decimals: number): number =>
    Number((value * (0.9 + 0.2 * random())).toFixed(decimals));
  on.market.setRate('USD', 'EUR', day, near(0.9, 5)).setRate('GBP', 'EUR', day, near(1.2, 5));
  on.market.setClose(ALPHA, day, near(100, 2)).setClose(BETA, day, near(200, 2));
  on.market.setClose(GAMMA, day, near(5, 4));
}

describe.each(['first', 'second', 'third'])('an account in three currencies, %s', (seed) => {
  let redis: TestRedis;
  let on: PaperFixture;
  beforeAll(async () => {
    redis = await startTestRedis();
    on = await openAccount(redis, { PAPER_OPENING_CASH: '10000.01' });
    await sync(on);
    const random = seededRandom(seed);
    for (const day of DAYS) {
      on.advance(DAY_MS);
      quote(on, day, random);
      await seedMarket(on.dependencies, 0.1);
      const isin = [ALPHA, BETA, GAMMA][integerBelow(random, 3)];
      const quantity = 1 + integerBelow(random, 40);
      const price = { amount: '7.77', currency: 'EUR' };
      await ask(bookMovement, on, { kind: 'transfer-in', isin, quantity, price });
      const amount = { amount: (1 + random() * 99).toFixed(2), currency: 'EUR' };
      await ask(bookMovement, on, { kind: random() < 0.5 ? 'deposit' : 'withdrawal', amount });
      await sync(on);
    }
  });
  afterAll(async () => {
    await on.dependencies.close();
    await redis.stop();
  });

  it('has one value in all of its answers, and its peak among them', async () => {
    const summary = (await ask(getSummary, on)).body as GetSummaryResponse;
    const { history, metrics } = (await ask(getPerformance, on)).body as GetPerformanceResponse;
    const positions = (await ask(getPositions, on)).body;
    const cents = (money: { amount: string } | undefined) =>
      Math.round(Number(money?.amount) * 100);
    expect(history.at(-1)?.value).toEqual(summary.totalValue);
    expect(cents(positions.totalValue) + cents(summary.cashBalance)).toBe(
      cents(summary.totalValue),
    );
    expect(positions.rates).toEqual(summary.rates);
    const values = history.map(({ value }) => cents(value));
    expect(cents(metrics?.peakValue)).toBe(Math.max(...values));
  });
});
