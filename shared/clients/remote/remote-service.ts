/**
 * Calls a service on another board, whatever the protocol: with a time limit, with retries where
 * they are safe, and not at all while the circuit breaker is open; and maps the outcome for
 * callers.
 */
import {
  BrokenCircuitError,
  ExponentialBackoff,
  fullJitterGenerator,
  handleWhen,
  retry,
  type RetryPolicy,
} from 'cockatiel';
import { Failure } from '#shared/kernel/failure.ts';
import type { ServiceName } from '#shared/contract/names.ts';
import type { Operation } from '#shared/contract/row.ts';
import { openBecause, outcomeUnknown } from '#shared/contract/unknown-outcome.ts';
import type { LastAnswers } from './last-answers.ts';
import { isUnavailable, mayRepeat } from './may-repeat.ts';
import { Outage, type Sent } from './outage.ts';
import type { RemoteTarget } from './remote-target.ts';
import { TimeLimit, type Attempt } from './call-time-limit.ts';

export interface RemoteServiceOptions {
  readonly service: ServiceName;
  /** The board's name, for people. */
  readonly device: string;
  readonly target: RemoteTarget;
  readonly retries: number;
  /** Limits calls that answer once, below the operation's own time. */
  readonly timeoutMs?: number | undefined;
  /** Maximum age of a stale answer; 0: never. */
  readonly staleMsMax: number;
}

export interface RemoteCall {
  /** The operation, or a check treated as one. */
  readonly row: Pick<Operation, 'name' | 'effect' | 'timeoutMs' | 'queue'>;
  /** The caller's time limit, where that is shorter than the row's. */
  readonly timeoutMs?: number | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly signal: AbortSignal;
  /** Whether a stale answer, marked as such, is better than none. */
  readonly acceptsStale: boolean;
}

export interface RemoteAnswer<T> {
  readonly value: T;
  /** Age of a stale answer; absent where the answer is current. */
  readonly staleMs?: number | undefined;
}

/** Full jitter: boards that lost the same peer do not retry in step. */
const BACKOFF = { generator: fullJitterGenerator, initialDelay: 100, maxDelay: 2_000 };
/** A caller's own shorter time limit does not count against the board. */
const WAIT_MAX_MS = 2_000;

export class RemoteService {
  private readonly options: RemoteServiceOptions;

  constructor(options: RemoteServiceOptions) {
    this.options = options;
  }

  /** A call that answers once; a read may be answered from what was answered last. */
  async once<T>(
    call: RemoteCall,
    request: unknown,
    answers: LastAnswers<T>,
    attempt: Attempt<RemoteAnswer<T>>,
  ): Promise<RemoteAnswer<T>> {
    const { staleMsMax } = this.options;
    const { name, effect } = call.row;
    const mayBeOld = effect === 'reads' && staleMsMax > 0;
    try {
      const answered = await this.answered(call, attempt);
      if (answered.staleMs !== undefined) return requireAccepted(call, answered);
      if (mayBeOld) answers.remember(name, request, answered.value);
      return answered;
    } catch (thrown) {
      if (!mayBeOld || !call.acceptsStale || !isNoAnswer(thrown)) throw thrown;
      const old = answers.recall(name, request, staleMsMax);
      if (!old) throw thrown;
      return { value: old.value, staleMs: old.ageMs };
    }
  }

  /**
   * Until the answer begins; what follows is the caller's to read, under the same limit.
   * @returns what began, and what to call when it has ended
   */
  async begin<T>(call: RemoteCall, attempt: Attempt<T>): Promise<{ value: T; end: () => void }> {
    const limit = new TimeLimit(call.signal, this.timeoutOf(call));
    try {
      return { value: await this.reach(call, limit, attempt), end: () => limit.end() };
    } catch (thrown) {
      limit.end();
      throw thrown;
    }
  }

  /** The failure reported to the caller of a stream that broke off. */
  brokenOff(call: RemoteCall, thrown: unknown): Failure {
    return thrown instanceof Failure
      ? this.answeredBy(call, thrown)
      : this.failureOf(call, thrown, 'unknown');
  }

  private async answered<T>(call: RemoteCall, attempt: Attempt<T>): Promise<T> {
    const { value, end } = await this.begin(call, attempt);
    end();
    return value;
  }

