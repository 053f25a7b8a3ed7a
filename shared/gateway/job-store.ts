/** Stores the records of the jobs. */
import * as z from 'zod';
import { present } from '#shared/kernel/assert.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import { storedInstant } from '#shared/redis/codec.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';
import { ended, started, type JobEnd, type JobRecord } from './model/job-record.ts';

const recordSchema: z.ZodType<JobRecord> = z.object({
  runs: z.number(),
  successes: z.number(),
  failures: z.number(),
  lastRun: z.string(),
  lastStartedAt: storedInstant,
  lastEndedAt: storedInstant.optional(),
  lastError: z.string(),
  lastMessage: z.string(),
});

export class JobStore {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** @returns undefined for a job that never ran */
  async find(job: string): Promise<JobRecord | undefined> {
    return (await this.database.find(keys.gateway.job(job), recordSchema))?.value;
  }

  async started(job: string, run: string, now: Instant): Promise<void> {
    await this.database.update(keys.gateway.job(job), recordSchema, (current) => ({
      value: started(current, run, now),
      result: undefined,
    }));
  }

  async ended(job: string, end: JobEnd, now: Instant): Promise<void> {
    await this.database.update(keys.gateway.job(job), recordSchema, (current) => ({
      value: ended(present(current, 'a job that ends has begun'), end, now),
      result: undefined,
    }));
  }
}
