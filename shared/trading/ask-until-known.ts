/**
 * Executing an order through a call whose answer may be lost. The call is repeated with the same key,
 * which never sends a second order, until an answer arrives or the time limit has passed.
 */
import type { ExecuteTradeResponse } from '#protos/gen/trading.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '#shared/kernel/failure.ts';
import { isOpen, openBecause } from '#shared/contract/unknown-outcome.ts';

export interface Asking {
  readonly idempotencyKey: string;
  readonly tradeId: string;
  /** How long lost answers are requested again. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

const PAUSE_MS_MIN = 100;
const PAUSE_MS_MAX = 5_000;

/**
 * @throws Failure as decided; `facts.sent` = `no` where no attempt ever reached the order's function;
 * OUTCOME_UNKNOWN with the trade id where one may have
 */
export async function askUntilKnown(
  asking: Asking,
  execute: () => Promise<ExecuteTradeResponse>,
): Promise<ExecuteTradeResponse> {
  const { idempotencyKey, tradeId, waitMs, signal } = asking;
  const until = performance.now() + waitMs;
  let mayHaveBeenSent = false;
  for (let pause = PAUSE_MS_MIN; ; pause = Math.min(pause * 2, PAUSE_MS_MAX)) {
    try {
      return await execute();
    } catch (thrown) {
      const failure = Failure.from(thrown);
      if (!isOpen(failure) && !mayHaveBeenSent) throw failure;
      mayHaveBeenSent ||= failure.facts['sent'] !== 'no' && failure.code !== 'TOO_BUSY';
      const wait = Number(failure.facts['retryAfterMs'] ?? pause);
      if (!isOpen(failure) || signal.aborted || performance.now() + wait > until)
        throw mayHaveBeenSent ? open(failure, idempotencyKey, tradeId) : failure;
      await sleep(wait, undefined, { signal }).catch(() => undefined);
    }
  }
}

function open(failure: Failure, idempotencyKey: string, tradeId: string): Failure {
  return openBecause(
    failure,
    { idempotencyKey },
    { tradeId, ask: `GetTradeStatus ${tradeId}`, sent: 'unknown' },
  );
}
