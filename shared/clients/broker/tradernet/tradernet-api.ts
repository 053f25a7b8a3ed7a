/**
 * Client of Tradernet's private API, version 3: rate-limited, signed, and retried only for reads.
 */
import type { z } from 'zod';
import { redacted } from '#shared/clients/redacted.ts';
import { Failure, unavailable } from '#shared/kernel/failure.ts';
import type { Pace } from '../call-pace.ts';
import {
  parseAnswer,
  TRADERNET_NAME,
  tradernetBroken,
  isTradernetRefusal,
  notAvailable,
  shaped,
  tooBusy,
  type TradernetRefusal,
} from './parse-answer.ts';
import { signedHeaders } from './signing.ts';

const TIMEOUT_MS = 8_000;
const READ_TRIES = 3;

export interface TradernetAccess {
  /** `https://freedom24.com`, the host of another cabinet, or a mock's address. */
  readonly baseUrl: string;
  readonly pace: Pace;
  publicKey(): string;
  privateKey(): string;
  nowMs(): number;
}

interface Call {
  readonly path: string;
  /** Undefined: a GET, which is not signed. */
  readonly body?: string | undefined;
}

export class TradernetApi {
  private readonly access: TradernetAccess;

  constructor(access: TradernetAccess) {
    this.access = access;
  }

  /** A signed read; retried where there was no response. */
  read<T extends z.ZodType>(
    command: string,
    params: object,
    shape: T,
    signal: AbortSignal,
  ): Promise<z.output<T>> {
    const call = { path: `/api/${command}`, body: JSON.stringify(params) };
    return this.reading(command, call, shape, signal);
  }

  /** A public read, which needs no keys. */
  readPublic<T extends z.ZodType>(
    command: string,
    params: object,
    shape: T,
    signal: AbortSignal,
  ): Promise<z.output<T>> {
    const query = encodeURIComponent(JSON.stringify({ cmd: command, params }));
    return this.reading(command, { path: `/api?q=${query}` }, shape, signal);
  }

  /**
   * Milliseconds that the service's clock is ahead of ours, by the header of an answer; its own
   * times state no zone.
   */
  async clockAheadMs(signal: AbortSignal): Promise<number> {
    await this.access.pace.turn(signal);
    const body = JSON.stringify({ market: '*' });
    const response = await this.send({ path: '/api/getMarketStatus', body }, signal);
    const answer = parseAnswer(response.text);
    if (isTradernetRefusal(answer))
      throw notAvailable(`${TRADERNET_NAME} refuses: ${answer.refused}`);
    const at = Date.parse(response.date ?? '');
    return Number.isFinite(at) ? at - this.access.nowMs() : 0;
  }

  /** Everything that can fail before a command is sent; after it, only the transmission remains. */
  async prepare(signal: AbortSignal): Promise<void> {
    void [this.access.publicKey(), this.access.privateKey()];
    await this.access.pace.turn(signal);
  }

  /** A command that changes something; sent once. @throws where its outcome is not certain */
  async act<T extends z.ZodType>(
    command: string,
    body: string,
    shape: T,
    signal: AbortSignal,
  ): Promise<z.output<T> | TradernetRefusal> {
    const answer = parseAnswer((await this.send({ path: `/api/${command}`, body }, signal)).text);
    return isTradernetRefusal(answer) ? answer : shaped(shape, answer, command);
  }

  private async reading<T extends z.ZodType>(
    command: string,
    call: Call,
    shape: T,
    signal: AbortSignal,
  ): Promise<z.output<T>> {
    for (let attempt = 1; ; attempt += 1) {
      await this.access.pace.turn(signal);
      try {
        const answer = parseAnswer((await this.send(call, signal)).text);
        if (!isTradernetRefusal(answer)) return shaped(shape, answer, command);
        throw tradernetBroken(`${command}: ${answer.refused}`);
      } catch (thrown) {
        const failure = Failure.from(thrown);
        const again = failure.code === 'UNAVAILABLE' || failure.code === 'TOO_BUSY';
        if (!again || attempt >= READ_TRIES || signal.aborted) throw failure;
      }
    }
  }

  private async send(
    { path, body }: Call,
    signal: AbortSignal,
  ): Promise<{ readonly text: string; readonly date: string | null }> {
    const { baseUrl, nowMs } = this.access;
    const request: RequestInit =
      body === undefined
        ? { method: 'GET' }
        : { method: 'POST', body, headers: signedHeaders(this.keys(), body, nowMs()) };
    const limited = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${baseUrl}${path}`, {
        ...request,
        redirect: 'error',
        signal: limited,
      });
      text = redacted(await response.text(), Object.values(this.keys()));
    } catch (thrown) {
      signal.throwIfAborted();
      // Only the error's name: the error may contain the request and its headers.
      throw unavailable(
        TRADERNET_NAME,
        new Error(thrown instanceof Error ? thrown.name : 'unknown'),
      );
    }
    if (response.status === 429) throw tooBusy(response.headers.get('retry-after'));
    if (!response.ok) throw notAvailable(`${TRADERNET_NAME} answered ${response.status}.`);
    return { text, date: response.headers.get('date') };
  }

  private keys() {
    return { publicKey: this.access.publicKey(), privateKey: this.access.privateKey() };
  }
}
