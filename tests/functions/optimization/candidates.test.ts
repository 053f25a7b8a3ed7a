import { parseDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { parseIsin } from '#shared/kernel/isin.ts';
import { keys } from '#shared/redis/keys.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { bestScored } from '#shared/scoring/best-scored.ts';
import { ScoreStore } from '#shared/scoring/score-store.ts';
import type { ScoredSecurity } from '#shared/scoring/model/score-universe.ts';
import {
  openTestDependencies,
  startTestRedis,
  type TestRedis,
} from '../../support/dependencies.ts';

const [A, B, C] = ['DE0007164600', 'GB0002634946', 'US0378331005'].map(parseIsin) as [
  ReturnType<typeof parseIsin>,
  ReturnType<typeof parseIsin>,
  ReturnType<typeof parseIsin>,
];
const TODAY = parseDay('2026-01-05');

describe('the securities of a large universe that are weighed', () => {
  let redis: TestRedis;
  let dependencies: Dependencies;
  beforeAll(async () => {
    redis = await startTestRedis();
  });
  afterAll(() => redis.stop());
  beforeEach(async () => {
    dependencies = await openTestDependencies(redis);
  });
  afterEach(() => dependencies.close());

  const score = (isin: string, total: number, day: CalendarDay = TODAY) =>
    new ScoreStore(dependencies.database).save(
      day,
      [{ isin, total, percentile: total, coverage: 1, grade: 'A' } as unknown as ScoredSecurity],
      instantOf(0),
    );
  const best = (max: number) => bestScored(dependencies.database, [A, B, C], max, TODAY);

  it('are all of them where they are few', async () => {
    expect(await best(3)).toEqual([A, B, C]);
  });

  it('are the best by their latest score, those without one last', async () => {
    await score(C, 0.9, parseDay('2026-01-02'));
    await score(B, 0.4);
    expect(await best(2)).toEqual([C, B]);
    await score(C, 0.1);
    expect(await best(1)).toEqual([B]);
  });

  it('are chosen by the last score up to the day, whichever was stored last, and by an earlier version', async () => {
    await score(C, 0.9, parseDay('2026-01-02'));
    await score(C, 0.1);
    await score(C, 0.8, parseDay('2026-01-02'));
    await score(B, 0.4);
    expect(await best(1)).toEqual([B]);
    await dependencies.database.redis.del(keys.scoring.latest());
    expect(await best(2)).toEqual([B, C]);
  });

  it('are known by one command, however many there are', async () => {
    for (const [isin, total] of [
      [A, 0.3],
      [B, 0.2],
      [C, 0.1],
    ] as const)
      await score(isin, total);
    const { redis: connection } = dependencies.database;
    const send = connection.sendCommand.bind(connection);
    const sent: string[] = [];
    connection.sendCommand = (command, stream) => {
      sent.push(command.name);
      return send(command, stream);
    };
    expect(await best(1)).toEqual([A]);
    connection.sendCommand = send;
    expect(sent).toEqual(['hmget']);
  });

  it('are not chosen by what is scored later', async () => {
    await score(A, 0.9, parseDay('2026-01-06'));
    await score(B, 0.2);
    expect(await best(1)).toEqual([B]);
  });
});
