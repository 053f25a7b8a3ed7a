/**
 * Where the outcome of a queued call is sent: POSTs until one is accepted, without following
 * redirects.
 *
 * Only addresses of this machine and hosts that the operator names are accepted. A caller who may
 * queue a call could otherwise make the gateway, which stands inside the home network, send
 * requests to any machine in it.
 */
import { isIP } from 'node:net';
import type { FunctionResult } from '#template/function.ts';
import { ENDING_HERE } from '../http/call-headers.ts';

const TIMEOUT_MS = 10_000;
/** The name under which functions on faasd know their gateway. */
const GATEWAY_NAME = 'gateway';

/**
 * @param hosts names or addresses that may be called beside this machine's own
 * @returns the address, or the reason why it is refused
 */
export function callbackUrl(
  text: string,
  hosts: readonly string[] = [],
): { url: string } | { refusal: string } {
  if (!URL.canParse(text)) return { refusal: `X-Callback-Url: parse error: invalid URL` };
  const { protocol, hostname } = new URL(text);
  if (protocol !== 'http:' && protocol !== 'https:')
    return { refusal: 'X-Callback-Url: only http and https are called' };
  if (!isLoopback(hostname) && hostname !== GATEWAY_NAME && !hosts.includes(hostname))
    return { refusal: 'X-Callback-Url: only addresses of this machine are called' };
  return { url: text };
}

function isLoopback(hostname: string): boolean {
  if (hostname === 'localhost' || hostname === '[::1]') return true;
  return isIP(hostname) === 4 && hostname.startsWith('127.');
}

/** The outcome of a call as it waits for delivery. */
export interface CallOutcome {
  readonly callId: string;
  /** As the caller wrote it. */
  readonly functionName: string;
  readonly seconds: number;
  readonly status: number;
  readonly headers: NonNullable<FunctionResult['headers']>;
  readonly body: Buffer;
}

/** The listener did not accept the outcome. */
export class CallbackRefused extends Error {
  /** Whether it may accept it later. */
  readonly again: boolean;

  constructor(reason: string, again: boolean) {
    super(reason);
    this.again = again;
  }
}

/**
 * @param gatewayUrl where `http://gateway:8080` leads
 * @throws CallbackRefused
 */
export async function callBack(
  url: string,
  outcome: CallOutcome,
  gatewayUrl: string,
): Promise<void> {
  const response = await fetch(resolved(url, gatewayUrl), {
    method: 'POST',
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: headersOf(outcome),
    body: new Uint8Array(outcome.body),
  }).catch(() => {
    throw new CallbackRefused('the callback address does not answer', true);
  });
  await response.body?.cancel();
  const { status } = response;
  if (status < 400) return;
  const again = status >= 500 || status === 408 || status === 429;
  throw new CallbackRefused(`the callback address answered ${status}`, again);
}

function resolved(url: string, gatewayUrl: string): string {
  const { hostname, pathname, search } = new URL(url);
  return hostname === GATEWAY_NAME ? new URL(pathname + search, gatewayUrl).href : url;
}

function headersOf(outcome: CallOutcome): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(outcome.headers)) {
    if (ENDING_HERE.has(name.toLowerCase()) || name.toLowerCase() === 'content-length') continue;
    for (const one of [value].flat()) headers.append(name, String(one));
  }
  headers.set('x-call-id', outcome.callId);
  headers.set('x-function-name', outcome.functionName);
  headers.set('x-function-status', String(outcome.status));
  headers.set('x-duration-seconds', outcome.seconds.toFixed(6));
  return headers;
}
