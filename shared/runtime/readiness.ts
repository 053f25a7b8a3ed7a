/** Readiness of an operation: every dependency that its row names answers. */
import { Failure } from '#shared/kernel/failure.ts';
import type { Need, Operation } from '#shared/contract/row.ts';
import type { Dependencies } from './context.ts';

const PROBE_TIMEOUT_MS = 2_000;

const probes: Record<Need, (dependencies: Dependencies, signal: AbortSignal) => Promise<unknown>> =
  {
    redis: (dependencies) => dependencies.database.redis.ping(),
    broker: (dependencies, signal) => dependencies.broker.ping(signal),
    prices: (dependencies, signal) => dependencies.marketData.ping(signal),
  };

/** @throws Failure UNAVAILABLE naming every dependency that does not answer */
export async function requireReady(
  operation: Operation,
  dependencies: Dependencies,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const limited = AbortSignal.any([signal, AbortSignal.timeout(PROBE_TIMEOUT_MS)]);
  const results = await Promise.allSettled(
    operation.needs.map((need) => inTime(probes[need](dependencies, limited))),
  );
  const missing = operation.needs.filter((_need, i) => results[i]?.status === 'rejected');
  if (missing.length > 0)
    throw new Failure('UNAVAILABLE', `${missing.join(' and ')} did not answer`, { missing });
}

async function inTime(work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Failure('UNAVAILABLE', 'too slow')), PROBE_TIMEOUT_MS);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
