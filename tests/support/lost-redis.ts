/** Redis that becomes unreachable during a call and recovers later. */
import type { Command } from 'ioredis';
import type { Dependencies } from '#shared/runtime/context.ts';

export interface LostRedis {
  /** From now on every command fails. */
  lose(): void;
  /** From now on commands arrive again. */
  restore(): void;
}

export function losingRedis({ database: { redis } }: Dependencies): LostRedis {
  const send = redis.sendCommand.bind(redis);
  let lost = false;
  redis.sendCommand = (command: Command, stream?: never): unknown => {
    if (!lost) return send(command, stream);
    command.reject(new Error('Connection is closed.'));
    return command.promise;
  };
  return { lose: () => void (lost = true), restore: () => void (lost = false) };
}
