/**
 * Records whether a call has changed anything yet, by wrapping the dependencies that can change something. A call
 * that fails before its first effect is a plain failure; one that fails after it has an unknown outcome.
 */
import type { Command, Redis } from 'ioredis';
import type { Broker } from '#shared/clients/broker/broker.ts';
import type { FunctionsClient } from '#shared/clients/functions-client.ts';
import { Failure } from '#shared/kernel/failure.ts';
import type { Effect } from '#shared/contract/row.ts';
import { isOpen } from '#shared/contract/unknown-outcome.ts';
import type { Database } from '#shared/redis/database.ts';
import type { Dependencies } from '../context.ts';
import type { Runs } from '../runs/runs.ts';

/** Commands that change nothing; any other counts as a change. */
const READS = new Set(
  (
    'get mget strlen exists ttl pttl type hget hmget hgetall hkeys hvals hlen hexists hscan lrange ' +
    'lindex llen smembers sismember scard zrange zrevrange zrangebyscore zrevrangebyscore zscore ' +
    'zcard zcount scan info ping time xrange xlen'
  ).split(' '),
);

type Changing = Pick<Dependencies, 'database' | 'broker' | 'functions' | 'runs'>;

export class Effects {
  private writes = 0;
  private trades = 0;

  /** `trades`: money or orders may have moved, or another operation that moves them was called. */
  get seen(): Effect {
    return this.trades > 0 ? 'trades' : this.writes > 0 ? 'writes' : 'reads';
  }

  private note(effect: Effect, by = 1): void {
    if (effect === 'writes') this.writes += by;
    if (effect === 'trades') this.trades += by;
  }

  /** The same dependencies; each effect is recorded before it happens. */
  watch({ database, broker, functions, runs }: Changing): Changing {
    return {
      database: this.database(database),
      broker: this.broker(broker),
      functions: this.functions(functions),
      runs: this.runs(runs),
    };
  }

  /** Records an effect; removes it when the work is definitely refused. */
  private async unlessDecided<R>(effect: Effect, work: Promise<R>): Promise<R> {
    this.note(effect);
    try {
      return await work;
    } catch (thrown) {
      if (thrown instanceof Failure && !isOpen(thrown)) this.note(effect, -1);
      throw thrown;
    }
  }

  private database(database: Database): Database {
    const { redis } = database;
    const sendCommand = (command: Command, stream?: never): unknown => {
      if (!READS.has(command.name.toLowerCase())) this.note('writes');
      return redis.sendCommand(command, stream);
    };
    const commit: Database['commit'] = async (...args) => {
      const done = await this.unlessDecided('writes', database.commit(...args));
      if (!done) this.note('writes', -1);
      return done;
    };
    return derived(database, { redis: derived(redis, { sendCommand } as Partial<Redis>), commit });
  }

  private broker(broker: Broker): Broker {
    const { funding } = broker;
    const moving = <R>(work: Promise<R>): Promise<R> => this.unlessDecided('trades', work);
    return derived(broker, {
      submit: (...args) => moving(broker.submit(...args)),
      cancel: (...args) => moving(broker.cancel(...args)),
      ...(funding && {
        funding: derived(funding, {
          deposit: (...args) => moving(funding.deposit(...args)),
          book: (...args) => moving(funding.book(...args)),
        }),
      }),
    });
  }

  /** The failure of another operation says whether it may have changed something. */
  private functions(functions: FunctionsClient): FunctionsClient {
    const take = (effect: Effect, thrown: unknown): unknown => {
      if (thrown instanceof Failure && thrown.code !== 'OUTCOME_UNKNOWN') this.note(effect, -1);
      return thrown;
    };
    const call: FunctionsClient['call'] = async (operation, ...rest) => {
      this.note(operation.effect);
      try {
        return await functions.call(operation, ...rest);
      } catch (thrown) {
        throw take(operation.effect, thrown);
      }
    };
    const note = (effect: Effect): void => this.note(effect);
    const stream: FunctionsClient['stream'] = async function* (operation, ...rest) {
      note(operation.effect);
      try {
        yield* functions.stream(operation, ...rest);
      } catch (thrown) {
        throw take(operation.effect, thrown);
      }
    };
    return derived(functions, { call, stream });
  }

  /** A run that was refused by a rule was not added. */
  private runs(runs: Runs): Runs {
    const add: Runs['add'] = async (...args) => {
      try {
        const added = await runs.add(...args);
        this.note('writes');
        return added;
      } catch (thrown) {
        if (!(thrown instanceof Failure)) this.note('writes');
        throw thrown;
      }
    };
    return derived(runs, { add });
  }
}

/** An object that delegates to another, except for the given overrides. */
function derived<T extends object>(base: T, own: Partial<T>): T {
  return Object.assign(Object.create(base) as T, own);
}
