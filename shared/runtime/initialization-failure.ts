/** The answer of a function that could not open its dependencies: no Redis, no secrets, a wrong setting. */
import { Failure } from '#shared/kernel/failure.ts';
import type { Operation } from '#shared/contract/row.ts';
import { redisFailure } from '#shared/redis/client.ts';
import type { CallContext, FunctionResult } from '#template/function.ts';
import { openLog } from '#shared/process/log.ts';

/** Logs it here, as there is no log of the dependencies yet. */
export function initializationFailure(
  operation: Operation,
  { callId }: CallContext,
  thrown: unknown,
): FunctionResult {
  const failure = redisFailure(thrown) ?? Failure.from(thrown);
  const facts = {
    callId,
    operation: operation.name,
    module: operation.service,
    failureCode: failure.code,
  };
  openLog('error').error('initialization-failed', { ...facts, cause: failure.cause ?? failure });
  return {
    status: failure.rule.http,
    headers: { 'content-type': 'application/json', 'x-request-id': callId },
    body: JSON.stringify({ ...failure.toJSON(), requestId: callId }),
  };
}
