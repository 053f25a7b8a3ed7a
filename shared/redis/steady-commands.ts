/**
 * What of a connection others may be derived from. ioredis changes fields of a connection with every command, and an
 * engine forgets what it has learned of all objects that inherit from one whose fields change: calls through them
 * became several times slower, and what they had held was collected late.
 */
import type { Redis } from 'ioredis';

const made = new WeakMap<Redis, Redis>();

/** @returns the same connection, but for what is given here */
export function commandsOver(redis: Redis, own: Partial<Redis>): Redis {
  const over = Object.assign(Object.create(steadyCommands(redis)) as Redis, own);
  // It does not change either: what is derived from it needs no other object in between.
  made.set(over, over);
  return over;
}

/** @returns an object for `Object.create`, with the methods of the connection, that never changes itself */
function steadyCommands(redis: Redis): Redis {
  const known = made.get(redis);
  if (known) return known;
  const steady = isDerived(redis) ? redis : steadyFor(redis);
  made.set(redis, steady);
  return steady;
}

/** What is derived from one that never changes does not either. */
function isDerived(redis: Redis): boolean {
  const base = Object.getPrototypeOf(redis) as Redis | null;
  return base !== null && (made.has(base) || isDerived(base));
}

function steadyFor(redis: Redis): Redis {
  // All that is no method is read from the connection when it is asked for.
  const steady = Object.create(new Proxy(redis, {})) as Redis;
  for (const [name, { value }] of methodsOf(Object.getPrototypeOf(redis) as object))
    if (typeof value === 'function') Object.defineProperty(steady, name, { value, writable: true });
  return Object.defineProperty(steady, 'options', { get: () => redis.options });
}

/** Those of a class before those it inherits. */
function methodsOf(prototype: object | null): Map<string, PropertyDescriptor> {
  if (prototype === null || prototype === Object.prototype) return new Map();
  const inherited = methodsOf(Object.getPrototypeOf(prototype) as object | null);
  return new Map([...inherited, ...Object.entries(Object.getOwnPropertyDescriptors(prototype))]);
}
