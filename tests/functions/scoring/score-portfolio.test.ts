import supertest from 'supertest';
import type { ScorePortfolioResponse } from '#protos/gen/scoring.ts';
import type { ListedSecurity } from '#shared/clients/market-data/market-data.ts';
import { present } from '#shared/kernel/assert.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { Money } from '#shared/kernel/money.ts';
import { currentPortfolioHash } from '#shared/trading/current-hash.ts';
import type { LedgerEntry } from '#shared/portfolio/model/book.ts';
import { bookEntries } from '#shared/portfolio/model/booking.ts';
import { PortfolioStore } from '#shared/portfolio/portfolio-store.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';
import scorePortfolio from '../../../functions/scoring/score-portfolio/handler.ts';
import { endpointOf } from '../../support/host.ts';
import { addSecurity, seedMarket } from '../../support/markets/seed-market.ts';
import {
  openTestDependencies,
  startTestRedis,
  steppingClock,
  type TestRedis,
} from '../../support/dependencies.ts';

const UNKNOWN = 'US0378331005';

/** Books shares that cost nothing: what they are worth is the market's to say. */
async function receive(
  dependencies: Dependencies,
  { isin, symbol }: ListedSecurity,
  shares: number,
) {
  const store = new PortfolioStore(dependencies.database, dependencies.baseCurrency);
  const before = await store.load(DEFAULT_ACCOUNT);
  const entry: LedgerEntry = {
    id: `in-${isin}`,
    kind: 'external-in',
    isin,
    symbol,
    quantity: Decimal.of(shares),
    cash: Money.zero(dependencies.baseCurrency),
    happenedAt: dependencies.now(),
    recordedAt: dependencies.now(),
  };
  await store.save(before, bookEntries(before.book, [entry]), [entry], undefined);
}

describe('scoring-score-portfolio', () => {
  let redis: TestRedis;
  let dependencies: Dependencies;
  let euro: ListedSecurity;
  let dollar: ListedSecurity;
  let priceless: ListedSecurity;

  const post = (body: object) =>
    supertest(endpointOf(scorePortfolio, dependencies)).post('/').send(body);
  const ask = async (body: object): Promise<ScorePortfolioResponse> => {
    const answer = await post(body);
    expect(answer.body).not.toHaveProperty('code');
    return answer.body as ScorePortfolioResponse;
  };

  beforeAll(async () => {
    redis = await startTestRedis();
    const clock = steppingClock('2024-06-28T20:00:00Z');
    dependencies = await openTestDependencies(redis, {}, { now: clock.now });
    const all = await dependencies.marketData.listing(new AbortController().signal);
    const lacks = present(all.at(-1), 'the sample lists securities');
    const listed = await seedMarket(dependencies, 4, (one) => one.isin !== lacks.isin);
    const inCurrency = (currency: string) =>
      present(
        listed.find((one) => one.currency === currency),
        `the sample has a security in ${currency}`,
      );
    [euro, dollar, priceless] = [inCurrency('EUR'), inCurrency('USD'), lacks];
    await addSecurity(dependencies, priceless);
  });
  afterAll(async () => {
    await dependencies.close();
    await redis.stop();
  });

  test('an account without holdings has no score and no risk', async () => {
    expect(await ask({})).toEqual({
      totalScore: 0,
      weightedScore: 0,
      securityScores: [],
      portfolioMetrics: { holdings: 0 },
      rates: [],
      warnings: [],
    });
  });

  test('securities named are weighed alike', async () => {
    const answer = await ask({ isins: [euro.isin, dollar.isin] });
    expect(answer.rates).toEqual([expect.objectContaining({ from: 'USD', to: 'EUR' })]);
    const [a, b] = answer.securityScores.map((score) => score.totalScore);
    expect(answer.totalScore).toBeCloseTo(((a ?? NaN) + (b ?? NaN)) / 2, 12);
    expect(answer.weightedScore).toBeCloseTo(answer.totalScore, 12);
    expect(answer.portfolioMetrics).toMatchObject({
      holdings: 2,
      effectiveHoldings: 2,
      measuredRatio: 1,
      scoredRatio: 1,
    });
    const { volatilityRatio, diversificationRatio, maximumDrawdownRatio } = answer.portfolioMetrics;
    expect(volatilityRatio).toBeGreaterThan(0.01);
    expect(diversificationRatio).toBeGreaterThanOrEqual(1);
    expect(maximumDrawdownRatio).toBeGreaterThan(0);
    expect(maximumDrawdownRatio).toBeLessThan(1);
  });

  test('holdings are weighed by their value in the base currency', async () => {
    await receive(dependencies, euro, 30);
    await receive(dependencies, dollar, 10);
    const market = new StoredMarket(dependencies.database);
    const [quoteA, quoteB] = [await market.quote(euro.isin), await market.quote(dollar.isin)];
    const rates = await market.rates(dependencies.baseCurrency, [dollar.currency]);
    const valueA = 30 * (quoteA?.price.toEstimate() ?? NaN);
    const rate = rates.get(dollar.currency)?.rate.toEstimate() ?? NaN;
    const valueB = 10 * (quoteB?.price.toEstimate() ?? NaN) * rate;
    const answer = await ask({});
    const scoreOf = (isin: string) =>
      answer.securityScores.find((score) => score.isin === isin)?.totalScore ?? NaN;
    expect(answer.weightedScore).toBeCloseTo(
      (valueA * scoreOf(euro.isin) + valueB * scoreOf(dollar.isin)) / (valueA + valueB),
      10,
    );
    expect(answer.totalScore).toBeCloseTo((scoreOf(euro.isin) + scoreOf(dollar.isin)) / 2, 12);
    const [wA, wB] = [valueA / (valueA + valueB), valueB / (valueA + valueB)];
    expect(answer.portfolioMetrics['effectiveHoldings']).toBeCloseTo(1 / (wA ** 2 + wB ** 2), 8);
  });

  test('the present hash is taken, another is refused as stale', async () => {
    const portfolioHash = await currentPortfolioHash(dependencies, DEFAULT_ACCOUNT);
    expect((await ask({ portfolioHash })).securityScores).toHaveLength(2);
    const answer = await post({ portfolioHash: '0123456789abcdef' });
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ code: 'REFUSED', rule: 'stale-portfolio', portfolioHash });
  });

  test('a named security that does not exist is not found', async () => {
    expect((await post({ isins: [UNKNOWN] })).status).toBe(404);
  });

  test('a named security without bars lowers what could be scored and measured', async () => {
    const { portfolioMetrics } = await ask({ isins: [euro.isin, priceless.isin] });
    expect(portfolioMetrics).toMatchObject({ measuredRatio: 0.5, scoredRatio: 0.5 });
  });

  test('bad input is refused naming the field', async () => {
    const answer = await post({ isins: ['nothing'] });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: 'INVALID_REQUEST', field: 'isins[0]' });
    expect((await post({ portfolioHash: 7 })).body).toMatchObject({ field: 'portfolioHash' });
  });

  test('a holding without a price is weighted at its cost, and is not scored', async () => {
    await receive(dependencies, priceless, 1);
    const { securityScores, portfolioMetrics } = await ask({});
    expect(securityScores).toHaveLength(2);
    expect(portfolioMetrics).toMatchObject({ measuredRatio: 1, scoredRatio: 1 });
  });
});
