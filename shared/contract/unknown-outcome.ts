/**
 * The failure of a call that changes something and failed after it had begun: its outcome is
 * unknown.
 */
import { Failure, type Facts } from '#shared/kernel/failure.ts';
import type { Operation } from './row.ts';

/** The properties of an operation that decide whether a failed call may have taken effect. */
export type Behaviour = Pick<Operation, 'effect' | 'queue'>;

export interface CallIds {
  readonly requestId?: string | undefined;
  readonly idempotencyKey?: string | undefined;
  /** The queued run that the call subscribed to. */
  readonly run?: string | undefined;
}

/**
 * Whether a failure, taken by itself, leaves open what the call did. Rejections by a rule are
 * decisions; any other failure may have occurred after the effect.
 */
export function isOpen({ code, rule }: Failure): boolean {
  return code !== 'CANCELLED' && (rule.retry !== 'never' || rule.actor !== 'caller');
}

/**
 * The one failure of a call whose outcome is not known.
 * @param why a sentence: what failed
 * @param facts what else names the outcome, e.g. `tradeId`; `ask` says how to query it
 */
export function outcomeUnknown(
  why: string,
  ids: CallIds,
  facts: Facts = {},
  cause?: unknown,
): Failure {
  const { requestId, idempotencyKey, run } = ids;
  const { ask } = facts;
  const advice = [
    run !== undefined && `the run ${run} may go on`,
    idempotencyKey !== undefined
      ? `repeat the same request with the idempotency key ${idempotencyKey}, which never does it twice`
      : run !== undefined && 'repeat the same request to follow it',
    typeof ask === 'string' && `query ${ask}`,
  ].filter((part) => part !== false);
  const how = advice.length > 0 ? `: ${advice.join('; ')}.` : '.';
  const named = {
    ...(requestId !== undefined && { requestId }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(run !== undefined && { run }),
    ...facts,
  };
  const text = `${why} Whether it took effect is unknown${how}`;
  return new Failure('OUTCOME_UNKNOWN', text, named, cause);
}

/**
 * The outcome is open because of a failure, which is kept as the cause.
 * @returns the same kind of failure also for one that was already open, with the ids of this call
 */
export function openBecause(failure: Failure, ids: CallIds, facts: Facts = {}): Failure {
  const known = failure.code === 'OUTCOME_UNKNOWN';
  const why = known ? String(failure.facts['why'] ?? failure.message) : failure.message;
  const cause = known ? (failure.facts['cause'] ?? failure.code) : failure.code;
  return outcomeUnknown(why, ids, { ...facts, why, cause }, failure.cause ?? failure);
}

/** The deadline of a call passed. One that changes something may have taken effect. */
export function timedOut({ effect }: Behaviour, ids: CallIds, facts: Facts = {}): Failure {
  const why = 'The time limit of this call was exceeded.';
  if (effect !== 'reads') return outcomeUnknown(why, ids, { ...facts, why, cause: 'DEADLINE' });
  return new Failure('DEADLINE', `${why} Nothing was changed.`, { requestId: ids.requestId });
}
