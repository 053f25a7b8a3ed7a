/** The answer of a call that failed. */
import { failureTable, type FailureBody } from '#shared/kernel/failure.ts';
import { PROTOBUF_TYPE } from '#shared/contract/message-frames.ts';
import type { FunctionResult } from '#template/function.ts';

/** The `WWW-Authenticate` header of a 401. */
const BEARER_CHALLENGE = 'Bearer realm="arduino-trader"';

export function refusal(body: FailureBody): FunctionResult {
  const { http } = failureTable[body.code];
  const retryAfterMs = Number(body['retryAfterMs'] ?? 0);
  return {
    status: http,
    headers: {
      'content-type': 'application/json',
      // So that a caller knows that it was not for the encoding.
      ...(http === 400 && { 'accept-post': `application/json, ${PROTOBUF_TYPE}` }),
      ...(retryAfterMs > 0 && { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) }),
      ...(body.code === 'UNAUTHENTICATED' && { 'www-authenticate': BEARER_CHALLENGE }),
    },
    body: JSON.stringify(body),
  };
}

/** Operations are called by POST, reads too: a request has a body, and its answer is of now. */
export const WRONG_METHOD: FunctionResult = { status: 405, headers: { allow: 'POST' }, body: '' };
