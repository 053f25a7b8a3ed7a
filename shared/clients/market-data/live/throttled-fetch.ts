/**
 * Calls of public services that owe us nothing: paced, remembered for a while, and given up for an hour
 * once a service asks for fewer. What was answered can be recorded, and answered again offline.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import { Failure, unavailable } from '#shared/kernel/failure.ts';
import { redacted } from '../../redacted.ts';
import type { Pace } from '../../broker/call-pace.ts';
import type { RecordedAnswer, Recording } from './recorded-answers.ts';

const TIMEOUT_MS = 20_000;
const TRIES = 3;
const BACK_OFF_MS = 1_000;
const PAUSE_MS = 3_600_000;
const PAUSE_MIN_MS = 60_000;
const PAUSE_MAX_MS = 86_400_000;
const REMEMBERED_MAX = 200;
/** The user agent that a service receives. */
const USER_AGENT = 'arduino-trader/1';

export interface ThrottledCall {
  /** Under what the answer is recorded: `yahoo/AAPL`. */
  readonly name: string;
  readonly url: string;
  /** A POST with this body, where given. */
  readonly body?: string | undefined;
  /** Never recorded; they may hold keys. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export interface ThrottledFetchOptions {
  /** The service's name, for a person. */
  readonly service: string;
  readonly pace: Pace;
  /** How long an answer counts as fresh. */
  readonly freshMs: number;
  readonly recording?: Recording | undefined;
  nowMs(): number;
  /** A clock that nobody sets: a service is left alone, and an answer counts as fresh, however the other one is set. */
  steadyMs(): number;
  /** Waits between tries; unset: a second, then two. */
  readonly backOffMs?: number | undefined;
}

interface Remembered {
  readonly answer: RecordedAnswer;
  /** By the steady clock. */
  readonly atMs: number;
}

export class ThrottledFetch {
  private readonly parts: ThrottledFetchOptions;
  private readonly remembered = new Map<string, Remembered>();
  /** By the steady clock. */
  private pausedUntilMs = Number.NEGATIVE_INFINITY;

  constructor(parts: ThrottledFetchOptions) {
    this.parts = parts;
  }

  /** Whether a recording needs whole answers, or gives them. */
  get isRecorded(): boolean {
    return this.parts.recording !== undefined;
  }

  /** @returns the day to ask from: never before the source's first; that one where a recording is whole */
  historyStart(from: CalendarDay, firstDay: CalendarDay): CalendarDay {
    return this.isRecorded || from < firstDay ? firstDay : from;
  }

  /** Whether answers come from a recording alone. */
  get replays(): boolean {
    return this.parts.recording?.replays === true;
  }

  /**
   * @param read makes something of an answer; one that it cannot read is neither remembered nor recorded
   * @throws Failure UNAVAILABLE, TOO_BUSY, UPSTREAM_BROKEN, and what `read` throws
   */
  async get<T>(
    call: ThrottledCall,
    read: (answer: RecordedAnswer) => T,
    signal: AbortSignal,
  ): Promise<T> {
    const { recording, freshMs, steadyMs } = this.parts;
    if (recording?.replays === true) return this.reading(await recording.read(call.name), read);
    const known = this.remembered.get(keyOf(call));
    if (known && steadyMs() - known.atMs < freshMs) return this.reading(known.answer, read);
    const answer = await this.fetched(call, signal);
    if (this.canRead(answer, read)) await this.keep(call, answer);
    return this.reading(answer, read);
  }

  /** Also of an answer that says that there is nothing. */
  private canRead(answer: RecordedAnswer, read: (answer: RecordedAnswer) => unknown): boolean {
    try {
      this.reading(answer, read);
      return true;
    } catch (thrown) {
      return Failure.from(thrown).code !== 'UPSTREAM_BROKEN';
    }
  }

  private async keep(call: ThrottledCall, answer: RecordedAnswer): Promise<void> {
    this.remember(keyOf(call), answer);
    await this.parts.recording?.write(call.name, answer);
  }

