/** A function that will call CPU-bound operations: it has a thread made ready for them while it runs. */
import type { CallContext, FunctionEvent, FunctionResult } from '#template/function.ts';
import type { Executor } from './executor.ts';

export class LeadingExecutor implements Executor {
  private readonly executor: Executor;
  private readonly leads: (event: FunctionEvent) => void;

  constructor(executor: Executor, leads: (event: FunctionEvent) => void) {
    this.executor = executor;
    this.leads = leads;
  }

  get isWarm(): boolean {
    return this.executor.isWarm;
  }

  load(signal: AbortSignal): Promise<void> {
    return this.executor.load(signal);
  }

  ready(context: CallContext): Promise<void> {
    return this.executor.ready(context);
  }

  run(event: FunctionEvent, context: CallContext): Promise<FunctionResult> {
    this.leads(event);
    return this.executor.run(event, context);
  }

  close(): Promise<void> {
    return this.executor.close();
  }
}
