/** The span of a call of an operation, in the semantic conventions for functions. */
import type { Operation } from '#shared/contract/row.ts';
import type { Failure } from '#shared/kernel/failure.ts';
import type { Span, SpanOptions } from '#shared/process/tracing/tracing.ts';

export interface TracedCall {
  readonly requestId: string;
  /** Of a queued run. */
  readonly run: string | undefined;
}

export function callSpan(
  { name, service }: Operation,
  { requestId, run }: TracedCall,
): SpanOptions {
  return {
    kind: 'server',
    attributes: {
      'faas.trigger': run === undefined ? 'http' : 'pubsub',
      'faas.invocation_id': requestId,
      'trader.operation': name,
      'trader.service': service,
      'trader.run': run,
    },
  };
}

/** A refusal is an answer, and no error of the span. */
export function markFailed(span: Span | undefined, { code, rule }: Failure): void {
  if (rule.http >= 500) span?.fail(code);
  else span?.set({ 'error.type': code });
}
