/**
 * Detects when the state in Redis is not the one this installation last worked on: emptied,
 * replaced by another, or restored from an older copy. Each start and each commit that trades
 * compares the epoch in Redis with the one on record outside it; see
 * docs/decisions/014-epoch-of-the-state.md.
 */
import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { Failure } from '#shared/kernel/failure.ts';
import { isBehind, laterEpoch, type Epoch } from './epoch.ts';
import { keys } from './keys.ts';
import { UnreadableRecord, type OutsideRecords } from './outside-records.ts';

export type StateCheck =
  | { readonly kind: 'kept'; readonly epoch: Epoch }
  | { readonly kind: 'lost'; readonly why: string };

interface Held {
  /** Undefined where Redis holds none. */
  readonly epoch: Epoch | undefined;
  /** The fault that another process found in this state. */
  readonly doubt: string | undefined;
}

export class StateEpoch {
  private readonly redis: Redis;
  private readonly records: OutsideRecords;
  /** Of this process, one for all that go through other objects of the connection: the latest that was seen. */
  private readonly latest: { seen?: Epoch } = {};

  constructor(redis: Redis, records: OutsideRecords) {
    this.redis = redis;
    this.records = records;
  }

  /** The same through another object of the connection. */
  through(redis: Redis): StateEpoch {
    return Object.assign(Object.create(this) as StateEpoch, { redis });
  }

  /** Compares Redis with the record; starts a new epoch where neither has one. */
  async verdict(): Promise<StateCheck> {
    const known = await this.known().catch((thrown: unknown) => {
      if (thrown instanceof UnreadableRecord) return thrown;
      throw thrown;
    });
    if (known instanceof UnreadableRecord) return lost(known.message);
    const held = await this.held();
    if (held.doubt !== undefined) return lost(held.doubt);
    const epoch = held.epoch ?? (known ? undefined : await this.begin());
    if (!epoch) return lost('Redis is empty, or was begun anew');
    if (known && known.id !== epoch.id)
      return lost('Redis holds the state of another installation');
    if (known && isBehind(epoch, known)) return lost(`Redis holds ${behindText(epoch, known)}`);
    // If it cannot be written, the next order to be sent fails with the reason.
    this.sees(epoch);
    await this.putOnRecord().catch(() => undefined);
    return { kind: 'kept', epoch };
  }

  /** The epoch that a commit that trades expects in Redis. @throws Failure REFUSED `state-lost` */
  async required(): Promise<Epoch> {
    const verdict = await this.verdict();
    if (verdict.kind === 'lost') throw stateLost(verdict.why);
    return verdict.epoch;
  }

  /** An epoch that was read in Redis, or written there. */
  sees(epoch: Epoch): void {
    const isOlder = this.latest.seen?.id === epoch.id && isBehind(epoch, this.latest.seen);
    if (!isOlder) this.latest.seen = epoch;
  }

  /** Records the latest epoch outside Redis, if it is greater than the recorded one. */
  async putOnRecord(): Promise<void> {
    const { seen } = this.latest;
    if (!seen) return;
    const recorded = await this.records.latest();
    if (!recorded || recorded.id !== seen.id || isBehind(recorded, seen))
      await this.records.append(seen);
  }

  /**
   * Marks the state as lost, for all processes; trading is blocked until a person declares a new
   * beginning.
   */
  async raiseDoubt(why: string): Promise<void> {
    await this.redis.hset(keys.state.epoch(), 'doubt', why);
  }

  /**
   * Declares that the state in Redis is the one to go on with from here.
   * @param generationMin at the least, where a broker has seen later orders
   */
  async declare(generationMin = 1): Promise<Epoch> {
    const known = await this.known().catch(() => undefined);
    const { epoch: held } = await this.held();
    const generation = Math.max(
      generationMin,
      (known?.generation ?? 0) + 1,
      (held?.generation ?? 0) + 1,
    );
    const epoch = { id: known?.id ?? held?.id ?? newId(), generation, sequence: 0 };
    const key = keys.state.epoch();
    await this.redis.multi().del(key).hset(key, fieldsOf(epoch)).exec();
    await this.records.append(epoch);
    this.latest.seen = epoch;
    return epoch;
  }

  /** The latest that is known without asking Redis; undefined where nothing is. */
  async known(): Promise<Epoch | undefined> {
    const recorded = await this.records.latest();
    if (!recorded || !this.latest.seen) return recorded ?? this.latest.seen;
    return recorded.id === this.latest.seen.id ? laterEpoch(recorded, this.latest.seen) : recorded;
  }

  async held(): Promise<Held> {
    const key = keys.state.epoch();
    const [id, generation, sequence, doubt] = await this.redis.hmget(
      key,
      'id',
      'generation',
      'sequence',
      'doubt',
    );
    const isComplete = id && /^\d+$/.test(generation ?? '') && /^\d+$/.test(sequence ?? '');
    const epoch = isComplete
      ? { id, generation: Number(generation), sequence: Number(sequence) }
      : undefined;
    return { epoch, doubt: doubt ?? undefined };
  }

  /** Of several processes that start at once one succeeds; the others use its epoch. */
  private async begin(): Promise<Epoch | undefined> {
    await this.redis.hsetnx(keys.state.epoch(), 'id', newId());
    await this.redis.hsetnx(keys.state.epoch(), 'generation', '1');
    await this.redis.hsetnx(keys.state.epoch(), 'sequence', '0');
    return (await this.held()).epoch;
  }
}

/** The sentence for the operator, without its full stop. */
export function stateLostText(why: string): string {
  return (
    `The state in Redis is not the one that was last worked on (${why}): restore a backup ` +
    `(npm run restore -- FILE), or declare a new beginning (npm run state -- new-beginning); ` +
    'until then nothing is traded'
  );
}

export function stateLost(why: string): Failure {
  return new Failure('REFUSED', `${stateLostText(why)}.`, { rule: 'state-lost' });
}

function lost(why: string): StateCheck {
  return { kind: 'lost', why };
}

function behindText(held: Epoch, known: Epoch): string {
  return (
    `generation ${held.generation}, order ${held.sequence}, ` +
    `and it had come to generation ${known.generation}, order ${known.sequence}`
  );
}

function fieldsOf({ id, generation, sequence }: Epoch): Record<string, string> {
  return { id, generation: String(generation), sequence: String(sequence) };
}

function newId(): string {
  return randomBytes(8).toString('hex');
}
