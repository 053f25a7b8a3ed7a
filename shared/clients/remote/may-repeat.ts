/** The rule for retrying a call. */
import { Failure, failureTable } from '#shared/kernel/failure.ts';
import type { Effect } from '#shared/contract/row.ts';
import { Outage } from './outage.ts';

export interface RepeatedCall {
  readonly effect: Effect;
  readonly idempotencyKey?: string | undefined;
}

/**
 * A read is retried whenever the failure table allows a later retry. A call that changes something
 * is retried only with its idempotency key, and only where the board or one of its dependencies was
 * unavailable; never after a deadline, when the first attempt may still be running.
 * @param thrown a `Failure` that was answered, or an `Outage`
 */
export function mayRepeat({ effect, idempotencyKey }: RepeatedCall, thrown: unknown): boolean {
  if (isUnavailable(thrown)) return effect === 'reads' || idempotencyKey !== undefined;
  if (!(thrown instanceof Failure) || isLate(thrown)) return false;
  if (thrown.code === 'OUTCOME_UNKNOWN' || thrown.code === 'CONFLICT')
    return effect === 'reads' || idempotencyKey !== undefined;
  return effect === 'reads' && failureTable[thrown.code].retry === 'later';
}

/** After a deadline the first attempt may still be running. */
function isLate({ code, facts }: Failure): boolean {
  return code === 'DEADLINE' || facts['cause'] === 'DEADLINE';
}

/** Unreachable or not ready; a last good answer may be used instead. */
export function isUnavailable(thrown: unknown): boolean {
  if (thrown instanceof Outage) return thrown.kind === 'connection';
  return thrown instanceof Failure && thrown.code === 'UNAVAILABLE';
}
