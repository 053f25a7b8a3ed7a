/** Store of price doubts: one field for each security, absent where there is none. */
import * as z from 'zod';
import { atFirstUse } from '#shared/kernel/at-first-use.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { decode, encode, storedDay } from '#shared/redis/codec.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';
import type { PriceDoubt, PriceDoubts } from './model/price-doubt.ts';

const doubtsSchema = atFirstUse(() =>
  z.array(
    z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('dead-price'), day: storedDay, reason: z.string() }),
      z.object({ kind: z.literal('sources-disagree'), day: storedDay, reason: z.string() }),
      z.object({
        kind: z.literal('suspected-split'),
        day: storedDay,
        ratio: z.number().positive(),
        evidence: z.enum(['jump', 'adjusted-jump', 'rescaled-past', 'unconfirmed-jump']),
        isLive: z.boolean(),
      }),
    ]),
  ),
);

const { doubts } = keys.universe;

export class PriceDoubtStore {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** @throws Failure DATA_CORRUPT */
  all(): Promise<PriceDoubts> {
    return this.database.derive('price-doubts', [doubts()], async () => {
      const stored = await this.database.redis.hgetall(doubts());
      return new Map(
        Object.entries(stored).map(([isin, json]) => [isin as Isin, readDoubts(isin, json)]),
      );
    });
  }

  /** @throws Failure DATA_CORRUPT */
  async of(isin: Isin): Promise<readonly PriceDoubt[]> {
    const json = await this.database.field(doubts(), isin);
    return json === null ? [] : readDoubts(isin, json);
  }

  /** Replaces the doubts of one kind; writes nothing when nothing differs. */
  async put(isin: Isin, kind: PriceDoubt['kind'], found: readonly PriceDoubt[]): Promise<void> {
    const before = await this.of(isin);
    if (before.length === 0 && found.length === 0) return;
    const after = [...before.filter((doubt) => doubt.kind !== kind), ...found];
    if (encode(before) === encode(after)) return;
    if (after.length === 0) await this.database.redis.hdel(doubts(), isin);
    else await this.database.redis.hset(doubts(), isin, encode(after));
  }
}

function readDoubts(isin: string, json: string): readonly PriceDoubt[] {
  return decode(doubtsSchema(), json, `doubts about prices of ${isin}`);
}
