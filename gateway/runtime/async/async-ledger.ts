/**
 * The size of the queue, so that it never fills the memory that plans and orders need too. Waiting
 * calls and dead letters have separate bounds: dead letters never block new calls.
 */
import type { JobType } from 'bullmq';
import type { FunctionQueues } from '#gateway/queue/function-queues.ts';

export interface LedgerBounds {
  readonly waitingBytesMax: number;
  readonly deadBytesMax: number;
}

/** What a job costs beside its body: its hash, its place in the lists. */
const JOB_BYTES = 1_024;

/** Names a job in the ledger. */
export function keyOf(kind: 'call' | 'callback', queueName: string, id: string): string {
  return `${kind} ${queueName} ${id}`;
}

export class AsyncLedger {
  private readonly bounds: LedgerBounds;
  private readonly waiting = new Map<string, number>();
  /** From the oldest death to the latest. */
  private readonly dead = new Map<string, number>();
  private waitingBytes = 0;
  private deadBytes = 0;

  constructor(bounds: LedgerBounds) {
    this.bounds = bounds;
  }

  /** Counts the jobs an earlier host left behind. */
  async count<Data>(
    kind: 'call' | 'callback',
    functionQueues: FunctionQueues<Data>,
  ): Promise<void> {
    for (const queueName of await functionQueues.names()) {
      const queue = functionQueues.queueOf(queueName);
      const sizes = async (states: JobType[]): Promise<[string, number][]> => {
        const ids = await queue.getRanges(states, 0, -1, true);
        const sizing = functionQueues.redis.pipeline();
        for (const id of ids) sizing.hstrlen(queue.toKey(id), 'data');
        const results = (await sizing.exec()) ?? [];
        return ids.map((id, i) => [id, Number(results[i]?.[1] ?? 0)]);
      };
      for (const [id, bytes] of await sizes(['active', 'wait', 'delayed']))
        this.waits(keyOf(kind, queueName, id), bytes);
      for (const [id, bytes] of await sizes(['failed']))
        this.dies(keyOf(kind, queueName, id), bytes);
    }
  }

  hasRoom(bytes: number): boolean {
    return this.waitingBytes + bytes + JOB_BYTES <= this.bounds.waitingBytesMax;
  }

  waits(job: string, bytes: number): void {
    this.forget(job);
    this.waiting.set(job, bytes + JOB_BYTES);
    this.waitingBytes += bytes + JOB_BYTES;
  }

  /** @returns the dead letters beyond the bound, the oldest first */
  dies(job: string, bytes: number): readonly string[] {
    this.forget(job);
    this.dead.set(job, bytes + JOB_BYTES);
    this.deadBytes += bytes + JOB_BYTES;
    const dropped: string[] = [];
    for (const oldest of this.dead.keys()) {
      if (this.deadBytes <= this.bounds.deadBytesMax) break;
      dropped.push(oldest);
      this.forget(oldest);
    }
    return dropped;
  }

  forget(job: string): void {
    this.waitingBytes -= this.waiting.get(job) ?? 0;
    this.deadBytes -= this.dead.get(job) ?? 0;
    this.waiting.delete(job);
    this.dead.delete(job);
  }
}
