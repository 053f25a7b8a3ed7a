/** What a caller is told whose time ran out. */
import { Failure } from '#shared/kernel/failure.ts';
import type { Operation } from '#shared/contract/row.ts';

/** What of an operation tells what a call may have done. */
export type Behaviour = Pick<Operation, 'effect' | 'queue'>;

export interface CallIds {
  readonly requestId: string;
  readonly idempotencyKey?: string | undefined;
  /** The queued run that the call followed. */
  readonly run?: string | undefined;
}

/** A call that changes something may have taken effect; the failure says with which id to ask. */
export function timedOut(operation: Behaviour, ids: CallIds): Failure {
  const { requestId, run } = ids;
  if (operation.effect === 'reads') return failure('Nothing was changed.', { requestId });
  if (operation.queue?.caller !== 'follows') {
    // What a call without a key does has its ids derived from the request id: that is its key.
    const idempotencyKey = ids.idempotencyKey ?? requestId;
    const ask = `ask again with the idempotency key ${idempotencyKey}`;
    return failure(`Whether it took effect is unknown; ${ask}.`, { requestId, idempotencyKey });
  }
  const { idempotencyKey } = ids;
  const what = run === undefined ? 'The run it asked for may go on' : `The run ${run} goes on`;
  const how = idempotencyKey === undefined ? '' : ` and the idempotency key ${idempotencyKey}`;
  return failure(`${what}; ask again with the same request${how} to follow it.`, {
    requestId,
    ...(run !== undefined && { run }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  });
}

function failure(sentence: string, facts: Record<string, string>): Failure {
  return new Failure('DEADLINE', `The time for this call ran out. ${sentence}`, facts);
}
