/**
 * Calls handlers as the functions client does, without a transport: the request is parsed by its row and the answer
 * travels as JSON, as between two functions. Access, queues and idempotency records belong to transports.
 */
import { FunctionsClient, type CallOptions } from '#shared/clients/functions-client.ts';
import { Failure } from '#shared/kernel/failure.ts';
import type { Operation, ResponseOf, WireRequestOf } from '#shared/contract/row.ts';
import type { Context, Dependencies } from '#shared/runtime/context.ts';
import type { OperationHandler } from '#shared/runtime/handle.ts';
import { parseRequest } from '#shared/runtime/wire.ts';

type Body = (request: unknown, context: Context) => Promise<unknown> | AsyncGenerator<unknown>;

export class DirectFunctions extends FunctionsClient {
  private readonly handlers: ReadonlyMap<string, OperationHandler>;
  private readonly dependencies: () => Dependencies;

  constructor(handlers: readonly OperationHandler[], dependencies: () => Dependencies) {
    super(() => Promise.reject(new Failure('BUG', 'Invariant: direct calls need no transport')));
    this.handlers = new Map(handlers.map((handler) => [handler.operation.name, handler]));
    this.dependencies = dependencies;
  }

  override async call<O extends Operation>(
    operation: O,
    request: WireRequestOf<O>,
    options: CallOptions,
  ): Promise<ResponseOf<O>> {
    if (!operation.streams) return asJson(await this.begin(operation, request, options));
    let last: ResponseOf<O> | undefined;
    for await (const message of this.stream(operation, request, options)) last = message;
    if (last === undefined) throw new Failure('UPSTREAM_BROKEN', `${operation.name} said nothing.`);
    return last;
  }

  override async *stream<O extends Operation>(
    operation: O,
    request: WireRequestOf<O>,
    options: CallOptions,
  ): AsyncGenerator<ResponseOf<O>> {
    const messages = this.begin(operation, request, options) as AsyncGenerator<unknown>;
    for await (const message of messages) yield asJson(message);
  }

  private begin(operation: Operation, wire: unknown, options: CallOptions): ReturnType<Body> {
    const handler = this.handlers.get(operation.name);
    if (!handler) throw new Failure('BUG', `Invariant: a replay has the handler ${operation.name}`);
    const request = parseRequest(operation, JSON.parse(JSON.stringify(wire)));
    return (handler.handlerBody as unknown as Body)(request, this.contextOf(options));
  }

  private contextOf({ signal, requestId, idempotencyKey }: CallOptions): Context {
    const { dependencies } = this;
    return {
      ...dependencies(),
      signal,
      requestId,
      idempotencyKey: idempotencyKey ?? requestId,
      run: undefined,
      nameOutcome: () => undefined,
      answerIsOpen: () => undefined,
      callOptions: (key) => ({
        signal,
        requestId: key ?? dependencies().newId(),
        idempotencyKey: key,
      }),
    };
  }
}

function asJson<T>(message: unknown): T {
  return JSON.parse(JSON.stringify(message ?? {})) as T;
}
