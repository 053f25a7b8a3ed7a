/** Why a Redis that answers takes no writes: from its error replies, and from what it reports of itself. */
import type { Redis } from 'ioredis';
import { Failure } from '#shared/kernel/failure.ts';

const REPLICA =
  'Redis takes no writes: it is a replica. Check REDIS_URL and docs/operate/failover.md.';
const FULL = 'Redis takes no writes: its memory is full. Raise its maxmemory.';
const UNSAVED = 'Redis takes no writes: it cannot save them. Is its disk full?';

/** By the first word of an error reply; scripts and clients put words before and after it. */
const refusals: readonly (readonly [word: RegExp, sentence: string])[] = [
  [/\bOOM\b/, FULL],
  [/\bREADONLY\b/, REPLICA],
  [/\bMISCONF\b/, UNSAVED],
  [/\bNOREPLICAS\b/, 'Redis takes no writes: too few of its replicas are connected.'],
  [
    /\bNOPERM\b/,
    'Redis refuses a command: its user lacks a right. docs/operate/redis-keys.md lists them.',
  ],
  [/\b(NOAUTH|WRONGPASS)\b/, 'Redis refuses the user or the password of REDIS_URL.'],
];

/** The sentence for an error reply; undefined for any other error. */
export function refusalSentence({ message }: Error): string | undefined {
  return refusals.find(([word]) => word.test(message))?.[1];
}

/** @returns why no write would be taken now, in sentences; none where writes are taken */
export async function reasonsAgainstWrites(redis: Pick<Redis, 'info'>): Promise<readonly string[]> {
  const info = await redis.info();
  const value = (name: string): string => new RegExp(`^${name}:(\\S*)`, 'm').exec(info)?.[1] ?? '';
  const most = Number(value('maxmemory'));
  return [
    ...(value('role') === 'slave' ? [REPLICA] : []),
    ...(most > 0 && Number(value('used_memory')) >= most ? [FULL] : []),
    ...(value('aof_last_write_status') === 'err' ? [UNSAVED] : []),
  ];
}

/** @throws Failure UNAVAILABLE `redis-takes-no-writes` */
export async function requireWritable(redis: Pick<Redis, 'info'>): Promise<void> {
  const [reason] = await reasonsAgainstWrites(redis);
  if (reason !== undefined)
    throw new Failure('UNAVAILABLE', reason, { rule: 'redis-takes-no-writes' });
}
