/** Stores trading cycles, and which one is running. */
import * as z from 'zod';
import { conflict } from '#shared/kernel/failure.ts';
import type { CycleId, PlanId } from '#shared/kernel/identifiers.ts';
import { storedId, storedInstant } from '#shared/redis/codec.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';
import { claimOwned, leaseText, ownerOf, releaseOwned } from '#shared/redis/owned-key.ts';
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
  fence: z.number().optional(),
});

/** The record of a cycle as an attempt finds it. */
export interface HeldRecord {
  readonly record: CycleRecord;
  /** False where a later attempt has taken the cycle over. */
  readonly isOwn: boolean;
}

const RUNNING = keys.gateway.runningCycle();

export class CycleStore {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  async find(id: CycleId): Promise<CycleRecord | undefined> {
    const found = await this.database.find(keys.gateway.cycle(id), cycleSchema);
    return found?.value as CycleRecord | undefined;
  }

  /**
   * The cycle as it was left, or the new one, stored as this attempt's.
   * @returns the record, and whether it is this attempt's; not where a later one has begun already
   */
  async begin(fresh: CycleRecord, fence: number): Promise<HeldRecord> {
    return this.update(fresh.id, (current) => {
      if (current && (current.fence ?? 0) >= fence) return { record: current, isOwn: false };
      const record = { ...(current ? begunAgain(current) : fresh), fence };
      return { record, isOwn: true };
    });
  }

  /** Changes the record, unless a later attempt has taken the cycle over: then nothing is written. */
  async change(
    id: CycleId,
    fence: number,
    change: (cycle: CycleRecord) => CycleRecord,
  ): Promise<HeldRecord> {
    return this.update(id, (current) => {
      // It was stored when it began, and cycles are never deleted.
      if (!current) throw stateLost(`the cycle ${id} is gone`);
      if (current.fence !== fence) return { record: current, isOwn: false };
      return { record: change(current), isOwn: true };
    });
  }

  /** Writes what is the attempt's own. */
  private update(
    id: CycleId,
    change: (current: CycleRecord | undefined) => HeldRecord,
  ): Promise<HeldRecord> {
    return this.database.update(keys.gateway.cycle(id), cycleSchema, (current) => {
      const result = change(current as CycleRecord | undefined);
      return result.isOwn ? { value: result.record as never, result } : { result };
    });
  }

  /**
   * Acquires the lease of the running cycle; an attempt takes it over from an earlier one of its cycle.
   * @param known the record as it is stored, whose fencing token the new one exceeds
   * @param forMs after which an unreleased lease expires
   * @returns the fencing token of this attempt
   * @throws Failure CONFLICT naming the cycle that runs
   */
  async claim(id: CycleId, known: CycleRecord | undefined, forMs: number): Promise<number> {
    const terms = { fenceMin: known?.fence ?? 0, forMs };
    const lease = await claimOwned(this.database.redis, RUNNING, id, terms);
    if (lease.owner === id) return lease.fence;
    throw conflict(`The trading cycle ${lease.owner} runs; one at a time.`, {
      cycleId: lease.owner,
    });
  }

  /** Whether an attempt still has the lease: it may have expired while the process was suspended. */
  async holds(id: CycleId, fence: number): Promise<boolean> {
    return (await this.database.redis.get(RUNNING)) === leaseText({ owner: id, fence });
  }

  /** Remembers which cycle began to send orders last. */
  async putExecuting(id: CycleId): Promise<void> {
    await this.database.redis.set(keys.gateway.executingCycle(), id);
  }

  /** The cycle that began to send orders last. */
  executing(): Promise<string | null> {
    return this.database.redis.get(keys.gateway.executingCycle());
  }

  /** The cycle that holds the lease. */
  async running(): Promise<CycleRecord | undefined> {
    const lease = await this.database.redis.get(RUNNING);
    return lease === null ? undefined : this.find(ownerOf(lease) as CycleId);
  }

  /** Releases the lease, unless another attempt or cycle has acquired it since. */
  async release(id: CycleId, fence: number): Promise<void> {
    await releaseOwned(this.database.redis, RUNNING, leaseText({ owner: id, fence }));
  }
}
