/** One place among a function's running calls, with its time limit; freed when the answer is out. */
import { isPieces, type FunctionResult } from '#template/function.ts';
import type { DeployedFunction } from './deployed-function.ts';

export const OVERDUE = Symbol('overdue');

/** What is counted for a call whose caller did not wait for the answer; nobody is sent it. */
const CALLER_LEFT = 499;

export class CallSlot {
  readonly signal: AbortSignal;
  readonly overdue: Promise<typeof OVERDUE>;
  private readonly deployed: DeployedFunction;
  private readonly timer: NodeJS.Timeout;
  private readonly callerSignal: AbortSignal;
  private readonly over: (status: number) => void;
  private readonly stop = new AbortController();
  private held = true;

  /** @param over told the status of the answer when the slot is free */
  constructor(
    deployed: DeployedFunction,
    callerSignal: AbortSignal,
    over: (status: number) => void,
  ) {
    this.deployed = deployed;
    this.over = over;
    this.callerSignal = callerSignal;
    this.signal = this.stop.signal;
    deployed.begin();
    let late: (value: typeof OVERDUE) => void = () => undefined;
    this.overdue = new Promise((resolve) => void (late = resolve));
    this.timer = setTimeout(() => {
      this.stop.abort(new DOMException('The execution time ran out.', 'TimeoutError'));
      late(OVERDUE);
    }, deployed.execTimeoutMs);
    callerSignal.addEventListener('abort', this.leave);
    if (callerSignal.aborted) this.leave();
  }

  /** A caller who leaves before a stream began will never finish reading it. */
  private readonly leave = (): void => {
    this.stop.abort(this.callerSignal.reason);
    this.release(CALLER_LEFT);
  };

  /** Frees the slot at once, or when the answer's pieces are through. */
  free(result: FunctionResult): FunctionResult {
    const { status = 200, body } = result;
    if (isPieces(body)) return { ...result, body: this.through(body, status) };
    this.release(status);
    return result;
  }

  release(status: number): void {
    if (!this.held) return;
    this.held = false;
    this.over(status);
    clearTimeout(this.timer);
    this.callerSignal.removeEventListener('abort', this.leave);
    this.deployed.end();
  }

  private async *through<T>(pieces: AsyncIterable<T>, status: number): AsyncGenerator<T> {
    try {
      yield* pieces;
    } finally {
      this.release(status);
    }
  }
}
