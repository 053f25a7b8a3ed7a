/** Who called whom as metrics, by services so that there are few series; undeclared calls by operations. */
import { isOperation, requireOperation } from '#shared/contract/catalogue.ts';
import { sample, type Sample } from '#shared/contract/metric-table.ts';
import type { CallFigures, RecordedPair } from '#shared/process/call-record.ts';
import type { Context } from '#shared/runtime/context.ts';
import { recordedCalls, undeclaredCalls } from './recorded-calls.ts';

const HOURS = 1;
const UNDECLARED_MAX = 20;

export async function dependencySamples(context: Context): Promise<Sample[]> {
  const { pairs } = await recordedCalls(context, HOURS);
  return [...byService(pairs), ...undeclaredSamples(pairs)];
}

function byService(pairs: readonly RecordedPair[]): Sample[] {
  const sums = new Map<string, CallFigures>();
  for (const { caller, callee, figures } of pairs) {
    const name = `${serviceOf(caller)} ${serviceOf(callee)}`;
    const sum = sums.get(name) ?? { calls: 0, failures: 0, totalMs: 0, buckets: [] };
    sum.calls += figures.calls;
    sum.failures += figures.failures;
    sum.totalMs += figures.totalMs;
    sums.set(name, sum);
  }
  return [...sums].flatMap(([name, sum]) => serviceSamples(name, sum));
}

function serviceSamples(name: string, { calls, failures, totalMs }: CallFigures): Sample[] {
  const [caller = '', callee = ''] = name.split(' ');
  const labels = { caller, callee };
  return [
    sample('trader_dependency_calls', calls, labels),
    sample('trader_dependency_failures', failures, labels),
    sample('trader_dependency_mean_seconds', totalMs / 1_000 / Math.max(1, calls), labels),
  ];
}

function serviceOf(name: string): string {
  return isOperation(name) ? requireOperation(name).service : name;
}

function undeclaredSamples(pairs: readonly RecordedPair[]): Sample[] {
  const found = [...undeclaredCalls(pairs)].sort((a, b) => b.figures.calls - a.figures.calls);
  if (found.length === 0)
    return [sample('trader_undeclared_calls', 0, { caller: 'none', callee: 'none' })];
  return found
    .slice(0, UNDECLARED_MAX)
    .map(({ caller, callee, figures }) =>
      sample('trader_undeclared_calls', figures.calls, { caller, callee }),
    );
}
