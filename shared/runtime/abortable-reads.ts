/** Reads that stop when their caller leaves, so that no work is done for an abandoned call. */
import type { Command, Redis } from 'ioredis';
import type { Database } from '#shared/redis/database.ts';
import type { ReadsUntil } from '#shared/redis/redis-spans.ts';

/** The same database; once the call is over each command fails with the signal's reason. */
export function abortableReads(database: Database, until: ReadsUntil): Database {
  const { redis } = database;
  const sendCommand = (command: Command, stream?: never): unknown => {
    if (!until.isOver) return redis.sendCommand(command, stream);
    command.reject(until.signal.reason as Error);
    return command.promise;
  };
  const own = Object.assign(Object.create(redis) as Redis, { sendCommand });
  return Object.assign(Object.create(database) as Database, { redis: own });
}
