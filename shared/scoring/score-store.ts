/** Scores as they stood at the end of each day. */
import * as z from 'zod';
import { type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { decode, encode, storedDay, storedInstant } from '#shared/redis/codec.ts';
import type { Instant } from '#shared/kernel/instant.ts';
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
    await Promise.all(
      [...scores].map(({ isin, total, percentile, coverage, grade }) =>
        this.database.redis.hset(
          keys.scoring.history(isin),
          day,
          encode({ total, percentile, coverage, grade, calculatedAt: at }),
        ),
      ),
    );
  }

  /** The last one up to a day: that day's own in most cases. */
  async latest(isin: Isin, until: CalendarDay): Promise<Omit<DayScore, 'day'> | undefined> {
    const key = keys.scoring.history(isin);
    const json = await this.database.redis.hget(key, until);
    if (json !== null) return decode(storedScore, json, key);
    return (await this.history(isin)).findLast(({ day }) => day < until);
  }

  /** Oldest first; from a day on, where one is given. */
  async history(isin: Isin, from?: CalendarDay): Promise<readonly DayScore[]> {
    const key = keys.scoring.history(isin);
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
