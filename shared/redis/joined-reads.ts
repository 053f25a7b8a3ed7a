/**
 * Reads that are asked for in one turn of the event loop are sent as one command: fields of one hash as one HMGET, and
 * whether keys exist as one EXISTS. Syncs of several securities go on side by side, and each asks for the same things.
 */
import type { Redis } from 'ioredis';

interface Asked<Reply> {
  readonly name: string;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (thrown: unknown) => void;
}

const TOGETHER_MAX = 500;
/** Where more of them exist, each is asked for as if it did. */
const EXISTING_RATIO_MAX = 1 / 8;

export class JoinedReads {
  private readonly redis: Redis;
  private readonly fields = new Map<string, Turn<string | null>>();
  private readonly existing: Turn<boolean>;

  constructor(redis: Redis) {
    this.redis = redis;
    this.existing = new Turn((keys) => this.whichMayExist(keys));
  }

  field(key: string, field: string): Promise<string | null> {
    let turn = this.fields.get(key);
    if (!turn) {
      turn = new Turn((fields) => {
        this.fields.delete(key);
        return this.redis.hmget(key, ...fields);
      });
      this.fields.set(key, turn);
    }
    return turn.ask(field);
  }

  /** @returns false only where the key does not exist */
  mayExist(key: string): Promise<boolean> {
    return this.existing.ask(key);
  }

  private async whichMayExist(keys: readonly string[]): Promise<readonly boolean[]> {
    const count = await this.redis.exists(...keys);
    if (count === 0) return keys.map(() => false);
    if (keys.length === 1 || count > keys.length * EXISTING_RATIO_MAX) return keys.map(() => true);
    const half = keys.length >> 1;
    const [first, second] = await Promise.all([
      this.whichMayExist(keys.slice(0, half)),
      this.whichMayExist(keys.slice(half)),
    ]);
    return [...first, ...second];
  }
}

/** What is asked for until the turn ends, and answered together. */
class Turn<Reply> {
  private readonly answer: (names: string[]) => Promise<readonly Reply[]>;
  private asked: Asked<Reply>[] = [];

  constructor(answer: (names: string[]) => Promise<readonly Reply[]>) {
    this.answer = answer;
  }

  ask(name: string): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.asked.length === 0) process.nextTick(() => void this.send());
      this.asked.push({ name, resolve, reject });
      if (this.asked.length >= TOGETHER_MAX) void this.send();
    });
  }

  private async send(): Promise<void> {
    const { asked } = this;
    this.asked = [];
    if (asked.length === 0) return;
    try {
      const replies = await this.answer(asked.map(({ name }) => name));
      for (const [i, { resolve }] of asked.entries()) resolve(replies[i] as Reply);
    } catch (thrown) {
      for (const { reject } of asked) reject(thrown);
    }
  }
}
