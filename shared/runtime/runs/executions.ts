/**
 * Runs that a function executes apart from the call that asked for it. The function holds a lease
 * on the run while it works and stores how it ended; the connector polls for that. No connection
 * has to last as long as the run does.
 */
import type { Redis } from 'ioredis';
import * as z from 'zod';
import { atFirstUse } from '#shared/kernel/at-first-use.ts';
import type { FailureBody } from '#shared/kernel/failure.ts';
import { decode, encode } from '#shared/redis/codec.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';
import { untilAccepted } from './until-accepted.ts';

export type Execution =
  | { readonly attempt: string; readonly state: 'running' }
  | {
      readonly attempt: string;
      readonly state: 'done';
      /** The final message. */
      readonly last?: string | undefined;
    }
  | {
      readonly attempt: string;
      readonly state: 'failed';
      readonly failure: FailureBody;
      /** It made more progress than the attempts before it. */
      readonly hasAdvanced: boolean;
    };

const attempt = z.string();
const executionSchema = atFirstUse(() =>
  z.discriminatedUnion('state', [
    z.object({ state: z.literal('running'), attempt }),
    z.object({ state: z.literal('done'), attempt, last: z.string().optional() }),
    z.object({
      state: z.literal('failed'),
      attempt,
      hasAdvanced: z.boolean(),
      failure: z.looseObject({ code: z.string(), message: z.string() }),
    }),
  ]),
);

/** A dead process is detected when its lease expires. */
const LEASE_MS = 12_000;
const RENEWAL_MS = 3_000;
/** The outcome is kept until its connector, or the next one, has read it. */
const ENDED_KEPT_MS = 24 * 3_600_000;

/** Writes the value unless another attempt holds the run. */
const SET_IF_OWN = `
local held = redis.call('GET', KEYS[1])
if held and cjson.decode(held).attempt ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
`;
const DELETE_IF_OWN = `
local held = redis.call('GET', KEYS[1])
if held and cjson.decode(held).attempt == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`;

export class Executions {
  private readonly redis: Redis;
  /** Attempts that this process works on, by run. */
  private readonly own = new Map<string, string>();

  constructor({ redis }: Pick<Database, 'redis'>) {
    this.redis = redis;
  }

  /** The same through another object of the connection. */
  through({ redis }: Pick<Database, 'redis'>): Executions {
    return Object.assign(Object.create(this) as Executions, { redis });
  }

  /**
   * Takes the run, unless it is being executed already or has ended without its connector's notice.
   * @returns whether this attempt has it
   */
  async begin(run: string, attemptId: string): Promise<boolean> {
    // Also where the lease has lapsed because the thread was blocked for so long.
    if (this.own.has(run)) return false;
    const held = encode({ attempt: attemptId, state: 'running' } satisfies Execution);
    const key = keys.runtime.execution(run);
    if ((await this.redis.set(key, held, 'PX', LEASE_MS, 'NX')) !== 'OK') return false;
    this.own.set(run, attemptId);
    return true;
  }

  /**
   * Renews the lease until it is closed.
   * @param lost called when another attempt has the run; this one must end
   */
  hold(run: string, attemptId: string, lost: () => void): { close(): void } {
    const timer = setInterval(() => {
      const held: Execution = { attempt: attemptId, state: 'running' };
      // Redis may be away for a moment; the next renewal tries again.
      void this.write(run, held, LEASE_MS).then(
        (isOwn) => {
          if (!isOwn) lost();
        },
        () => undefined,
      );
    }, RENEWAL_MS);
    return { close: () => clearInterval(timer) };
  }

  /**
   * Stores how the attempt ended, as soon as Redis accepts it; stores nothing where another attempt
   * has the run.
   */
  async end(run: string, ended: Execution): Promise<void> {
    try {
      await untilAccepted(() => this.write(run, ended, ENDED_KEPT_MS));
    } finally {
      this.own.delete(run);
    }
  }

  /** @returns undefined where the run is not being executed, or its process died */
  async read(run: string): Promise<Execution | undefined> {
    const key = keys.runtime.execution(run);
    const json = await this.redis.get(key);
    return json === null ? undefined : (decode(executionSchema(), json, key) as Execution);
  }

  /** The connector has read how the attempt ended; the run may be taken again. */
  async forget(run: string, { attempt: attemptId }: Execution): Promise<void> {
    await this.redis.eval(DELETE_IF_OWN, 1, keys.runtime.execution(run), attemptId);
  }

  private async write(run: string, execution: Execution, forMs: number): Promise<boolean> {
    const key = keys.runtime.execution(run);
    const json = encode(execution);
    return (await this.redis.eval(SET_IF_OWN, 1, key, execution.attempt, json, forMs)) === 1;
  }
}
