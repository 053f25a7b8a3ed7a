/** A command of Redis as words, without the prefix of the installation. */
import type { Command, Redis } from 'ioredis';
import type { Database } from '#shared/redis/database.ts';

export function commandOf({ name, args }: Command, prefix: string): string[] {
  const words = args.map((argument) => String(argument));
  return [
    name.toLowerCase(),
    ...words.map((word) => (prefix && word.startsWith(prefix) ? word.slice(prefix.length) : word)),
  ];
}

/** Reads that are not joined with others of their turn. */
export function readsByThemselves(redis: Redis): Pick<Database, 'field' | 'mayExist'> {
  return { field: (key, field) => redis.hget(key, field), mayExist: async () => true };
}
