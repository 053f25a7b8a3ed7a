/**
 * Calling another operation, typed by its row. How the call travels is the transport's business:
 * in the same process, or over HTTP to the gateway of the board that has the function.
 */
import { Failure } from '#shared/kernel/failure.ts';
import type { Operation, ResponseOf, WireRequestOf } from '#shared/operations/row.ts';

export interface CallOptions {
  readonly signal: AbortSignal;
  readonly requestId: string;
  readonly idempotencyKey?: string | undefined;
}

export interface FunctionCall extends CallOptions {
  /** `planning-create-plan` */
  readonly name: string;
  readonly body: string;
  readonly accept: 'application/json' | 'application/x-ndjson';
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export interface FunctionAnswer {
  readonly status: number;
  /** The body in pieces, as it arrives. */
  readonly body: AsyncIterable<Uint8Array | string>;
}

/** @throws Failure UNAVAILABLE when the function cannot be reached */
export type Transport = (call: FunctionCall) => Promise<FunctionAnswer>;

export class FunctionsClient {
  private readonly transport: Transport;

  constructor(transport: Transport) {
    this.transport = transport;
  }

  /** Runs an operation to its end and answers its (last) message. @throws Failure as answered */
  async call<O extends Operation>(
    operation: O,
    request: WireRequestOf<O>,
    options: CallOptions,
  ): Promise<ResponseOf<O>> {
    const answer = await this.send(operation, request, 'application/json', options);
    const text = await textOf(answer.body);
    if (answer.status !== 200) throw refusalOf(text, answer.status);
    return parseJson(text, operation.name) as ResponseOf<O>;
  }

  /** Runs a streaming operation and yields its messages as they come. */
  async *stream<O extends Operation>(
    operation: O,
    request: WireRequestOf<O>,
    options: CallOptions,
  ): AsyncGenerator<ResponseOf<O>> {
    const answer = await this.send(operation, request, 'application/x-ndjson', options);
    if (answer.status !== 200) throw refusalOf(await textOf(answer.body), answer.status);
    for await (const line of linesOf(answer.body)) {
      const message = parseJson(line, operation.name) as { failure?: unknown };
      if (message.failure) throw Failure.fromBody(message.failure, 500);
      yield message as ResponseOf<O>;
    }
  }

  /** Asks a function whether it could do its work now; the answer's text says what it lacks. */
  async ready(name: string, options: CallOptions): Promise<{ ready: boolean; reason: string }> {
    const answer = await this.transport({
      ...options,
      name: `${name}/_/ready`,
      body: '',
      accept: 'application/json',
    });
    return { ready: answer.status === 200, reason: (await textOf(answer.body)).trim() };
  }

  private send(
    operation: Operation,
    request: unknown,
    accept: FunctionCall['accept'],
    options: CallOptions,
  ): Promise<FunctionAnswer> {
    return this.transport({
      ...options,
      name: operation.name,
      body: JSON.stringify(request),
      accept,
    });
  }
}

export async function textOf(body: AsyncIterable<Uint8Array | string>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const piece of body)
    text += typeof piece === 'string' ? piece : decoder.decode(piece, { stream: true });
  return text + decoder.decode();
}

export async function* linesOf(body: AsyncIterable<Uint8Array | string>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of body) {
    rest += typeof piece === 'string' ? piece : decoder.decode(piece, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield line;
  }
  if (rest !== '') yield rest;
}

/** A platform refuses in plain text (404, 429, 504 of the gateway); its status says enough. */
function refusalOf(text: string, status: number): Failure {
  try {
    return Failure.fromBody(JSON.parse(text), status);
  } catch {
    return Failure.fromBody(undefined, status);
  }
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Failure('UPSTREAM_BROKEN', `${name} answered something that is not JSON.`, {}, cause);
  }
}
