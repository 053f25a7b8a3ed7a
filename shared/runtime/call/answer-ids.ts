/** The headers by which an answer names its call. */
import { isSafeId } from '#shared/kernel/identifiers.ts';
import type { FunctionResult } from '#template/function.ts';

export interface AnsweredCall {
  readonly requestId: string;
  /** Age of the oldest answer used for this one, where a board was unreachable. */
  readonly staleMs: number | undefined;
  /** The effective idempotency key. */
  readonly key: string | undefined;
}

export function withIds(
  result: FunctionResult,
  { requestId, staleMs, key }: AnsweredCall,
): FunctionResult {
  const stale = staleMs !== undefined && { 'x-stale-ms': String(staleMs) };
  const named = key !== undefined && isSafeId(key) && { 'idempotency-key': key };
  const ids = { ...named, 'x-request-id': requestId };
  return { ...result, headers: { ...result.headers, ...stale, ...ids } };
}
