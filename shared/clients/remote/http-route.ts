/** Functions of another board, called through its gateway. */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Failure } from '#shared/kernel/failure.ts';
import { requireOperation } from '#shared/contract/catalogue.ts';
import { requestHash } from '#shared/contract/equal-request.ts';
import type { Operation } from '#shared/contract/row.ts';
import { bytesOf, textOf } from '../answer-body.ts';
import {
  readsEach,
  refusalOf,
  type FunctionAnswer,
  type FunctionCall,
  type Transport,
} from '../functions-client.ts';
import { httpTransport } from '../http-transport.ts';
import { LastAnswers } from './last-answers.ts';
import { Outage, sentOf } from './outage.ts';
import { remoteCallOf, READY_ROW } from './remote-call.ts';
import type { RemoteAnswer, RemoteService } from './remote-service.ts';
import type { Probe } from './remote-target.ts';

/** @param token the trade token of that board */
export function httpRoute(gateway: string, token: string, service: RemoteService): Transport {
  const far = httpTransport(gateway, token);
  const answers = new LastAnswers<Whole>();
  return async (call) => {
    const [name = '', ...path] = call.name.split('/');
    if (path.length > 0) return poll(far, service, call);
    const operation = requireOperation(name);
    if (readsEach(call)) return follow(far, service, operation, call);
    const remote = remoteCallOf(operation, call);
    const asked = operation.effect === 'reads' ? askedBy(operation, call) : undefined;
    const { value, staleMs } = await service.once(remote, asked, answers, (signal, timeoutMs) =>
      wholeAnswer(far, limited(call, signal, timeoutMs)),
    );
    return { status: 200, ...value, body: chunk(value.body), staleMs };
  };
}

/** An answer in one piece, in whatever encoding it came. */
interface Whole {
  readonly contentType: string | undefined;
  readonly body: Buffer;
}

/** Equal for requests of equal meaning whose callers read the same encodings. */
function askedBy(operation: Operation, { body, accept }: FunctionCall): readonly string[] {
  const asked =
    typeof body === 'string' ? requestHash(operation, body) : Buffer.from(body).toString('base64');
  return [accept, asked];
}

/** Readiness of a function: an answer of any status is passed on. */
async function poll(
  far: Transport,
  service: RemoteService,
  call: FunctionCall,
): Promise<FunctionAnswer> {
  const { value, end } = await service.begin(remoteCallOf(READY_ROW, call), (signal) =>
    whole(far, { ...call, signal }),
  );
  end();
  return value;
}

async function follow(
  far: Transport,
  service: RemoteService,
  operation: Operation,
  call: FunctionCall,
): Promise<FunctionAnswer> {
  const remote = remoteCallOf(operation, call);
  const { value, end } = await service.begin(remote, (signal, timeoutMs) =>
    answerOf(far, limited(call, signal, timeoutMs)),
  );
  const brokenOff = (thrown: unknown): unknown => {
    call.signal.throwIfAborted();
    const lost = thrown instanceof Failure ? new Outage('connection', 'unknown', thrown) : thrown;
    return service.brokenOff(remote, lost);
  };
  return { ...value, body: through(value.body, brokenOff, end) };
}

/** Whether a gateway is there, without a token and without work for a function. */
export function httpProbe(gateway: string): Probe {
  const open = gateway.startsWith('https:') ? httpsRequest : httpRequest;
  return (timeoutMs) =>
    new Promise<void>((resolve, reject) => {
      const away = (cause: unknown): void => reject(new Outage('connection', 'no', cause));
      const signal = AbortSignal.timeout(timeoutMs);
      const sent = open(`${gateway}/healthz`, { signal }, (response) => {
        response.resume();
        response.once('error', away);
        response.once('end', resolve);
      });
      sent.once('error', away);
      sent.end();
    });
}

function limited(call: FunctionCall, signal: AbortSignal, timeoutMs: number): FunctionCall {
  return { ...call, signal, headers: { ...call.headers, 'x-timeout-ms': String(timeoutMs) } };
}

/** @throws Failure as answered, Outage where nobody answered */
async function answerOf(far: Transport, call: FunctionCall): Promise<FunctionAnswer> {
  const answer = await far(call).catch(asOutage);
  if (answer.status === 200) return answer;
  throw refusalOf(await textOf(answer.body).catch(asOutage), answer.status);
}

async function wholeAnswer(far: Transport, call: FunctionCall): Promise<RemoteAnswer<Whole>> {
  const { body, contentType, staleMs } = await answerOf(far, call);
  return { value: { contentType, body: await bytesOf(body).catch(asOutage) }, staleMs };
}

/** An answer of any status. */
async function whole(far: Transport, call: FunctionCall): Promise<FunctionAnswer> {
  const answer = await far(call).catch(asOutage);
  return { ...answer, body: chunk(await textOf(answer.body).catch(asOutage)) };
}

/**
 * An error of the transport means that there was no answer; answered failures are thrown elsewhere.
 */
function asOutage(thrown: unknown): never {
  if (thrown instanceof Failure) throw new Outage('connection', sentOf(thrown), thrown);
  throw thrown;
}

async function* through(
  body: FunctionAnswer['body'],
  failureOf: (thrown: unknown) => unknown,
  end: () => void,
): AsyncGenerator<Uint8Array | string> {
  try {
    yield* body;
  } catch (thrown) {
    throw failureOf(thrown);
  } finally {
    end();
  }
}

async function* chunk<T extends Uint8Array | string>(whole: T): AsyncGenerator<T> {
  yield whole;
}