  /** All attempts together stay within the limit. */
  private async reach<T>(call: RemoteCall, limit: TimeLimit, attempt: Attempt<T>): Promise<T> {
    // Once an attempt may have arrived, a later one that did not cannot make that undone.
    let sent: Sent = 'no';
    const one = async (): Promise<T> => {
      if (limit.signal.aborted) throw new Outage('deadline', 'no', limit.signal.reason);
      try {
        const countsTimeouts = limit.timeoutMs >= WAIT_MAX_MS;
        return await this.options.target.reach(() => limit.within(attempt), countsTimeouts);
      } catch (thrown) {
        if (mayHaveArrived(thrown)) sent = 'unknown';
        throw thrown;
      }
    };
    try {
      call.signal.throwIfAborted();
      return await this.retrying(call).execute(one, limit.signal);
    } catch (thrown) {
      call.signal.throwIfAborted();
      throw thrown instanceof Failure
        ? this.answeredBy(call, thrown)
        : this.failureOf(call, thrown, sent);
    }
  }

  private retrying({ row: { effect }, idempotencyKey }: RemoteCall): RetryPolicy {
    return retry(
      handleWhen((thrown) => mayRepeat({ effect, idempotencyKey }, thrown)),
      { maxAttempts: this.options.retries, backoff: new ExponentialBackoff(BACKOFF) },
    );
  }

  private timeoutOf({ row, timeoutMs = Number.POSITIVE_INFINITY }: RemoteCall): number {
    const follows = row.queue?.caller === 'follows';
    const configured = follows ? undefined : this.options.timeoutMs;
    return Math.min(row.timeoutMs, timeoutMs, configured ?? row.timeoutMs);
  }

  private failureOf(call: RemoteCall, thrown: unknown, sent: Sent): Failure {
    const { service, device, target } = this.options;
    const facts = { service, device, sent };
    const where = `${service} on ${device}`;
    const isLate = thrown instanceof Outage && thrown.kind === 'deadline';
    if (!isLate && !(thrown instanceof BrokenCircuitError || thrown instanceof Outage))
      return Failure.from(thrown);
    const what = isLate
      ? 'did not answer in time'
      : thrown instanceof Outage
        ? `does not answer at ${target.address}${untrustedIn(thrown)}`
        : 'is away at the moment';
    const code = isLate ? 'DEADLINE' : 'UNAVAILABLE';
    const why = `${where} ${what}.`;
    const { idempotencyKey } = call;
    if (sent === 'unknown' && call.row.effect !== 'reads')
      return outcomeUnknown(why, { idempotencyKey }, { ...facts, why, cause: code }, thrown);
    const became = sent === 'no' ? 'Nothing was sent.' : 'Nothing was changed.';
    return new Failure(code, `${why} ${became}`, facts, thrown);
  }

  /** An answer not given by our function, to a call that may have taken effect. */
  private answeredBy(call: RemoteCall, thrown: Failure): Failure {
    if (call.row.effect === 'reads' || thrown.facts['sent'] !== 'unknown') return thrown;
    const { service, device } = this.options;
    const { idempotencyKey } = call;
    return openBecause(thrown, { idempotencyKey }, { service, device, sent: 'unknown' });
  }
}

/** Why a handshake failed, where that is why nobody answered. */
function untrustedIn({ cause }: Outage): string {
  const untrusted = cause instanceof Failure ? cause.facts['untrusted'] : undefined;
  return typeof untrusted === 'string' ? ` (${untrusted.replace(/\.$/, '')})` : '';
}

function mayHaveArrived(thrown: unknown): boolean {
  if (thrown instanceof Outage) return thrown.sent === 'unknown';
  return !(thrown instanceof BrokenCircuitError);
}

/** A stale answer forwarded by another board, too, is only for callers that accept one. */
function requireAccepted<T>(call: RemoteCall, answered: RemoteAnswer<T>): RemoteAnswer<T> {
  if (call.acceptsStale) return answered;
  throw new Failure('UNAVAILABLE', `${call.row.name} has only an old answer at the moment.`, {
    staleMs: answered.staleMs,
  });
}

function isNoAnswer(thrown: unknown): boolean {
  return isUnavailable(thrown) || (thrown instanceof Failure && thrown.code === 'DEADLINE');
}
