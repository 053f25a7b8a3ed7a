/** Scores as they stood at the end of each day. */
import * as z from 'zod';
import { type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { decode, encode, storedDay, storedInstant } from '#shared/redis/codec.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Write } from '#shared/redis/change.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';
import { grades, type Grade } from './model/grade.ts';
import type { ScoredSecurity } from './model/score-universe.ts';

const ratio = z.number().min(0).max(1);

const storedScore = z.strictObject({
  total: ratio,
  percentile: ratio,
  coverage: ratio,
  grade: z.enum(grades as [Grade, ...Grade[]]),
  calculatedAt: storedInstant,
});

const latestScore = z.tuple([storedDay, ratio]);

/** Concurrent reads of Redis. */
const READS_AT_ONCE = 200;

const { history, latest } = keys.scoring;

export interface DayScore extends z.output<typeof storedScore> {
  readonly day: CalendarDay;
}

export class ScoreStore {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** Stores the scores of a day; a later run of the same day takes the place of the earlier. */
  async save(day: CalendarDay, scores: Iterable<ScoredSecurity>, at: Instant): Promise<void> {
    const all = [...scores];
    const known = await this.latestKnown(all.map(({ isin }) => isin));
    const stored = all.map(({ isin, total, percentile, coverage, grade }, i) => {
      const text = encode({ total, percentile, coverage, grade, calculatedAt: at });
      const write: Write[] = [{ op: 'HSET', key: history(isin), args: [day, text] }];
      if (day >= (known[i]?.day ?? ''))
        write.push({ op: 'HSET', key: latest(), args: [isin, encode([day, total])] });
      return this.database.commit([], write);
    });
    await Promise.all(stored);
  }

  /** The totals of the last scores up to a day; undefined for a security without one. */
  async totals(
    isins: readonly Isin[],
    until: CalendarDay,
  ): Promise<readonly (number | undefined)[]> {
    const known = await this.latestKnown(isins);
    const earlier = async (isin: Isin): Promise<number | undefined> =>
      (await this.history(isin)).findLast(({ day }) => day <= until)?.total;
    const found: (number | undefined)[] = [];
    for (let first = 0; first < isins.length; first += READS_AT_ONCE)
      found.push(
        ...(await Promise.all(
          isins.slice(first, first + READS_AT_ONCE).map((isin, i) => {
            const one = known[first + i];
            return one && one.day <= until ? one.total : earlier(isin);
          }),
        )),
      );
    return found;
  }

  /** Absent where scores were stored by an earlier version alone. */
  private async latestKnown(isins: readonly Isin[]) {
    if (isins.length === 0) return [];
    const texts = await this.database.redis.hmget(latest(), ...isins);
    return texts.map((text, i) => {
      if (text === null) return undefined;
      const what = `latest score of ${isins[i] ?? ''}`;
      return this.database.read(`${latest()}:${isins[i] ?? ''}`, text, (json) => {
        const [day, total] = decode(latestScore, json, what);
        return { day, total };
      });
    });
  }

  /** Oldest first; from a day on, where one is given. */
  async history(isin: Isin, from?: CalendarDay): Promise<readonly DayScore[]> {
    const key = history(isin);
    const fields = await this.database.redis.hgetall(key);
    return Object.entries(fields)
      .filter(([day]) => from === undefined || day >= from)
      .map(([day, json]) => ({
        ...decode(storedScore, json, key),
        day: decode(storedDay, encode(day), key),
      }))
      .sort((a, b) => (a.day < b.day ? -1 : 1));
  }
}
