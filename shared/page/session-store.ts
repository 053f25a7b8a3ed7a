/** Sessions and failed sign-ins, in Redis: any board's page knows them, and a restart keeps them. */
import { createHash, randomBytes } from 'node:crypto';
import * as z from 'zod';
import { DAY_MS, type Instant } from '#shared/kernel/instant.ts';
import { storedInstant } from '#shared/redis/codec.ts';
import type { Database } from '#shared/redis/database.ts';
import type { Write } from '#shared/redis/change.ts';
import { keys } from '#shared/redis/keys.ts';
import { waitMs, withFailure, type Attempts } from './model/lock-out.ts';
import {
  isOver,
  isRotationDue,
  matchOf,
  roles,
  rotated,
  SESSION_MS_MAX,
  type Session,
} from './model/session.ts';

const sessionSchema: z.ZodType<Session> = z.strictObject({
  id: z.string(),
  role: z.enum(roles),
  digest: z.string(),
  previousDigest: z.string().optional(),
  rotatedAt: storedInstant,
  createdAt: storedInstant,
  seenAt: storedInstant,
  provedAt: storedInstant,
  csrf: z.string(),
  device: z.string(),
  address: z.string(),
});

const attemptsSchema: z.ZodType<Attempts> = z.strictObject({
  failures: z.number().int(),
  lastAt: storedInstant,
  lockedUntil: storedInstant.optional(),
});

/** What a cookie says: which session, and the secret that proves it. */
const COOKIE = /^([0-9a-f]{32})\.([0-9a-f]{64})$/;
/** Seen is written down no more often than this. */
const SEEN_MS = 60_000;

export interface Opened {
  readonly session: Session;
  /** To be set in the browser; absent where it has the right one. */
  readonly cookie?: string | undefined;
}

interface Found {
  readonly opened?: Opened;
  /** A copy of an old secret came. */
  readonly isStolen?: boolean;
}

export class SessionStore {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  async begin(
    who: Pick<Session, 'role' | 'device' | 'address'>,
    now: Instant,
  ): Promise<Opened & { readonly cookie: string }> {
    const [id, secret, csrf] = [token(16), token(32), token(32)];
    const times = { createdAt: now, seenAt: now, rotatedAt: now, provedAt: now };
    const session: Session = { ...who, ...times, id, csrf, digest: digestOf(secret) };
    await this.database.update(keys.page.session(id), sessionSchema, () => ({
      value: session,
      result: undefined,
      write: this.kept(id, now),
    }));
    return { session, cookie: `${id}.${secret}` };
  }

  /** The session of the first of the cookies that has one. */
  async findAny(
    cookies: readonly string[],
    now: Instant,
    mayRotate: boolean,
  ): Promise<Opened | undefined> {
    for (const cookie of cookies) {
      const opened = await this.find(cookie, now, mayRotate);
      if (opened) return opened;
    }
    return undefined;
  }

  /** Whether the session has neither ended nor been ended. */
  async isOpen(id: string, now: Instant): Promise<boolean> {
    const session = await this.stored(id);
    return session !== undefined && !isOver(session, now);
  }

  /**
   * The session of a cookie. One whose secret was replaced long ago is a copy: then it ends for all.
   * @param mayRotate whether the answer can set a cookie
   */
  private async find(
    cookie: string,
    now: Instant,
    mayRotate: boolean,
  ): Promise<Opened | undefined> {
    const [, id, secret] = COOKIE.exec(cookie) ?? [];
    if (id === undefined || secret === undefined) return undefined;
    const [digest, fresh] = [digestOf(secret), token(32)];
    const key = keys.page.session(id);
    const found = await this.database.update<Session, Found>(key, sessionSchema, (current) => {
      const match = current && matchOf(current, digest, now);
      if (!current || match === 'unknown' || isOver(current, now)) return { result: {} };
      if (match === 'stolen') return { result: { isStolen: true } };
      if (match === 'current' && mayRotate && isRotationDue(current, now)) {
        const value = rotated(current, digestOf(fresh), now);
        return { value, result: { opened: { session: value, cookie: `${id}.${fresh}` } } };
      }
      if (now - current.seenAt < SEEN_MS) return { result: { opened: { session: current } } };
      const value = { ...current, seenAt: now };
      return { value, result: { opened: { session: value } } };
    });
    if (found.isStolen) await this.end(id);
    return found.opened;
  }

  /** The password was given once more. */
  async prove(id: string, now: Instant): Promise<void> {
    await this.database.update(keys.page.session(id), sessionSchema, (current) =>
      current ? { value: { ...current, provedAt: now }, result: undefined } : { result: undefined },
    );
  }

  /** Newest first; those that have ended are forgotten. */
  async list(now: Instant): Promise<readonly Session[]> {
    const { redis } = this.database;
    const ids = await redis.zrevrange(keys.page.sessions(), 0, -1);
    const found = await Promise.all(ids.map((id) => this.stored(id)));
    const gone = ids.filter((_id, index) => {
      const session = found[index];
      return !session || isOver(session, now);
    });
    if (gone.length > 0) await redis.zrem(keys.page.sessions(), ...gone);
    return found.filter((session) => session !== undefined && !isOver(session, now)) as Session[];
  }

  async end(id: string): Promise<void> {
    await this.database.redis.del(keys.page.session(id));
    await this.database.redis.zrem(keys.page.sessions(), id);
  }

  async endAll(): Promise<void> {
    const ids = await this.database.redis.zrevrange(keys.page.sessions(), 0, -1);
    for (const id of ids) await this.end(id);
  }

  /** @returns how long the address has to wait; 0 where it may try */
  async waitMs(address: string, now: Instant): Promise<number> {
    const found = await this.database.find(keys.page.attempts(addressKey(address)), attemptsSchema);
    return waitMs(found?.value, now);
  }

  /** @returns how long the address has to wait now */
  async failed(address: string, now: Instant): Promise<number> {
    const key = keys.page.attempts(addressKey(address));
    return this.database.update<Attempts, number>(key, attemptsSchema, (current) => {
      const value = withFailure(current, now);
      const write: Write[] = [{ op: 'PEXPIRE', key, args: [String(DAY_MS)] }];
      return { value, result: waitMs(value, now), write };
    });
  }

  async succeeded(address: string): Promise<void> {
    const key = keys.page.attempts(addressKey(address));
    await this.database.redis.del(key);
  }

  private async stored(id: string): Promise<Session | undefined> {
    return (await this.database.find(keys.page.session(id), sessionSchema))?.value;
  }

  private kept(id: string, now: Instant): Write[] {
    return [
      { op: 'PEXPIRE', key: keys.page.session(id), args: [String(SESSION_MS_MAX)] },
      { op: 'ZADD', key: keys.page.sessions(), args: [String(now), id] },
    ];
  }
}

function token(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}

function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** An address comes from outside; its digest is safe in a key. */
function addressKey(address: string): string {
  return digestOf(address).slice(0, 32);
}
