/** What an operation uses of Redis, the broker and the source of prices, counted under its name. */
import type { Command, Redis } from 'ioredis';
import type { Failure } from '#shared/kernel/failure.ts';
import { isFailedCall, recordCall } from '#shared/process/call-record.ts';
import { isDeclaredCall, type SourceName } from '#shared/contract/declared-calls.ts';
import { isOperation } from '#shared/contract/catalogue.ts';
import type { Operation } from '#shared/contract/row.ts';
import type { Database } from '#shared/redis/database.ts';
import { isUnknownScript } from '#shared/redis/joined-commits.ts';
import { commandsOver } from '#shared/redis/steady-commands.ts';
import type { Dependencies } from '../context.ts';

type Method = (...args: unknown[]) => unknown;

/** Made once for all calls of an operation in a process: they hold nothing of a call. */
const made = new WeakMap<Dependencies, Map<string, Dependencies>>();

/** The same dependencies for calls of the operation; answers that take no time to fetch are not counted. */
export function countedUse(dependencies: Dependencies, operation: string): Dependencies {
  const ofProcess = made.get(dependencies) ?? new Map<string, Dependencies>();
  made.set(dependencies, ofProcess);
  const known = ofProcess.get(operation) ?? countedFor(dependencies, operation);
  ofProcess.set(operation, known);
  return known;
}

function countedFor(dependencies: Dependencies, operation: string): Dependencies {
  const { database, broker, marketData } = dependencies;
  return derived(dependencies, {
    database: countedDatabase(database, operation),
    broker: counted(broker, operation, 'broker'),
    marketData: counted(marketData, operation, 'market-data'),
  });
}

/** Operations count their own calls (FunctionsClient); those of all others are counted where they arrive. */
export function countCallOf(
  caller: string,
  { name }: Operation,
  startedAt: number,
  failure: Failure | undefined,
): void {
  // A caller that says that it is an operation, and is none, counts nothing itself.
  if (isOperation(caller) && isDeclaredCall(caller, name)) return;
  const failed = failure !== undefined && isFailedCall(failure);
  recordCall(caller, name, performance.now() - startedAt, failed);
}

function countedDatabase(database: Database, operation: string): Database {
  const { redis } = database;
  const sendCommand = (command: Command, stream?: never): unknown => {
    const startedAt = performance.now();
    return settled(redis.sendCommand(command, stream), startedAt, operation, 'redis');
  };
  return derived(database, { redis: commandsOver(redis, { sendCommand } as Partial<Redis>) });
}

/** The same adapter, its calls counted. */
export function counted<T extends object>(adapter: T, operation: string, source: SourceName): T {
  return new Proxy(adapter, {
    get: (target, key) => {
      const member: unknown = Reflect.get(target, key, target);
      // The simulated account of a broker is a part with calls of its own.
      if (key === 'funding' && typeof member === 'object' && member !== null)
        return counted(member, operation, source);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => {
        const startedAt = performance.now();
        return settled((member as Method).apply(target, args), startedAt, operation, source);
      };
    },
  });
}

function settled(
  answer: unknown,
  startedAt: number,
  operation: string,
  source: SourceName,
): unknown {
  if (!(answer instanceof Promise)) return answer;
  const end = (failed: boolean): void =>
    recordCall(operation, source, performance.now() - startedAt, failed);
  answer.then(
    () => end(false),
    (thrown: unknown) => end(isFailedCall(thrown) && !isUnknownScript(thrown)),
  );
  return answer;
}

function derived<T extends object>(base: T, own: Partial<T>): T {
  return Object.assign(Object.create(base) as T, own);
}
