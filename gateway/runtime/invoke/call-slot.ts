/** One place among a function's running calls, with its time limit; freed when the answer is out. */
import { boundedChunks } from '#template/limits/bounded-chunks.ts';
import { Caller } from '#template/caller.ts';
import { isChunks, whenLeft, type CallContext, type FunctionResult } from '#template/function.ts';
import { limitTime, type TimeLimit } from '#template/limits/time-limits.ts';
import type { DeployedFunction } from '../executors/deployed-function.ts';

export const OVERDUE = Symbol('overdue');

/** Status counted for a call whose caller did not wait for the answer; it is never sent. */
const CALLER_LEFT = 499;

/** Is also the context that the function is called with. */
export class CallSlot implements CallContext {
  private readonly deployed: DeployedFunction;
  private readonly limit: TimeLimit;
  private readonly context: CallContext;
  private readonly over: (status: number) => void;
  /** The function's caller is this host, which cancels when the time is up or its own caller leaves. */
  private readonly host = new Caller();
  private held = true;
  private isOverdue = false;
  private whenOverdue: ((value: typeof OVERDUE) => void) | undefined;
  /** Not set yet for a caller that had left before. */
  private readonly stopListening: (() => void) | undefined;

  /** @param over called with the status of the answer when the slot is free */
  constructor(deployed: DeployedFunction, context: CallContext, over: (status: number) => void) {
    this.deployed = deployed;
    this.over = over;
    this.context = context;
    deployed.begin();
    this.limit = limitTime(deployed.execTimeoutMs, this.runOut);
    this.stopListening = whenLeft(context, this.leave);
  }

  get callId(): string {
    return this.context.callId;
  }

  get signal(): AbortSignal {
    return this.host.signal;
  }

  get caller(): Caller {
    return this.host;
  }

  /** Settles when the time is up. Waited for in one place at a time. */
  get overdue(): Promise<typeof OVERDUE> {
    return new Promise((resolve) => {
      if (this.isOverdue) resolve(OVERDUE);
      else this.whenOverdue = resolve;
    });
  }

  /** The outcome of the function, or that the time was up before. */
  outcomeOf(running: Promise<FunctionResult>): Promise<FunctionResult | typeof OVERDUE> {
    return new Promise((resolve, reject) => {
      this.whenOverdue = resolve;
      running.then(resolve, reject);
    });
  }

  private readonly runOut = (): void => {
    this.isOverdue = true;
    this.whenOverdue?.(OVERDUE);
    this.host.leave(new DOMException('The execution time limit was exceeded.', 'TimeoutError'));
  };

  /** A caller who leaves before a stream began will never finish reading it. */
  private readonly leave = (): void => {
    this.host.leave(this.context.signal.reason);
    this.release(CALLER_LEFT);
  };

  /** Frees the slot at once, or when the answer's stream has ended or was abandoned. */
  free(result: FunctionResult): FunctionResult {
    const { status = 200, body } = result;
    if (!isChunks(body)) {
      this.release(status);
      return result;
    }
    const over = (how: string): void => {
      if (how === 'left' && this.held) this.host.leave();
      this.release(status);
    };
    return { ...result, body: boundedChunks(body, { timeUp: this.overdue, over }) };
  }

  release(status: number): void {
    if (!this.held) return;
    this.held = false;
    this.over(status);
    this.limit.end();
    this.stopListening?.();
    this.deployed.end();
  }
}
