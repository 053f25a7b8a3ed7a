/** Readiness of an operation: every dependency that its row names answers, and the state was not lost. */
import { Failure } from '#shared/kernel/failure.ts';
import type { Need, Operation } from '#shared/contract/row.ts';
import { requireWritable } from '#shared/redis/writability.ts';
import type { Dependencies } from './context.ts';

const PROBE_TIMEOUT_MS = 2_000;

type Probe = (
  dependencies: Dependencies,
  signal: AbortSignal,
  operation: Operation,
) => Promise<unknown>;

const probes: Record<Need, Probe> = {
  redis: ({ database: { redis } }, _signal, { effect }) =>
    effect === 'reads' ? redis.ping() : requireWritable(redis),
  state: (dependencies) => dependencies.database.epoch.required(),
  broker: (dependencies, signal) => dependencies.broker.ping(signal),
  prices: (dependencies, signal) => dependencies.marketData.ping(signal),
};

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
  const limited = AbortSignal.any([signal, AbortSignal.timeout(PROBE_TIMEOUT_MS)]);
  const results = await Promise.allSettled(
    operation.needs.map((need) => inTime(probes[need](dependencies, limited, operation))),
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
