/** Calls an operation in a process as its host does, and records the answer. */
import { isChunks } from '#template/function.ts';
import { invoke } from '#template/server.ts';
import { handlers } from './stage-handlers.ts';
import type { Answer, Observations } from '../checks/observations.ts';
import { canaries, type Process } from './stage.ts';

export interface Request {
  readonly operation: string;
  readonly key: string;
  readonly body: object;
  /** Carried out at once, as by the connector, and not put on a queue. */
  readonly isRun?: boolean;
  /** What the caller grants; absent: what the operation has. */
  readonly timeoutMs?: number;
}

/** @returns undefined when the process died first */
export async function ask(
  process: Process,
  request: Request,
  observed?: Observations,
): Promise<Answer | undefined> {
  const { plane } = process;
  const answer = await Promise.race([
    answerOf(process, request, observed?.nextCall() ?? 0),
    plane.death.then(() => undefined),
  ]);
  if (answer) observed?.answers.push(answer);
  return answer;
}

async function answerOf(
  { dependencies, plane }: Process,
  { operation, key, body, timeoutMs, isRun }: Request,
  call: number,
): Promise<Answer> {
  const callId = `call-${call}`;
  // A caller's id is kept where it is well formed, else replaced by that of the call.
  const isGood = call % 5 > 0;
  const givenId = isGood ? `asked-${call}` : `asked ${call}\n`;
  const handler = handlers[operation];
  if (!handler) throw new Error(`the simulation has no function ${operation}`);
  const headers = {
    'content-type': 'application/json',
    authorization: `Bearer ${canaries.trade}`,
    'x-request-id': givenId,
    'idempotency-key': key,
    ...(isRun && { 'x-run-id': key }),
    ...(timeoutMs !== undefined && { 'x-timeout-ms': String(timeoutMs) }),
  };
  const event = { method: 'POST', path: '/', query: new URLSearchParams(), headers };
  const secret = (): Promise<string> => Promise.reject(new Error('no secrets'));
  const context = { callId, signal: plane.signal, env: {}, secret, shared: dependencies };
  const result = await invoke(
    handler,
    { ...event, body: Buffer.from(JSON.stringify(body)) },
    context,
  );
  const text = isChunks(result.body) ? '' : String(result.body);
  return {
    operation,
    key,
    status: result.status ?? 200,
    requestId: String(result.headers?.['x-request-id'] ?? ''),
    requestIdDue: isGood ? givenId : callId,
    body: JSON.parse(text === '' ? '{}' : text) as Answer['body'],
  };
}
