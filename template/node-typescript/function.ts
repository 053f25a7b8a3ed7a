/** The interface between a function and its host: a call is an event, an answer is a result. */

import type { Caller } from './caller.ts';

export interface FunctionEvent {
  readonly method: string;
  /** What follows the function's name, with its leading slash; `/` when nothing follows. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names; of repeated headers the values joined by comma. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The raw body; empty when there is none. */
  readonly body: Buffer;
  /**
   * The request of the body as an object, too, where a host calls a function that takes it so; an object as the
   * answer's body then stays one.
   */
  readonly message?: object | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** The deployed function's environment and secrets. */
export interface FunctionEnvironment {
  /** The environment its deployment sets, over the host's. */
  readonly env: Environment;
  /** The text of a secret of its deployment, without a newline at the end. Rejects if there is none. */
  secret(name: string): Promise<string>;
}

/** The part of the context that belongs to the call. */
export interface CallContext {
  /** Names the call in logs and answers. */
  readonly callId: string;
  /** Aborts when the caller leaves or the host stops. */
  readonly signal: AbortSignal;
  /** The caller whose disconnect the signal reports, for hosts that need it without creating a signal. */
  readonly caller?: Caller | undefined;
  /** What a host shares between its functions; absent in a container of one. */
  readonly shared?: unknown;
  /**
   * Takes over work that goes on after the answer: a stop waits for it as for a call, and a loop that
   * blocks the thread beyond `exec_timeout` ends with the process. Absent where a host ends a function's
   * work with its answer.
   */
  readonly detach?: ((work: Promise<void>) => void) | undefined;
}

export interface FunctionContext extends CallContext, FunctionEnvironment {}

/** A call's own part of its context; the signal is created lazily. */
class CallerContext implements CallContext {
  readonly callId: string;
  readonly caller: Caller;
  readonly detach: CallContext['detach'];

  constructor(callId: string, caller: Caller, detach: CallContext['detach']) {
    this.callId = callId;
    this.caller = caller;
    this.detach = detach;
  }

  get signal(): AbortSignal {
    return this.caller.signal;
  }
}

export function callBy(
  callId: string,
  caller: Caller,
  detach?: CallContext['detach'],
): CallContext {
  return new CallerContext(callId, caller, detach);
}

/**
 * Calls a listener when a call's caller leaves, at once if it has left; creates no signal where
 * avoidable.
 * @returns a function that removes the listener
 */
export function whenLeft(context: CallContext, left: () => void): () => void {
  const { caller } = context;
  if (caller) {
    caller.onLeave(left);
    return () => caller.onLeave(undefined);
  }
  const { signal } = context;
  if (signal.aborted) left();
  signal.addEventListener('abort', left, { once: true });
  return () => signal.removeEventListener('abort', left);
}

/** A call's context with its function's environment; its signal is created lazily. */
class ContextInEnvironment implements FunctionContext {
  readonly callId: string;
  readonly caller: CallContext['caller'];
  readonly shared: unknown;
  readonly detach: CallContext['detach'];
  readonly env: Environment;
  readonly secret: FunctionEnvironment['secret'];
  private readonly context: CallContext;

  constructor(context: CallContext, { env, secret }: FunctionEnvironment, shared: unknown) {
    this.context = context;
    this.callId = context.callId;
    this.caller = context.caller;
    this.shared = shared;
    this.detach = context.detach;
    this.env = env;
    this.secret = secret;
  }

  get signal(): AbortSignal {
    return this.context.signal;
  }
}

export function inEnvironment(
  context: CallContext,
  functionEnvironment: FunctionEnvironment,
  shared: unknown = context.shared,
): FunctionContext {
  return new ContextInEnvironment(context, functionEnvironment, shared);
}

export interface FunctionResult {
  /** 200 unless given. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Text and bytes are sent as they are, an async iterable chunk by chunk, all else as JSON. */
  readonly body?: unknown;
}

export interface FunctionHandler {
  (event: FunctionEvent, context: FunctionContext): Promise<FunctionResult> | FunctionResult;
  /** Throws, with the reason as its message, while the function is not ready. */
  ready?(context: FunctionContext): Promise<void>;
}

/** Whether a result's body is streamed. */
export function isChunks(body: unknown): body is AsyncIterable<string | Uint8Array> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}
