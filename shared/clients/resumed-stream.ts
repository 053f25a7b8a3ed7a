/**
 * Follows a queued run through connections that break: gateways limit the time of a call, boards lose
 * each other, functions are restarted. The run records its messages, so a new connection begins with the
 * first one again, and those that had arrived are dropped here.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '#shared/kernel/failure.ts';

/** Without a single new message for so long, the run is lost to this caller; it may still go on. */
const PATIENCE_MS = 45_000;
const PAUSE_MS_MIN = 100;
const PAUSE_MS_MAX = 2_000;

interface Following {
  readonly signal: AbortSignal;
  readonly follower?: string | undefined;
  readonly timeoutMs?: number | undefined;
}

/** A failure that the function itself reported, in contrast to one of the way to it. */
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

/** @param attempt one connection, from the first message on; all have the same follower and key */
export async function* resumed<T, O extends Following>(
  attempt: (options: O) => AsyncGenerator<T>,
  options: O,
): AsyncGenerator<T> {
  const { follower = randomUUID(), timeoutMs = Number.POSITIVE_INFINITY } = options;
  const startedAt = performance.now();
  let [seen, advancedAt, pauseMs] = [0, startedAt, PAUSE_MS_MIN];
  for (let first = true; ; first = false) {
    try {
      const leftMs = timeoutMs - (performance.now() - startedAt);
      let position = 0;
      for await (const message of attempt({ ...options, follower, ...timeOf(leftMs) })) {
        position += 1;
        if (position <= seen) continue;
        [seen, advancedAt, pauseMs] = [position, performance.now(), PAUSE_MS_MIN];
        yield message;
      }
      return;
    } catch (thrown) {
      const isPatient = performance.now() - advancedAt < PATIENCE_MS;
      if (!isPatient || options.signal.aborted || !isLost(thrown, first)) throw thrown;
    }
    await sleep(pauseMs, undefined, { signal: options.signal });
    pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX);
  }
}

function timeOf(leftMs: number): Pick<Following, 'timeoutMs'> {
  return Number.isFinite(leftMs) ? { timeoutMs: Math.max(1, leftMs) } : {};
}

/** A first call that surely was not sent is refused; a later one had been sent before. */
function isLost(thrown: unknown, first: boolean): boolean {
  if (!(thrown instanceof Failure)) return false;
  const { sent, cause } = thrown.facts;
  if (cause === 'DEADLINE') return false;
  return sent === 'unknown' || (!first && sent === 'no' && thrown.rule.retry !== 'never');
}
