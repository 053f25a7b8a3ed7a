/** A command of Redis as words, without the prefix of the installation. */
import type { Command } from 'ioredis';

export function commandOf({ name, args }: Command, prefix: string): string[] {
  const words = args.map((argument) => String(argument));
  return [
    name.toLowerCase(),
    ...words.map((word) => (prefix && word.startsWith(prefix) ? word.slice(prefix.length) : word)),
  ];
}
