/** Readiness of an operation: every dependency that its row names answers, and the state was not lost. */
import { Failure } from '#shared/kernel/failure.ts';
import type { Need, Operation } from '#shared/contract/row.ts';
import { requireWritable } from '#shared/redis/writability.ts';
import type { Dependencies } from './context.ts';

const PROBE_TIMEOUT_MS = 2_000;

type Probe = (dependencies: Dependencies, operation: Operation) => Promise<unknown>;

const probes: Record<Need, Probe> = {
  redis: ({ database: { redis } }, { effect }) =>
    inTime(effect === 'reads' ? redis.ping() : requireWritable(redis)),
  state: ({ database }) => inTime(database.epoch.required()),
  broker: ({ broker }) => pinged(broker),
  prices: ({ marketData }) => pinged(marketData),
};

interface Pinged {
  ping(signal: AbortSignal): Promise<void>;
}

const pings = new WeakMap<Pinged, Promise<void>>();

/**
 * One ping at a time: all operations of a process are asked at once, and where each pinged a broker that takes a few
 * calls at a time, one that is slow looked like one that is away.
 */
function pinged(place: Pinged): Promise<void> {
  const running = pings.get(place);
  if (running) return running;
  const ping = inTime(place.ping(AbortSignal.timeout(PROBE_TIMEOUT_MS))).finally(() => {
    pings.delete(place);
  });
  pings.set(place, ping);
  return ping;
}

/**
 * @throws Failure UNAVAILABLE naming every dependency that does not answer, or why Redis takes no
 *   writes; REFUSED `state-lost`
 */
export async function requireReady(
  operation: Operation,
  dependencies: Dependencies,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const results = await Promise.allSettled(
    operation.needs.map((need) => probes[need](dependencies, operation)),
  );
  const rejected = operation.needs.flatMap((need, i) => {
    const result = results[i];
    return result?.status === 'rejected' ? [{ need, reason: Failure.from(result.reason) }] : [];
  });
  const ruled = rejected.find(({ reason }) => reason.facts['rule'] !== undefined);
  // A state that cannot be asked is in a Redis that does not answer either.
  const missing = rejected
    .filter(({ need, reason }) => need !== 'state' && reason.facts['rule'] === undefined)
    .map(({ need }) => need);
  if (missing.length > 0)
    throw new Failure('UNAVAILABLE', `${missing.join(' and ')} did not answer`, { missing });
  if (ruled) throw ruled.reason;
}

async function inTime(work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Failure('UNAVAILABLE', 'too slow')), PROBE_TIMEOUT_MS);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
