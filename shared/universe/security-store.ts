/**
 * The securities of the universe. Three operations write three separate hashes (description,
 * fundamentals, removal), so that none overwrites another's change.
 */
import { atFirstUse } from '#shared/kernel/at-first-use.ts';
import { storedFigures } from '#shared/clients/stored-figures.ts';
import * as z from 'zod';
import type { Isin } from '#shared/kernel/isin.ts';
import {
  decode,
  encode,
  storedCurrency,
  storedDay,
  storedDecimal,
  storedInstant,
  storedIsin,
} from '#shared/redis/codec.ts';
import type { Database } from '#shared/redis/database.ts';
import type { Write } from '#shared/redis/change.ts';
import { keys } from '#shared/redis/keys.ts';
import type { Fundamentals, Security } from './model/security.ts';

/** A security as it was added: without its fundamentals and its removal. */
export type Description = Omit<Security, 'fundamentals' | 'removed'>;
type Removal = NonNullable<Security['removed']>;

const descriptionSchema = atFirstUse(() =>
  z.object({
    isin: storedIsin,
    symbol: z.string().min(1),
    name: z.string(),
    exchange: z.string(),
    currency: storedCurrency,
    country: z.string().optional(),
    sector: z.string().optional(),
    industry: z.string().optional(),
    securityType: z.string(),
    lot: storedDecimal,
    addedAt: storedInstant,
    /** Idempotency key of the call that added it; a repeat of that call finds its own work. */
    addedBy: z.string(),
  }),
);

const fundamentalsSchema = atFirstUse(() =>
  z.object({
    asOf: storedDay,
    fetchedAt: storedInstant,
    ...storedFigures,
  }),
);

const removalSchema = atFirstUse(() =>
  z.object({
    at: storedInstant,
    reason: z.string(),
    /** Idempotency key of the call that removed it. */
    removedBy: z.string(),
  }),
);

const { securities, fundamentals, removals } = keys.universe;

export class SecurityStore {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** All securities, removed ones too, by symbol. @throws Failure DATA_CORRUPT */
  all(): Promise<readonly Security[]> {
    const keys = [securities(), fundamentals(), removals()];
    return this.database.derive('securities', keys, () => this.readAll());
  }

  private async readAll(): Promise<readonly Security[]> {
    const { redis } = this.database;
    const [described, known, removed] = await Promise.all([
      redis.hgetall(securities()),
      redis.hgetall(fundamentals()),
      redis.hgetall(removals()),
    ]);
    return Object.entries(described)
      .map(([isin, json]) => this.read(isin, json, known[isin], removed[isin]))
      .sort(bySymbol);
  }

  /** @throws Failure DATA_CORRUPT */
  async find(isin: Isin): Promise<Security | undefined> {
    return (await this.some([isin]))[0];
  }

  /** Those that are there, in the order asked for. @throws Failure DATA_CORRUPT */
  some(isins: readonly Isin[]): Promise<readonly Security[]> {
    const keys = [securities(), fundamentals(), removals()];
    return this.database.derive(`securities:${isins.join()}`, keys, () => this.readSome(isins));
  }

  private async readSome(isins: readonly Isin[]): Promise<readonly Security[]> {
    if (isins.length === 0) return [];
    const { redis } = this.database;
    const [described, known, removed] = await Promise.all([
      redis.hmget(securities(), ...isins),
      redis.hmget(fundamentals(), ...isins),
      redis.hmget(removals(), ...isins),
    ]);
    return isins.flatMap((isin, i) => {
      const json = described[i] ?? undefined;
      if (json === undefined) return [];
      return this.read(isin, json, known[i] ?? undefined, removed[i] ?? undefined);
    });
  }

  private read(
    isin: string,
    json: string,
    known: string | undefined,
    removed: string | undefined,
  ): Security {
    const whole = [json, known ?? '', removed ?? ''].join('\n');
    return this.database.read(`${securities()}:${isin}`, whole, () =>
      readSecurity(isin, json, known, removed),
    );
  }

  /**
   * Adds a security that is not there yet.
   * @param key idempotency key of the call
   * @returns whether it is now there because of that call, be it this run of it or an earlier one
   */
  async add(description: Description, key: string): Promise<boolean> {
    const { redis } = this.database;
    const json = encode({ ...description, addedBy: key });
    if ((await redis.hsetnx(securities(), description.isin, json)) === 1) return true;
    const stored = await redis.hget(securities(), description.isin);
    return decode(descriptionSchema(), stored ?? '', describe(description.isin)).addedBy === key;
  }

  /** Changes what is known about a security that is there; writes nothing when nothing differs. */
  async describe(isin: Isin, change: Partial<Description>): Promise<void> {
    const { redis } = this.database;
    const json = await redis.hget(securities(), isin);
    if (json === null) return;
    const changed = encode({ ...decode(descriptionSchema(), json, describe(isin)), ...change });
    if (changed !== json) await redis.hset(securities(), isin, changed);
  }

  async putFundamentals(isin: Isin, value: Fundamentals): Promise<void> {
    await this.database.redis.hset(fundamentals(), isin, encode(value));
  }

  /**
   * Takes a security out of the universe; a second removal changes nothing.
   * @returns whether it is out because of the call with this key
   */
  async remove(isin: Isin, removal: Removal, key: string): Promise<boolean> {
    const { redis } = this.database;
    const json = encode({ ...removal, removedBy: key });
    if ((await redis.hsetnx(removals(), isin, json)) === 1) return true;
    const stored = (await redis.hget(removals(), isin)) ?? json;
    return decode(removalSchema(), stored, `removal of ${isin}`).removedBy === key;
  }

  /** Puts a removed security back, as the call with this key describes it. */
  async restore(description: Description, key: string): Promise<void> {
    const { isin } = description;
    const json = encode({ ...description, addedBy: key });
    const write: Write[] = [
      { op: 'HSET', key: securities(), args: [isin, json] },
      { op: 'HDEL', key: removals(), args: [isin] },
    ];
    await this.database.commit([], write);
  }
}

function readSecurity(
  isin: string,
  json: string,
  known: string | undefined,
  removed: string | undefined,
): Security {
  const { addedBy: _, ...described } = decode(descriptionSchema(), json, describe(isin));
  return {
    ...described,
    ...(known !== undefined && {
      fundamentals: decode(fundamentalsSchema(), known, `fundamentals of ${isin}`),
    }),
    ...(removed !== undefined && { removed: readRemoval(isin, removed) }),
  };
}

function readRemoval(isin: string, json: string): Removal {
  const { at, reason } = decode(removalSchema(), json, `removal of ${isin}`);
  return { at, reason };
}

function describe(isin: string): string {
  return `security ${isin}`;
}

/** By symbol, and by ISIN where two exchanges use one symbol. */
function bySymbol(a: Security, b: Security): number {
  const [x, y] = [`${a.symbol} ${a.isin}`, `${b.symbol} ${b.isin}`];
  return x < y ? -1 : x > y ? 1 : 0;
}
