/**
 * Commands that are sent in one turn of the event loop leave in one write to the socket: a system call a command costs
 * more than the command. Nothing waits longer for it, as the socket is written to before the loop goes on.
 */
import type { Redis } from 'ioredis';

/** @returns the same connection */
export function joiningWrites(redis: Redis): Redis {
  const send = redis.sendCommand.bind(redis);
  redis.sendCommand = (command, stream) => {
    // A pipeline writes its commands at once by itself.
    if (!stream) joinUntilNextTick(redis);
    return send(command, stream);
  };
  return redis;
}

function joinUntilNextTick(redis: Redis): void {
  // Absent before the first connection.
  const socket = redis.stream as Redis['stream'] | undefined;
  if (!socket || socket.writableCorked > 0) return;
  socket.cork();
  process.nextTick(() => socket.uncork());
}
