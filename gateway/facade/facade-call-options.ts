/**
 * What a call of the facade passes on. A class, and no object with an accessor of its own: V8 makes a shape for each of those,
 * allocated old, which keeps the accessor, the call and its stream until all memory is collected.
 */
import type { Caller } from '#template/caller.ts';
import type { CallOptions } from '#shared/clients/functions-client.ts';

export class FacadeCallOptions implements CallOptions {
  readonly caller = 'facade';
  readonly leaver: Caller;
  readonly requestId: string;
  readonly onStale: CallOptions['onStale'];
  readonly forwardedBy: string | undefined;
  readonly subscriber: string | undefined;
  readonly idempotencyKey: string | undefined;
  readonly keyIsMade: boolean | undefined;
  readonly timeoutMs: number | undefined;
  /** The caller's, or that of the span that the call is made in. */
  traceparent: string | undefined;
  actor: string | undefined;

  constructor(
    leaver: Caller,
    given: Omit<FacadeCallOptions, 'leaver' | 'signal' | 'caller' | 'actor'>,
  ) {
    this.leaver = leaver;
    this.requestId = given.requestId;
    this.onStale = given.onStale;
    this.forwardedBy = given.forwardedBy;
    this.subscriber = given.subscriber;
    this.idempotencyKey = given.idempotencyKey;
    this.keyIsMade = given.keyIsMade;
    this.timeoutMs = given.timeoutMs;
    this.traceparent = given.traceparent;
    this.actor = undefined;
  }

  get signal(): AbortSignal {
    return this.leaver.signal;
  }
}
