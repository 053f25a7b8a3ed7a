import supertest from 'supertest';
import type { ScoreSecurityResponse } from '#protos/gen/scoring.ts';
import scoreSecurity from '../../../functions/scoring/score-security/handler.ts';
import { addSecurity, seedMarket } from '../../support/markets/seed-market.ts';
import { endpointOf } from '../../support/host.ts';
import {
  openTestDependencies,
  startTestRedis,
  steppingClock,
  type TestRedis,
} from '../../support/dependencies.ts';
import type { ListedSecurity } from '#shared/clients/market-data/market-data.ts';
import { present } from '#shared/kernel/assert.ts';
import { SecurityStore } from '#shared/universe/security-store.ts';
import type { Dependencies } from '#shared/runtime/context.ts';

const UNKNOWN = 'US0378331005';

describe('scoring-score-security', () => {
  let redis: TestRedis;
  let dependencies: Dependencies;
  let listed: readonly ListedSecurity[];
  let priceless: ListedSecurity;

  const post = (body: object) =>
    supertest(endpointOf(scoreSecurity, dependencies)).post('/').send(body);
  const ask = async (body: object): Promise<ScoreSecurityResponse> => {
    const answer = await post(body);
    expect(answer.body).not.toHaveProperty('code');
    return answer.body as ScoreSecurityResponse;
  };
  const first = () => present(listed[0], 'the sample lists securities');

  beforeAll(async () => {
    redis = await startTestRedis();
    const clock = steppingClock('2024-06-28T20:00:00Z');
    dependencies = await openTestDependencies(redis, {}, { now: clock.now });
    listed = await seedMarket(dependencies, 2, (_, index) => index < 12);
    const all = await dependencies.marketData.listing(new AbortController().signal);
    priceless = present(all[12], 'the sample lists more than twelve');
    await addSecurity(dependencies, priceless);
  });
  afterAll(async () => {
    await dependencies.close();
    await redis.stop();
  });

  test('answers total, components with their weights, percentile, grade and coverage', async () => {
    const { found, score } = await ask({ isin: first().isin });
    expect(found).toBe(true);
    expect(score).toMatchObject({ isin: first().isin, symbol: first().symbol });
    expect(score?.calculatedAt).toEqual({ seconds: '1719604800', nanos: 0 });
    expect(score?.grade).toMatch(/^([ABC][+-]?|D|F)$/);
    for (const value of [score?.totalScore, score?.percentile, score?.coverageRatio])
      expect(value).toEqual(expect.any(Number));
    const parts = score?.componentScores ?? {};
    const weights = Object.keys(parts).filter((name) => name.startsWith('weight.'));
    expect(weights).toHaveLength(6);
    expect(weights.reduce((sum, name) => sum + (parts[name] ?? 0), 0)).toBeCloseTo(1, 12);
    const known = Object.keys(parts).filter((name) => !name.startsWith('weight.'));
    const sum = known.reduce(
      (s, name) => s + (parts[name] ?? 0) * (parts[`weight.${name}`] ?? 0),
      0,
    );
    expect(sum / (score?.coverageRatio ?? 0)).toBeCloseTo(score?.totalScore ?? NaN, 12);
    expect(score?.rawFigures).toHaveProperty('momentum');
  });

  test('finds by symbol, without regard to case', async () => {
    const { score } = await ask({ symbol: first().symbol.toLowerCase() });
    expect(score?.isin).toBe(first().isin);
  });

  test('is the same twice', async () => {
    expect(await ask({ isin: first().isin })).toEqual(await ask({ isin: first().isin }));
  });

  test('an override changes its own component alone', async () => {
    const before = (await ask({ isin: first().isin })).score;
    const after = (await ask({ isin: first().isin, marketData: { momentum: 9 } })).score;
    expect(after?.rawFigures['momentum']).toBe(9);
    expect(after?.componentScores['momentum']).toBeGreaterThan(
      before?.componentScores['momentum'] ?? 1,
    );
    expect(after?.componentScores['quality']).toBe(before?.componentScores['quality']);
    expect((await ask({ isin: first().isin })).score).toEqual(before);
  });

  test('says that an unknown security was not found', async () => {
    const { found, score } = await ask({ isin: UNKNOWN });
    expect({ found, score }).toEqual({ found: false, score: undefined });
  });

  test('refuses to score what has no bars, with the reason', async () => {
    const answer = await post({ isin: priceless.isin });
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ rule: 'not-scorable', isin: priceless.isin });
    expect(answer.body.message).toMatch(/no stored bars/);
  });

  test('still scores a security that was taken out of the universe', async () => {
    const isin = present(listed[1], 'the sample lists securities').isin;
    await new SecurityStore(dependencies.database).remove(
      isin,
      { at: dependencies.now(), reason: 'too large' },
      'remove-1',
    );
    expect((await ask({ isin })).found).toBe(true);
  });

  test.each([
    [{}, 'isin'],
    [{ isin: 'US0378331006' }, 'isin'],
    [{ isin: UNKNOWN, marketData: { price: 3 } }, 'marketData.price'],
    [{ isin: UNKNOWN, marketData: { drawdown: 2 } }, 'marketData.drawdown'],
    [{ isin: UNKNOWN, marketData: { momentum: 'NaN' } }, 'marketData.momentum'],
    [{ isin: UNKNOWN, days: 3 }, 'days'],
  ])('refuses %j naming %s', async (body, field) => {
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: 'INVALID_REQUEST', field });
  });
});