  /** Whatever a reader trips over is the service's fault: one answer must not end a sync. */
  private reading<T>(answer: RecordedAnswer, read: (answer: RecordedAnswer) => T): T {
    try {
      return read(answer);
    } catch (thrown) {
      if (thrown instanceof Failure && thrown.code !== 'INVALID_REQUEST') throw thrown;
      const { service } = this.parts;
      const detail = thrown instanceof Error ? thrown.message.slice(0, 100) : 'unreadable';
      throw new Failure('UPSTREAM_BROKEN', `${service} answered what cannot be read: ${detail}.`, {
        what: service,
      });
    }
  }

  private async fetched(call: ThrottledCall, signal: AbortSignal): Promise<RecordedAnswer> {
    const { service, pace, nowMs, steadyMs, backOffMs = BACK_OFF_MS } = this.parts;
    for (let attempt = 1; ; attempt += 1) {
      if (steadyMs() < this.pausedUntilMs) throw this.tooBusy();
      await pace.turn(signal);
      const response = await this.once(call, signal);
      if (response.status === 429 || (response.status === 503 && response.retryAfter !== null)) {
        this.pausedUntilMs = steadyMs() + pauseMs(response.retryAfter, nowMs());
        throw this.tooBusy();
      }
      if (response.status === 200 || response.status === 404)
        return { status: response.status, body: response.body, fetchedAtMs: nowMs() };
      if (response.status < 500 || attempt >= TRIES)
        throw new Failure('UNAVAILABLE', `${service} answered ${response.status}.`, {
          what: service,
        });
      await sleep(backOffMs * attempt, undefined, { signal });
    }
  }

  private async once({ url, body, headers }: ThrottledCall, signal: AbortSignal) {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    try {
      const response = await fetch(url, {
        ...(body !== undefined && { method: 'POST', body }),
        headers: { 'User-Agent': USER_AGENT, ...headers },
        redirect: 'error',
        signal: limited,
      });
      const bytes = withoutKeys(Buffer.from(await response.arrayBuffer()), headers);
      const retryAfter = response.headers.get('retry-after');
      return { status: response.status, body: bytes, retryAfter };
    } catch (thrown) {
      signal.throwIfAborted();
      // The name alone: what is thrown may carry the request and its headers.
      const name = thrown instanceof Error ? thrown.name : 'unknown';
      throw unavailable(this.parts.service, new Error(name));
    }
  }

  private tooBusy(): Failure {
    const retryAfterMs = Math.max(0, this.pausedUntilMs - this.parts.steadyMs());
    const minutes = Math.ceil(retryAfterMs / 60_000);
    return new Failure(
      'TOO_BUSY',
      `${this.parts.service} asked for fewer calls; it is left alone for ${minutes} min.`,
      { retryAfterMs, what: this.parts.service },
    );
  }

  private remember(key: string, answer: RecordedAnswer): void {
    this.remembered.delete(key);
    this.remembered.set(key, { answer, atMs: this.parts.steadyMs() });
    const [oldest] = this.remembered.keys();
    if (this.remembered.size > REMEMBERED_MAX && oldest !== undefined)
      this.remembered.delete(oldest);
  }
}

/** A service may repeat the keys it was called with; nothing of them is read, remembered or recorded. */
function withoutKeys(body: Buffer, headers: ThrottledCall['headers'] = {}): Buffer {
  const keys = Object.entries(headers).filter(([name]) => /key|secret|token|auth/i.test(name));
  if (keys.length === 0) return body;
  return Buffer.from(
    redacted(
      body.toString(),
      keys.map(([, value]) => value),
    ),
  );
}

function keyOf({ url, body = '' }: ThrottledCall): string {
  return `${url}\n${body}`;
}

/** Seconds or a date (RFC 9110); at least a minute, at most a day, and an hour where nothing is said. */
function pauseMs(retryAfter: string | null, nowMs: number): number {
  const text = retryAfter ?? '';
  const askedMs = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - nowMs;
  if (!(askedMs > 0)) return PAUSE_MS;
  return Math.min(Math.max(askedMs, PAUSE_MIN_MS), PAUSE_MAX_MS);
}
