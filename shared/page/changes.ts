/**
 * What has changed since the page was last drawn: a fingerprint of the state in Redis, asked for once
 * every two seconds for all streams of a process together, and for none when nobody watches.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { jobs } from '#shared/contract/jobs.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';
import { ownerOf } from '#shared/redis/owned-key.ts';

const POLL_MS = 2_000;
const BEAT_MS = 20_000;
/** Before a platform's own limit ends it; the browser opens the next one by itself. */
const STREAM_MS_MAX = 50_000;
const RETRY_MS = 1_000;
const STREAMS_MAX = 20;

/** Parts of the state by name; events name the changed ones. */
type Fingerprint = Readonly<Record<string, string>>;

/** A page that listens. */
interface Watch {
  readonly signal: AbortSignal;
  /** Asked before each look at the state; the stream ends where it may not. */
  readonly mayGoOn: () => Promise<boolean>;
  /** The session that listens; what it is shown differs from what others are. */
  readonly sessionId: string;
  /** Of the event that it heard last, or of the state that it was made from; empty where it has neither. */
  readonly lastId: string;
}

export class Changes {
  private readonly database: Database;
  private current: { readonly atMs: number; readonly asked: Promise<Fingerprint> } | undefined;
  private streams = 0;

  constructor(database: Database) {
    this.database = database;
  }

  get isFull(): boolean {
    return this.streams >= STREAMS_MAX;
  }

  /** The id of the state, for a page that is made from it afterwards: its stream tells what changed since. */
  async stateId(sessionId: string): Promise<string> {
    return idOf(await this.readFingerprint(), { sessionId });
  }

  /**
   * Server-sent events: `changed` naming the parts, and a `beat` while nothing happens.
   * Each has the id of the state; a reader that comes back with another one hears at once that something has changed.
   */
  async *events(watch: Watch): AsyncGenerator<string> {
    this.streams += 1;
    try {
      const known = await this.readFingerprint();
      const { lastId } = watch;
      const isOther = lastId !== '' && lastId !== idOf(known, watch);
      yield `retry: ${RETRY_MS}\n${eventText(isOther ? 'changed' : 'beat', '0', idOf(known, watch))}`;
      yield* this.until(performance.now() + STREAM_MS_MAX, known, watch);
    } finally {
      this.streams -= 1;
    }
  }

  private async *until(endMs: number, first: Fingerprint, watch: Watch): AsyncGenerator<string> {
    const { signal, mayGoOn } = watch;
    let known = first;
    let saidMs = performance.now();
    while (performance.now() < endMs && !signal.aborted) {
      await sleep(POLL_MS, undefined, { signal, ref: false }).catch(() => undefined);
      if (!(await mayGoOn())) return;
      const next = await this.readFingerprint();
      const parts = Object.keys(next).filter((part) => next[part] !== known[part]);
      const id = idOf(next, watch);
      if (parts.length > 0) yield eventText('changed', parts.join(' '), id);
      else if (performance.now() - saidMs >= BEAT_MS) yield eventText('beat', '0', id);
      else continue;
      [known, saidMs] = [next, performance.now()];
    }
  }

  private readFingerprint(): Promise<Fingerprint> {
    const nowMs = performance.now();
    if (!this.current || nowMs - this.current.atMs >= POLL_MS / 2)
      this.current = { atMs: nowMs, asked: this.ask() };
    return this.current.asked;
  }

  private async ask(): Promise<Fingerprint> {
    const { redis } = this.database;
    const account = DEFAULT_ACCOUNT;
    const version = (key: string): Promise<string | null> => redis.hget(key, 'version');
    const [plan = ''] = await redis.zrevrange(keys.planning.byTime(), 0, 0);
    const cycle = ownerOf((await redis.get(keys.gateway.runningCycle())) ?? '');
    const [control, planned, proposed, booked, orders, live, run, ...jobVersions] =
      await Promise.all([
        version(keys.trading.control()),
        version(keys.planning.plan(plan)),
        version(keys.gateway.proposals(account)),
        version(keys.portfolio.book(account)),
        redis.zcard(keys.trading.byTime(account)),
        redis.scard(keys.trading.live(account)),
        version(keys.gateway.cycle(cycle)),
        // That of the notices runs every minute, and shows nothing new.
        ...jobs
          .filter(({ name }) => name !== 'notices')
          .map(({ name }) => version(keys.gateway.job(name))),
      ]);
    return {
      state: String(control),
      plan: `${plan} ${planned} ${proposed}`,
      book: String(booked),
      orders: `${orders} ${live}`,
      run: `${cycle} ${run}`,
      jobs: jobVersions.join(' '),
    };
  }
}

function idOf(state: Fingerprint, { sessionId }: Pick<Watch, 'sessionId'>): string {
  const text = JSON.stringify([sessionId, state]);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function eventText(event: string, data: string, id: string): string {
  return `id: ${id}\nevent: ${event}\ndata: ${data}\n\n`;
}
