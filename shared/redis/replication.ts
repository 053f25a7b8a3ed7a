/**
 * Writes that trade are replicated to another board before they are acknowledged. Each guarded
 * commit sets a marker in the same script, followed by WAIT and a read of the marker on the same
 * connection: if the connection moved to another server in between, the marker shows whether that
 * server has the commit.
 */
import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { Failure } from '#shared/kernel/failure.ts';
import { keys } from './keys.ts';

export interface ReplicationRule {
  /** Replicas that must have a write; 0: none. */
  readonly replicas: number;
  readonly timeoutMs: number;
  /** How a write is handled that they do not acknowledge. */
  readonly unreplicated: 'refuse' | 'accept';
}

export const unreplicated: ReplicationRule = { replicas: 0, timeoutMs: 0, unreplicated: 'accept' };

export type ReplicationState =
  | { readonly kind: 'none' }
  | { readonly kind: 'protected' | 'unprotected'; readonly connected: number };

/**
 * After a replica was unreachable, other commands on this connection wait at most this long for it.
 */
const DOUBTFUL_TIMEOUT_MS = 200;

/**
 * A replica reports every second what it has. One that has not for longer than this is not counted, although the
 * connection to it, cut somewhere on its way, lasts until Redis' `repl-timeout`, 60 s unless it is set.
 */
const REPORT_AGE_SECONDS_MAX = 2;

/** A field of the epoch, so that it is on the promoted server only, and on its replicas. */
export const GOES_ALONE = 'alone';

export interface Script {
  readonly sha: string;
  readonly text: string;
}

/** Longer than Redis waits between two signs of life of a replica. */
const SILENT_SECONDS_MAX = 10;

/** Replicas that are missing of those that must have a write that trades. A connection may be open and lead nowhere. */
export function replicasMissing(info: ReadonlyMap<string, string>, required: number): number {
  return Math.max(0, required - replicasHeard(info, SILENT_SECONDS_MAX));
}

/** @param lines of what Redis says of its replication: name and text */
function replicasHeard(
  lines: Iterable<readonly [name: string, text: string]>,
  ageSecondsMax: number,
): number {
  return [...lines].filter(
    ([name, text]) =>
      /^slave\d+$/.test(name) &&
      /\bstate=online\b/.test(text) &&
      Number(/\blag=(\d+)/.exec(text)?.[1] ?? Infinity) <= ageSecondsMax,
  ).length;
}

export class Replication {
  private readonly redis: Redis;
  private readonly rule: ReplicationRule;
  private readonly markKey = keys.state.mark(randomBytes(8).toString('hex'));
  /** One for all that go through other objects of the connection. */
  private readonly known = { marks: 0, isDoubtful: false };

  constructor(redis: Redis, rule: ReplicationRule) {
    this.redis = redis;
    this.rule = rule;
  }

  /** The same through another object of the connection. */
  through(redis: Redis): Replication {
    return Object.assign(Object.create(this) as Replication, { redis });
  }

  get isRequired(): boolean {
    return this.rule.replicas > 0;
  }

  /** The key and value that a commit writes in its own script. */
  nextMark(): { readonly key: string; readonly value: string } {
    this.known.marks += 1;
    return { key: this.markKey, value: String(this.known.marks) };
  }

  /**
   * Runs a commit that sets the mark.
   * @throws Failure UNAVAILABLE `not-replicated` where it is written on one server only
   */
  async run(
    script: Script,
    args: readonly string[],
    count: number,
    mark: string,
  ): Promise<readonly unknown[]> {
    await this.requireReachable();
    let results = await this.send(['evalsha', script.sha, String(count), ...args]);
    if (results[0]?.[0]?.message.startsWith('NOSCRIPT'))
      results = await this.send(['eval', script.text, String(count), ...args]);
    const [[failed, answer] = [], [, acknowledged] = [], [, found] = []] = results;
    if (failed) throw failed;
    await this.note(Number(acknowledged) >= this.rule.replicas && found === mark);
    if (this.known.isDoubtful && !(await this.mayGoAlone())) throw this.notReplicated();
    return answer as readonly unknown[];
  }

  /** For the status: the number of replicas that report, and whether it is sufficient. */
  async state(): Promise<ReplicationState> {
    if (!this.isRequired) return { kind: 'none' };
    const info = await this.redis.info('replication');
    const lines = info.split(/\r?\n/).map((line) => {
      const end = line.indexOf(':');
      return [line.slice(0, end), line.slice(end + 1)] as const;
    });
    const connected = replicasHeard(lines, REPORT_AGE_SECONDS_MAX);
    const isEnough = connected >= this.rule.replicas && !this.known.isDoubtful;
    return { kind: isEnough ? 'protected' : 'unprotected', connected };
  }

  private send(commit: readonly string[]): Promise<[Error | null, unknown][]> {
    const [name = '', ...args] = commit;
    const { replicas, timeoutMs } = this.rule;
    const ms = this.known.isDoubtful ? Math.min(timeoutMs, DOUBTFUL_TIMEOUT_MS) : timeoutMs;
    return this.redis
      .pipeline([
        [name, ...args],
        ['wait', replicas, ms],
        ['get', this.markKey],
      ])
      .exec() as Promise<[Error | null, unknown][]>;
  }

  /** After a write without acknowledgement nothing more is written until the replicas are back. */
  private async requireReachable(): Promise<void> {
    if (!this.known.isDoubtful || (await this.mayGoAlone())) return;
    const { replicas, timeoutMs } = this.rule;
    const { key, value } = this.nextMark();
    const results = (await this.redis
      .pipeline([
        ['set', key, value, 'PX', 60_000],
        ['wait', replicas, timeoutMs],
        ['get', key],
      ])
      .exec()) as [Error | null, unknown][];
    const [[failed] = [], [, acknowledged] = [], [, found] = []] = results;
    if (failed) throw failed;
    await this.note(Number(acknowledged) >= replicas && found === value);
    if (this.known.isDoubtful) throw this.notReplicated();
  }

  /** The permission to trade without a replica ends when one is back. */
  private async note(isAcknowledged: boolean): Promise<void> {
    const isBack = this.known.isDoubtful && isAcknowledged;
    this.known.isDoubtful = !isAcknowledged;
    if (isBack) await this.redis.hdel(keys.state.epoch(), GOES_ALONE);
  }

  /** By the setting, or because a person promoted this server knowing that it has no replica. */
  private async mayGoAlone(): Promise<boolean> {
    if (this.rule.unreplicated === 'accept') return true;
    return (await this.redis.hexists(keys.state.epoch(), GOES_ALONE)) === 1;
  }

  private notReplicated(): Failure {
    const { replicas, timeoutMs } = this.rule;
    return new Failure(
      'UNAVAILABLE',
      `Fewer than ${replicas} replicas of Redis acknowledged a write that trades within ${timeoutMs} ms.`,
      { what: 'Redis', rule: 'not-replicated' },
    );
  }
}
