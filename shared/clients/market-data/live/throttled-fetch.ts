/**
 * Calls of public services that owe us nothing: paced, remembered for a while, and given up for an hour
 * once a service asks for fewer. What was answered can be recorded, and answered again offline.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure, unavailable } from '#shared/kernel/failure.ts';
import type { Pace } from '../../broker/call-pace.ts';
import type { RecordedAnswer, Recording } from './recorded-answers.ts';

const TIMEOUT_MS = 20_000;
const TRIES = 3;
const BACK_OFF_MS = 1_000;
const PAUSE_MS = 3_600_000;
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
  /** Waits between tries; unset: a second, then two. */
  readonly backOffMs?: number | undefined;
}

export class ThrottledFetch {
  private readonly parts: ThrottledFetchOptions;
  private readonly remembered = new Map<string, RecordedAnswer>();
  private pausedUntilMs = 0;

  constructor(parts: ThrottledFetchOptions) {
    this.parts = parts;
  }

  /** Whether a recording needs whole answers, or gives them. */
  get isRecorded(): boolean {
    return this.parts.recording !== undefined;
  }

  /** Whether answers come from a recording alone. */
  get replays(): boolean {
    return this.parts.recording?.replays === true;
  }

  /** @throws Failure UNAVAILABLE, TOO_BUSY */
  async get(call: ThrottledCall, signal: AbortSignal): Promise<RecordedAnswer> {
    const { recording, freshMs, nowMs } = this.parts;
    if (recording?.replays === true) return recording.read(call.name);
    const known = this.remembered.get(keyOf(call));
    if (known && nowMs() - known.fetchedAtMs < freshMs) return known;
    const answer = await this.fetched(call, signal);
    this.remember(keyOf(call), answer);
    await recording?.write(call.name, answer);
    return answer;
  }

  private async fetched(call: ThrottledCall, signal: AbortSignal): Promise<RecordedAnswer> {
    const { service, pace, nowMs, backOffMs = BACK_OFF_MS } = this.parts;
    for (let attempt = 1; ; attempt += 1) {
      if (nowMs() < this.pausedUntilMs) throw this.tooBusy();
      await pace.turn(signal);
      const response = await this.once(call, signal);
      if (response.status === 429) {
        this.pausedUntilMs = nowMs() + pauseMs(response.retryAfter);
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
      const bytes = Buffer.from(await response.arrayBuffer());
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
    const retryAfterMs = Math.max(0, this.pausedUntilMs - this.parts.nowMs());
    const minutes = Math.ceil(retryAfterMs / 60_000);
    return new Failure(
      'TOO_BUSY',
      `${this.parts.service} asked for fewer calls; it is left alone for ${minutes} min.`,
      { retryAfterMs, what: this.parts.service },
    );
  }

  private remember(key: string, answer: RecordedAnswer): void {
    this.remembered.delete(key);
    this.remembered.set(key, answer);
    const [oldest] = this.remembered.keys();
    if (this.remembered.size > REMEMBERED_MAX && oldest !== undefined)
      this.remembered.delete(oldest);
  }
}

function keyOf({ url, body = '' }: ThrottledCall): string {
  return `${url}\n${body}`;
}

function pauseMs(retryAfter: string | null): number {
  const seconds = Number(retryAfter ?? Number.NaN);
  return seconds > 0 ? Math.max(seconds * 1_000, 60_000) : PAUSE_MS;
}
