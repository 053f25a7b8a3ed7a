/** Stores trading cycles, and which one is running. */
import { z } from 'zod';
import { conflict } from '#shared/kernel/failure.ts';
import type { CycleId, PlanId } from '#shared/kernel/identifiers.ts';
import { storedId, storedInstant } from '#shared/redis/codec.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';
import { claimOwned, releaseOwned } from '#shared/redis/owned-key.ts';
import { stateLost } from '#shared/redis/state-epoch.ts';
import { begunAgain, type CycleRecord } from './model/cycle.ts';

const amount = z.object({ amount: z.string(), currency: z.string() });
const optionalAmount = amount.optional().transform((value) => value);

const holding = z.object({
  isin: z.string(),
  symbol: z.string(),
  quantity: z.number(),
  marketValue: optionalAmount,
  weightRatio: z.number(),
});

const snapshot = z.object({
  portfolioHash: z.string(),
  totalValue: optionalAmount,
  cash: optionalAmount,
  holdings: z.array(holding),
});

const sentOrder = z.object({
  tradeId: z.string(),
  symbol: z.string(),
  side: z.enum(['BUY', 'SELL']),
  quantity: z.number(),
  price: amount.optional(),
  success: z.boolean(),
  error: z.string(),
});

const cycleSchema = z.object({
  id: storedId<CycleId>(),
  dryRun: z.boolean(),
  buysOnly: z.boolean(),
  startedAt: storedInstant,
  stepsDone: z.array(z.string()),
  before: snapshot.optional(),
  planId: storedId<PlanId>().optional(),
  executionBegan: z.boolean(),
  sent: z.record(z.string(), sentOrder),
  attempt: z
    .object({
      tradeId: z.string(),
      at: storedInstant,
      steady: z.object({ boot: z.string(), ms: z.number() }).optional(),
    })
    .optional(),
  replaced: z.object({ planId: z.string(), why: z.string() }).optional(),
  approval: z.object({ digest: z.string(), until: storedInstant }).optional(),
  endedAt: storedInstant.optional(),
  failure: z.string().optional(),
  cancelled: z.boolean().optional(),
});

export class CycleStore {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  async find(id: CycleId): Promise<CycleRecord | undefined> {
    const found = await this.database.find(keys.gateway.cycle(id), cycleSchema);
    return found?.value as CycleRecord | undefined;
  }

  /** The cycle as it was left, or the new one, stored. */
  async begin(fresh: CycleRecord): Promise<CycleRecord> {
    return this.database.update(keys.gateway.cycle(fresh.id), cycleSchema, (current) => {
      const next = current ? begunAgain(current as CycleRecord) : fresh;
      return next === current ? { result: next } : { value: next as never, result: next };
    });
  }

  async change(id: CycleId, change: (cycle: CycleRecord) => CycleRecord): Promise<CycleRecord> {
    return this.database.update(keys.gateway.cycle(id), cycleSchema, (current) => {
      // It was stored when it began, and cycles are never deleted.
      if (!current) throw stateLost(`the cycle ${id} is gone`);
      const next = change(current as CycleRecord);
      return { value: next as never, result: next };
    });
  }

  /**
   * Takes the lock of the running cycle; resuming a cycle takes its lock over.
   * @param forMs after which an unreleased lock expires
   * @throws Failure CONFLICT naming the cycle that runs
   */
  async claim(id: CycleId, forMs: number): Promise<void> {
    const key = keys.gateway.runningCycle();
    const running = await claimOwned(this.database.redis, key, id, forMs);
    if (running !== id)
      throw conflict(`The trading cycle ${running} runs; one at a time.`, {
        cycleId: running,
      });
  }

  /** The cycle that holds the lock. */
  async running(): Promise<CycleRecord | undefined> {
    const id = await this.database.redis.get(keys.gateway.runningCycle());
    return id === null ? undefined : this.find(id as CycleId);
  }

  /** Releases the lock, unless another cycle has taken it since. */
  async release(id: CycleId): Promise<void> {
    await releaseOwned(this.database.redis, keys.gateway.runningCycle(), id);
  }
}
