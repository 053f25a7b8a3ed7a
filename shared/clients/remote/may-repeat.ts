/** The one rule for sending a call again. */
import { Failure, failureTable } from '#shared/kernel/failure.ts';
import type { Effect } from '#shared/contract/row.ts';
import { Outage } from './outage.ts';

export interface RepeatedCall {
  readonly effect: Effect;
  readonly idempotencyKey?: string | undefined;
}

/**
 * A read may be asked again whenever the failure table says that later is better. What changes
 * something is sent again only under its idempotency key, and only where the board or what it needs
 * was away; never after a deadline, when the first attempt may still be at work.
 * @param thrown a `Failure` that was answered, or an `Outage`
 */
export function mayRepeat({ effect, idempotencyKey }: RepeatedCall, thrown: unknown): boolean {
  if (isUnavailable(thrown)) return effect === 'reads' || idempotencyKey !== undefined;
  if (!(thrown instanceof Failure) || isLate(thrown)) return false;
  if (thrown.code === 'OUTCOME_UNKNOWN' || thrown.code === 'CONFLICT')
    return effect === 'reads' || idempotencyKey !== undefined;
  return effect === 'reads' && failureTable[thrown.code].retry === 'later';
}

/** After a deadline the first attempt may still be at work. */
function isLate({ code, facts }: Failure): boolean {
  return code === 'DEADLINE' || facts['cause'] === 'DEADLINE';
}

/** Nobody there, or nobody who could work; what a last good answer may stand in for. */
export function isUnavailable(thrown: unknown): boolean {
  if (thrown instanceof Outage) return thrown.kind === 'connection';
  return thrown instanceof Failure && thrown.code === 'UNAVAILABLE';
}
