/**
 * The policy of an asynchronous call: how often it is tried, with which pauses, after which answers, and how
 * many run concurrently. For our operations it comes from the catalogue; for other functions from the defaults below,
 * and annotations of the deployment.
 */
import { failureTable } from '#shared/kernel/failure.ts';
import { operationAt } from '#shared/contract/catalogue.ts';
import type { Operation } from '#shared/contract/row.ts';
import { durationMs } from '#template/limits/durations.ts';

export interface CallPolicy {
  /** Runs in all. */
  readonly attempts: number;
  /** First pause between runs; doubles each time. */
  readonly backoffMs: number;
  /** Concurrent calls of the function. */
  readonly concurrency: number;
  /** Answers after which the same call is tried again. */
  readonly retried: readonly number[];
}

type Annotations = Readonly<Record<string, string>>;

const PREFIX = 'arduino-trader/async-';

/** @internal exported for its tests */
export const defaultCallPolicy: CallPolicy = {
  attempts: 5,
  backoffMs: 500,
  concurrency: 4,
  retried: [429, 502, 503],
};

/** Maximum that an annotation may set. */
const most = { attempts: 20, backoffMs: 600_000, concurrency: 64 };

/** A call of a long operation computes nothing; it only subscribes to the run in its queue. */
const SUBSCRIBERS = 16;
const CPU_BOUND_CONCURRENCY = 2;

/**
 * Statuses that the failure table lets retry; our operations are retried under one idempotency key.
 * A status is not retried if any of its codes forbids it: 409 is a conflict, or a reused key.
 */
const rules = Object.values(failureTable);
const retriedOfOurs = [...new Set(rules.map(({ http }) => http))].filter((status) =>
  rules.every(({ http, retry }) => http !== status || retry !== 'never'),
);

/**
 * @param path what follows the function's name; in a packed service it names the operation
 * @returns the policy, and what is wrong with annotations, which are then ignored
 */
export function callPolicy(
  functionName: string,
  path: string,
  annotations: Annotations = {},
): { policy: CallPolicy; complaints: readonly string[] } {
  const operation = operationAt(functionName, path)?.operation;
  const base = operation ? policyOfOurs(operation) : defaultCallPolicy;
  const complaints: string[] = [];
  const read = <T>(name: string, usual: T, parse: (text: string) => T | undefined): T => {
    const text = annotations[PREFIX + name]?.trim();
    if (text === undefined) return usual;
    const value = parse(text);
    if (value === undefined) complaints.push(`${PREFIX}${name}: "${text.slice(0, 40)}"`);
    return value ?? usual;
  };
  const policy: CallPolicy = {
    attempts: read('attempts', base.attempts, (text) => count(text, most.attempts)),
    backoffMs: read('backoff', base.backoffMs, backoff),
    concurrency: read('concurrency', base.concurrency, (text) => count(text, most.concurrency)),
    retried: read('retry-on', base.retried, statuses),
  };
  return { policy, complaints };
}

/** A long operation is retried by its own queue of runs, not by its subscribers. */
function policyOfOurs({ queue, weight }: Operation): CallPolicy {
  const concurrency = weight === 'heavy' ? CPU_BOUND_CONCURRENCY : defaultCallPolicy.concurrency;
  const base = { ...defaultCallPolicy, retried: retriedOfOurs, concurrency: concurrency };
  if (!queue) return base;
  if (queue.caller === 'follows') return { ...base, attempts: 1, concurrency: SUBSCRIBERS };
  return { ...base, ...{ attempts: queue.attempts, backoffMs: queue.backoffMs } };
}

function count(text: string, max: number): number | undefined {
  const number = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  return number >= 1 && number <= max ? number : undefined;
}

function backoff(text: string): number | undefined {
  const ms = durationMs(text);
  return ms !== undefined && ms > 0 && ms <= most.backoffMs ? ms : undefined;
}

function statuses(text: string): readonly number[] | undefined {
  if (text === '' || text === 'none') return [];
  const list = text.split(',').map((one) => one.trim());
  return list.every((one) => /^[45]\d\d$/.test(one)) ? list.map(Number) : undefined;
}
