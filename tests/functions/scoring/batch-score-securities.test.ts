import supertest from 'supertest';
import type {
  BatchScoreSecuritiesResponse,
  GetScoreHistoryResponse,
  ScoreSecurityResponse,
} from '#protos/gen/scoring.ts';
import type { ListedSecurity } from '#shared/clients/market-data/market-data.ts';
import { present } from '#shared/kernel/assert.ts';
import { DAY_MS } from '#shared/kernel/instant.ts';
import { keys } from '#shared/redis/keys.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import batchScore from '../../../functions/scoring/batch-score-securities/handler.ts';
import getHistory from '../../../functions/scoring/get-score-history/handler.ts';
import scoreSecurity from '../../../functions/scoring/score-security/handler.ts';
import { endpointOf } from '../../support/host.ts';
import { addSecurity, seedMarket } from '../../support/markets/seed-market.ts';
import {
  openTestDependencies,
  startTestRedis,
  steppingClock,
  type TestRedis,
} from '../../support/dependencies.ts';

const UNKNOWN = 'US0378331005';

describe('scoring-batch-score-securities and scoring-get-score-history', () => {
  let redis: TestRedis;
  let dependencies: Dependencies;
  let listed: readonly ListedSecurity[];
  let priceless: ListedSecurity;
  const clock = steppingClock('2024-06-27T21:00:00Z');

  const post = (body: object) =>
    supertest(endpointOf(batchScore, dependencies)).post('/').send(body);
  const batch = async (body: object): Promise<BatchScoreSecuritiesResponse> => {
    const answer = await post(body);
    expect(answer.body).not.toHaveProperty('code');
    return answer.body as BatchScoreSecuritiesResponse;
  };
  const history = async (body: object): Promise<GetScoreHistoryResponse> => {
    const answer = await supertest(endpointOf(getHistory, dependencies)).post('/').send(body);
    expect(answer.body).not.toHaveProperty('code');
    return answer.body as GetScoreHistoryResponse;
  };
  const first = () => present(listed[0], 'the sample lists securities');

  beforeAll(async () => {
    redis = await startTestRedis();
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

  test('has no history before the first scoring', async () => {
    expect(await history({ isin: first().isin })).toEqual({ isin: first().isin, scores: [] });
  });

  test('scores the universe, best first, and names what it cannot score', async () => {
    const { scores, totalScored, failed, failures } = await batch({});
    expect(totalScored).toBe(12);
    expect(scores.map((score) => score.totalScore)).toEqual(
      scores.map((score) => score.totalScore).sort((a, b) => b - a),
    );
    expect(new Set(scores.map((score) => score.isin)).size).toBe(12);
    expect(failed).toBe(1);
    expect(failures[priceless.isin]).toMatch(/no stored bars/);
    expect(scores[0]?.grade).toBe('A+');
    expect(scores.at(-1)?.grade).toBe('F');
  });

  test('agrees with the score of a single security', async () => {
    const { scores } = await batch({});
    const single = await supertest(endpointOf(scoreSecurity, dependencies))
      .post('/')
      .send({ isin: first().isin });
    const { score } = single.body as ScoreSecurityResponse;
    expect(scores.find(({ isin }) => isin === first().isin)).toEqual(score);
  });

  test('measures securities named against the whole universe', async () => {
    const all = await batch({});
    const named = await batch({ isins: [first().isin, UNKNOWN] });
    expect(named.scores).toEqual(all.scores.filter(({ isin }) => isin === first().isin));
    expect(named).toMatchObject({ totalScored: 1, failed: 1 });
    expect(named.failures[UNKNOWN]).toBe('is not in the universe');
  });

  test('filters by sector, exchange, currency and least score', async () => {
    const { sector = '', exchange, currency } = first();
    const requested = listed.filter(
      (one) => one.sector === sector && one.exchange === exchange && one.currency === currency,
    );
    const { scores } = await batch({ filters: { sector, exchange, currency } });
    expect(scores.map(({ isin }) => isin).sort()).toEqual(requested.map(({ isin }) => isin).sort());
    const all = await batch({});
    const better = await batch({ filters: { minScore: '0.5' } });
    expect(better.scores).toEqual(all.scores.filter(({ totalScore }) => totalScore >= 0.5));
    expect(better.totalScored).toBeLessThan(12);
  });

  test('keeps one score a day, oldest first, and answers the last days asked for', async () => {
    await batch({});
    await batch({});
    clock.advance(DAY_MS);
    const { scores } = await batch({});
    const latest = scores.find(({ isin }) => isin === first().isin);
    const all = await history({ isin: first().isin });
    expect(all.scores.map(({ date }) => date?.seconds)).toEqual(['1719446400', '1719532800']);
    expect(all.scores[1]).toMatchObject({ score: latest?.totalScore, grade: latest?.grade });
    expect((await history({ isin: first().isin, days: 1 })).scores).toEqual(all.scores.slice(1));
    expect((await history({ isin: first().isin, days: 2 })).scores).toEqual(all.scores);
  });

  test('answers a stored score that does not parse as corrupt', async () => {
    const key = keys.scoring.history(priceless.isin);
    await dependencies.database.redis.hset(key, '2024-06-27', '{"total":1.5}');
    const answer = await supertest(endpointOf(getHistory, dependencies))
      .post('/')
      .send({ isin: priceless.isin });
    expect(answer.status).toBe(500);
    expect(answer.body).toMatchObject({ code: 'DATA_CORRUPT' });
  });

  test('has no history of an unknown security', async () => {
    const answer = await supertest(endpointOf(getHistory, dependencies))
      .post('/')
      .send({ isin: UNKNOWN });
    expect(answer.status).toBe(404);
  });

  test.each([
    [{ filters: { minScore: '1.2' } }, 'filters.minScore'],
    [{ filters: { minScore: 'good' } }, 'filters.minScore'],
    [{ filters: { currency: 'EURO' } }, 'filters.currency'],
    [{ isins: ['X'] }, 'isins[0]'],
  ])('refuses %j naming %s', async (body, field) => {
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: 'INVALID_REQUEST', field });
  });

  test('refuses a filter it does not know', async () => {
    const answer = await post({ filters: { colour: 'red' } });
    expect(answer.status).toBe(400);
    expect(answer.body.field).toMatch(/^filters/);
  });

  test.each([
    [{ isin: 'US0378331006' }, 'isin'],
    [{ isin: UNKNOWN, days: -1 }, 'days'],
  ])('history refuses %j naming %s', async (body, field) => {
    const answer = await supertest(endpointOf(getHistory, dependencies)).post('/').send(body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: 'INVALID_REQUEST', field });
  });
});
