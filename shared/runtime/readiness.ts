/** Readiness of an operation: every dependency that its row names answers, and the state was not lost. */
import { Failure } from '#shared/kernel/failure.ts';
import type { Need, Operation } from '#shared/contract/row.ts';
import type { Dependencies } from './context.ts';

const PROBE_TIMEOUT_MS = 2_000;

const probes: Record<Need, (dependencies: Dependencies, signal: AbortSignal) => Promise<unknown>> =
  {
    redis: (dependencies) => dependencies.database.redis.ping(),
    state: (dependencies) => dependencies.database.epoch.required(),
    broker: (dependencies, signal) => dependencies.broker.ping(signal),
    prices: (dependencies, signal) => dependencies.marketData.ping(signal),
  };

/** @throws Failure UNAVAILABLE naming every dependency that does not answer; REFUSED `state-lost` */
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
  const rejected = operation.needs.filter((_need, i) => results[i]?.status === 'rejected');
  // A state that cannot be asked is in a Redis that does not answer either.
  const missing = rejected.filter((need) => need !== 'state');
  if (missing.length > 0)
    throw new Failure('UNAVAILABLE', `${missing.join(' and ')} did not answer`, { missing });
  const state = results[operation.needs.indexOf('state')];
  if (state?.status === 'rejected') throw Failure.from(state.reason);
}

async function inTime(work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Failure('UNAVAILABLE', 'too slow')), PROBE_TIMEOUT_MS);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
