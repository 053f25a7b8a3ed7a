/**
 * A stream of a queued run that survives broken connections: gateways limit the time of a call,
 * networks partition, functions restart. The run records its messages, so a new connection begins
 * with the first one, and those already delivered are skipped here.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '#shared/kernel/failure.ts';

/** Without a new message for so long, the stream fails; the run may still continue. */
const SILENCE_MAX_MS = 45_000;
const PAUSE_MS_MIN = 100;
const PAUSE_MS_MAX = 2_000;

interface SubscribedOptions {
  readonly signal: AbortSignal;
  readonly subscriber?: string | undefined;
  readonly timeoutMs?: number | undefined;
}

/** A failure reported by the function itself, as opposed to one of the transport. */
export class Answered extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message, { cause: failure });
    this.failure = failure;
  }

  static failureOf(thrown: unknown): unknown {
    return thrown instanceof Answered ? thrown.failure : thrown;
  }
}

/** @param attempt one connection, from the first message on; all have the same subscriber and key */
export async function* resumed<T, O extends SubscribedOptions>(
  attempt: (options: O) => AsyncGenerator<T>,
  options: O,
): AsyncGenerator<T> {
  const { subscriber = randomUUID(), timeoutMs = Number.POSITIVE_INFINITY } = options;
  const startedAt = performance.now();
  let [seen, advancedAt, pauseMs] = [0, startedAt, PAUSE_MS_MIN];
  for (let first = true; ; first = false) {
    try {
      const leftMs = timeoutMs - (performance.now() - startedAt);
      let position = 0;
      const { signal } = options;
      const again = { ...options, signal, subscriber, ...timeOf(leftMs) };
      for await (const message of attempt(again)) {
        position += 1;
        if (position <= seen) continue;
        [seen, advancedAt, pauseMs] = [position, performance.now(), PAUSE_MS_MIN];
        yield message;
      }
      return;
    } catch (thrown) {
      const isWaiting = performance.now() - advancedAt < SILENCE_MAX_MS;
      if (!isWaiting || options.signal.aborted || !isLost(thrown, first)) throw thrown;
    }
    await sleep(pauseMs, undefined, { signal: options.signal });
    pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX);
  }
}

function timeOf(leftMs: number): Pick<SubscribedOptions, 'timeoutMs'> {
  return Number.isFinite(leftMs) ? { timeoutMs: Math.max(1, leftMs) } : {};
}

/**
 * If the first attempt was certainly not sent, the call was not made; a later attempt follows one
 * that was.
 */
function isLost(thrown: unknown, first: boolean): boolean {
  if (!(thrown instanceof Failure)) return false;
  const { sent, cause } = thrown.facts;
  if (cause === 'DEADLINE') return false;
  return sent === 'unknown' || (!first && sent === 'no' && thrown.rule.retry !== 'never');
}
