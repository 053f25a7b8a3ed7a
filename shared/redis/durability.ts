/** Whether Redis fsyncs every write before it replies, which at-most-once orders depend on. */
import type { Redis } from 'ioredis';
import { unavailable } from '#shared/kernel/failure.ts';

export type Durability =
  | { readonly kind: 'durable' }
  | { readonly kind: 'unsafe'; readonly complaint: string }
  /** Redis does not let us ask. */
  | { readonly kind: 'unknown'; readonly complaint: string };

interface Persistence {
  readonly appendOnly: boolean;
  /** Absent where Redis does not report it. */
  readonly appendFsync: string | undefined;
}

/** @throws Failure UNAVAILABLE when Redis does not answer */
export async function durabilityOf(redis: Redis): Promise<Durability> {
  const found = (await fromConfig(redis)) ?? (await fromInfo(redis));
  return judge(found);
}

/** @returns undefined where CONFIG is forbidden, as in managed Redis */
async function fromConfig(redis: Redis): Promise<Persistence | undefined> {
  try {
    const flat = (await redis.config('GET', 'append*')) as string[];
    const value = (name: string): string | undefined => {
      const at = flat.indexOf(name);
      return at < 0 ? undefined : flat[at + 1];
    };
    const appendOnly = value('appendonly');
    if (appendOnly === undefined) return undefined;
    return { appendOnly: appendOnly === 'yes', appendFsync: value('appendfsync') };
  } catch (thrown) {
    if (isRefusal(thrown)) return undefined;
    throw unavailable('Redis', thrown);
  }
}

async function fromInfo(redis: Redis): Promise<Persistence | undefined> {
  try {
    const enabled = /^aof_enabled:(\d)/m.exec(await redis.info('persistence'))?.[1];
    return enabled === undefined
      ? undefined
      : { appendOnly: enabled === '1', appendFsync: undefined };
  } catch (thrown) {
    if (isRefusal(thrown)) return undefined;
    throw unavailable('Redis', thrown);
  }
}

function judge(found: Persistence | undefined): Durability {
  if (!found)
    return {
      kind: 'unknown',
      complaint: 'Redis does not say whether it keeps its writes on disk.',
    };
  const { appendOnly, appendFsync } = found;
  if (!appendOnly)
    return { kind: 'unsafe', complaint: 'Redis has appendonly no: a crash loses orders it holds.' };
  if (appendFsync === undefined)
    return {
      kind: 'unknown',
      complaint: 'Redis has an append-only file, but does not say its appendfsync.',
    };
  return appendFsync === 'always'
    ? { kind: 'durable' }
    : {
        kind: 'unsafe',
        complaint: `Redis has appendfsync ${appendFsync}: a crash loses the last writes it answered.`,
      };
}

/** Redis answered with an error. */
function isRefusal(thrown: unknown): boolean {
  return thrown instanceof Error && /^(NOPERM|ERR)\b/.test(thrown.message);
}
