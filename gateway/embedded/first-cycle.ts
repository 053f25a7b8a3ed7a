/** The trading cycle that a start runs, and the progress it reports. */
import type { TradingCycleResult } from '#protos/gen/gateway.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { Failure, type FailureBody } from '#shared/kernel/failure.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import type { Update } from './console/progress.ts';

export interface CycleOutcome {
  readonly success: boolean;
  /** The last message the cycle reported, or why it failed. */
  readonly message: string;
  readonly result: TradingCycleResult | undefined;
  readonly failure: FailureBody | undefined;
  readonly durationMs: number;
}

/** Never throws for a cycle that fails; that is its outcome. */
export async function runFirstCycle(
  dependencies: Dependencies,
  dryRun: boolean,
  signal: AbortSignal,
  report: (update: Update) => void,
): Promise<CycleOutcome> {
  const startedAt = performance.now();
  const request = { dryRun, force: false };
  const options = { signal, requestId: dependencies.newId(), caller: 'start' };
  let message = '';
  let result: TradingCycleResult | undefined;
  try {
    for await (const update of dependencies.functions.stream(
      gateway.triggerTradingCycle,
      request,
      options,
    )) {
      report(update);
      message = update.error || update.message;
      result = update.result ?? result;
    }
    const success = result?.success ?? false;
    return { success, message, result, failure: undefined, durationMs: since(startedAt) };
  } catch (thrown) {
    const failure = Failure.from(thrown).toJSON();
    const durationMs = since(startedAt);
    return { success: false, message: failure.message, result, failure, durationMs };
  }
}

function since(startedAt: number): number {
  return Math.round(performance.now() - startedAt);
}
