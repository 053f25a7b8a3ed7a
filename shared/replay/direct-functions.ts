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

/** Of each operation: the steps of a day ask most of them in a few ways. */
const REQUESTS_KEPT = 16;

/** Requests of an operation by their texts, as long as they repeat: orders never do. */
class KnownRequests {
  private readonly byText = new Map<string, unknown>();
  private repeats = true;
  private found = 0;

  /** A request that says what one of the last ones said is read once; handlers change none. */
  read(wire: unknown, reader: (plainWire: unknown) => unknown): unknown {
    if (!this.repeats) return reader(asJson(wire));
    const text = JSON.stringify(wire ?? {});
    const same = this.byText.get(text);
    if (same !== undefined) {
      this.found += 1;
      return same;
    }
    const request = reader(asJson(wire));
    if (this.byText.size >= REQUESTS_KEPT) this.startOver();
    this.byText.set(text, request);
    return request;
  }

  private startOver(): void {
    this.byText.clear();
    this.repeats = this.found > 0;
    this.found = 0;
  }
}

export class DirectFunctions extends FunctionsClient {
  private readonly handlers: ReadonlyMap<string, OperationHandler>;
  private readonly dependencies: () => Dependencies;
  private readonly requests = new Map<string, KnownRequests>();

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
    let last: unknown;
    for await (const message of this.messages(operation, request, options)) last = message;
    if (last === undefined) throw new Failure('UPSTREAM_BROKEN', `${operation.name} said nothing.`);
    return asJson(last);
  }

  override stream<O extends Operation>(
    operation: O,
    request: WireRequestOf<O>,
    options: CallOptions,
  ): AsyncGenerator<ResponseOf<O>> {
    return new JsonMessages<ResponseOf<O>>(this.messages(operation, request, options));
  }

  private messages(operation: Operation, wire: unknown, options: CallOptions) {
    return this.begin(operation, wire, options) as AsyncGenerator<unknown>;
  }

  private begin(operation: Operation, wire: unknown, options: CallOptions): ReturnType<Body> {
    const handler = this.handlers.get(operation.name);
    if (!handler) throw new Failure('BUG', `Invariant: a replay has the handler ${operation.name}`);
    const request = this.requestOf(operation, wire);
    return (handler.handlerBody as unknown as Body)(request, this.contextOf(options));
  }

  private requestOf(operation: Operation, wire: unknown): unknown {
    const known = this.requests.get(operation.name) ?? new KnownRequests();
    this.requests.set(operation.name, known);
    return known.read(wire, (plainWire) => parseRequest(operation, plainWire));
  }

  /** Field by field: a copy of all that there is would be made for each call. */
  private contextOf({ signal, requestId, idempotencyKey }: CallOptions): Context {
    const { dependencies } = this;
    const around = dependencies();
    return {
      settings: around.settings,
      baseCurrency: around.baseCurrency,
      build: around.build,
      log: around.log,
      database: around.database,
      marketData: around.marketData,
      broker: around.broker,
      functions: around.functions,
      placement: around.placement,
      runs: around.runs,
      tokens: around.tokens,
      now: () => around.now(),
      steady: () => around.steady(),
      newId: () => around.newId(),
      close: () => around.close(),
      signal,
      requestId,
      idempotencyKey: idempotencyKey ?? requestId,
      run: undefined,
      nameOutcome: () => undefined,
      answerIsOpen: () => undefined,
      callOptions: (key) => ({
        signal,
        requestId: key ?? around.newId(),
        idempotencyKey: key,
      }),
    };
  }
}

/** The messages of a handler as JSON: each goes through one promise more, where a generator would make several. */
class JsonMessages<T> implements AsyncGenerator<T, undefined> {
  private readonly messages: AsyncGenerator<unknown>;

  constructor(messages: AsyncGenerator<unknown>) {
    this.messages = messages;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return this.messages.next().then(inJson<T>);
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    await this.messages.return(undefined);
    return ended;
  }

  async throw(thrown: unknown): Promise<IteratorResult<T, undefined>> {
    return inJson(await this.messages.throw(thrown));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

const ended = { done: true, value: undefined } as const;

function inJson<T>({ done = false, value }: IteratorResult<unknown>): IteratorResult<T, undefined> {
  return done ? ended : { done: false, value: asJson<T>(value) };
}

/** What a message is after it was written as JSON and read again; nobody changes it afterwards. */
function asJson<T>(message: unknown): T {
  return plain(message ?? {}) as T;
}

/** The value itself where JSON would say the same of it. */
function plain(value: unknown): unknown {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return plainArray(value);
  const own = value as Record<string, unknown>;
  if (typeof own['toJSON'] === 'function') return plain((own['toJSON'] as () => unknown)());
  return plainObject(own);
}

function plainArray(array: readonly unknown[]): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let i = 0; i < array.length; i += 1) {
    const one = plain(array[i]) ?? null;
    if (one !== array[i]) copy ??= array.slice(0, i);
    copy?.push(one);
  }
  return copy ?? array;
}

function plainObject(own: Record<string, unknown>): Record<string, unknown> {
  const keys = Object.keys(own);
  let copy: Record<string, unknown> | undefined =
    Object.getPrototypeOf(own) === Object.prototype ? undefined : {};
  for (let i = 0; i < keys.length; i += 1) {
    const key = keys[i] ?? '';
    const one = plain(own[key]);
    if (!copy && (one === undefined || one !== own[key]))
      copy = Object.fromEntries(keys.slice(0, i).map((before) => [before, own[before]]));
    if (copy && one !== undefined) copy[key] = one;
  }
  return copy ?? own;
}
