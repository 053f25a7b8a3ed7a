/**
 * Where the outcome of a queued call is sent: one POST, no retry, no redirect followed.
 *
 * Only addresses of this very machine are taken. A caller who may queue a call could otherwise make
 * the gateway, which stands inside the home network, send requests to any machine in it.
 */
import { isIP } from 'node:net';
import type { FunctionResult } from '#template/function.ts';
import { wholeOf } from './pieces.ts';

const TIMEOUT_MS = 10_000;

/** @returns the address, or the reason why it is none that we call */
export function callbackUrl(text: string): { url: string } | { refusal: string } {
  if (!URL.canParse(text)) return { refusal: `parse "${text.slice(0, 200)}": invalid URL` };
  const { protocol, hostname } = new URL(text);
  if (protocol !== 'http:' && protocol !== 'https:')
    return { refusal: 'X-Callback-Url: only http and https are called' };
  if (!isLoopback(hostname))
    return { refusal: 'X-Callback-Url: only addresses of this machine are called' };
  return { url: text };
}

function isLoopback(hostname: string): boolean {
  if (hostname === 'localhost' || hostname === '[::1]') return true;
  return isIP(hostname) === 4 && hostname.startsWith('127.');
}

export interface CallOutcome {
  readonly callId: string;
  /** As the caller wrote it. */
  readonly functionName: string;
  readonly seconds: number;
  readonly result: FunctionResult;
}

/** @throws what fetch throws, when nobody listens there */
export async function callBack(url: string, outcome: CallOutcome): Promise<number> {
  const { result } = outcome;
  const response = await fetch(url, {
    method: 'POST',
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: {
      ...result.headers,
      'x-call-id': outcome.callId,
      'x-function-name': outcome.functionName,
      'x-function-status': String(result.status ?? 200),
      'x-duration-seconds': outcome.seconds.toFixed(6),
    },
    body: await wholeOf(result.body),
  });
  await response.body?.cancel();
  return response.status;
}
