/** A process that crashes between two commands to Redis: nothing it does later has an effect. */
import type { Command } from 'ioredis';
import type { Random } from '#shared/kernel/random.ts';
import type { Dependencies } from '#shared/runtime/context.ts';

export interface CrashPoint {
  /** Commands sent so far. */
  sent(): number;
  crashed(): boolean;
}

/**
 * Counts the Redis commands of a process and crashes it at one of them: in half of the cases before
 * the command is sent, in half after it took effect and before its reply arrived.
 * @param at which command, from 1; Infinity never
 */
export function crashAt(dependencies: Dependencies, at: number, random: Random): CrashPoint {
  const { redis } = dependencies.database;
  const send = redis.sendCommand.bind(redis);
  let sent = 0;
  let dead = false;
  const lost = new Error('Connection is closed.');
  redis.sendCommand = (command: Command): unknown => {
    if (!dead) sent += 1;
    if (!dead && sent !== at) return send(command);
    const reaches = !dead && random() < 0.5;
    dead = true;
    if (reaches) {
      command.resolve = () => command.reject(lost);
      return send(command);
    }
    command.reject(lost);
    return command.promise;
  };
  return { sent: () => sent, crashed: () => dead };
}
