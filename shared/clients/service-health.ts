/** Readiness of a service: the readiness of each of its functions. */
import { Failure } from '#shared/kernel/failure.ts';
import { untilAborted } from '#shared/process/deadline.ts';
import { operationsOf } from '#shared/contract/catalogue.ts';
import type { ServiceName } from '#shared/contract/names.ts';
import type { CallOptions, FunctionsClient } from './functions-client.ts';

export interface ServiceHealth {
  readonly healthy: boolean;
  /** A sentence that names the functions that are not ready, and why. */
  readonly status: string;
  /** Until the last function had answered. */
  readonly latencyMs: number;
}

const ANSWER_MS_MAX = 4_000;

/** Checks in flight, so that any number of concurrent callers share one. */
const underWay = new WeakMap<FunctionsClient, Map<ServiceName, Promise<ServiceHealth>>>();

/** Never throws for a function that is unreachable; that is its result. */
export async function serviceHealth(
  functions: FunctionsClient,
  service: ServiceName,
  options: CallOptions,
): Promise<ServiceHealth> {
  options.signal.throwIfAborted();
  const measuring = underWay.get(functions) ?? new Map<ServiceName, Promise<ServiceHealth>>();
  underWay.set(functions, measuring);
  let measured = measuring.get(service);
  if (!measured) {
    measured = measure(functions, service, options).finally(() => measuring.delete(service));
    measuring.set(service, measured);
  }
  return untilAborted(measured, options.signal);
}

/** Continues when its first caller leaves: others may wait for it. */
async function measure(
  functions: FunctionsClient,
  service: ServiceName,
  options: CallOptions,
): Promise<ServiceHealth> {
  const startedAt = performance.now();
  const signal = AbortSignal.timeout(ANSWER_MS_MAX);
  const names = operationsOf(service).map(({ name }) => name);
  const reasons = await Promise.all(
    names.map((name) => complaint(functions, name, { ...options, signal })),
  );
  const byReason = group(names, reasons);
  const latencyMs = performance.now() - startedAt;
  const status = reasonText(byReason, names.length);
  return { healthy: byReason.size === 0, status, latencyMs };
}

/** @returns why a function is not ready; undefined when it is */
async function complaint(
  functions: FunctionsClient,
  name: string,
  options: CallOptions,
): Promise<string | undefined> {
  try {
    const { ready, reason } = await functions.ready(name, options);
    return ready ? undefined : readable(reason);
  } catch (thrown) {
    const { code, message } = Failure.from(thrown);
    return code === 'DEADLINE' ? `no answer within ${ANSWER_MS_MAX / 1000} s` : message;
  }
}

/** A gateway also answers for functions it does not have; its body may be JSON or empty. */
function readable(reason: string): string {
  try {
    return Failure.fromBody(JSON.parse(reason), 503).message;
  } catch {
    return reason === '' ? 'is not ready' : reason.slice(0, 200);
  }
}

function group(
  names: readonly string[],
  reasons: readonly (string | undefined)[],
): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [index, reason] of reasons.entries())
    if (reason !== undefined)
      groups.set(reason, [...(groups.get(reason) ?? []), names[index] ?? '']);
  return groups;
}

function reasonText(byReason: ReadonlyMap<string, readonly string[]>, all: number): string {
  if (byReason.size === 0) return `all ${all} functions answer`;
  const parts = [...byReason].map(([reason, names]) =>
    names.length === all ? reason : `${names.join(', ')}: ${reason}`,
  );
  return parts.join('; ');
}
