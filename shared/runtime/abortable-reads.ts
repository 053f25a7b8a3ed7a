/** Reads that stop when their caller leaves, so that no work is done for an abandoned call. */
import type { Command, Redis } from 'ioredis';
import type { Database } from '#shared/redis/database.ts';
import type { Dependencies } from './context.ts';

/** The same database; once the call is aborted each command fails with the signal's reason. */
export function abortableReads(
  { database }: Pick<Dependencies, 'database'>,
  signal: AbortSignal,
): Pick<Dependencies, 'database'> {
  const { redis } = database;
  const sendCommand = (command: Command, stream?: never): unknown => {
    if (!signal.aborted) return redis.sendCommand(command, stream);
    command.reject(signal.reason as Error);
    return command.promise;
  };
  const own = Object.assign(Object.create(redis) as Redis, { sendCommand });
  return { database: Object.assign(Object.create(database) as Database, { redis: own }) };
}
