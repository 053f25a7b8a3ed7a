/** The samplers that OTEL_TRACES_SAMPLER can name. https://opentelemetry.io/docs/specs/otel/trace/sdk/#built-in-samplers */
import { ROOT_CONTEXT } from '@opentelemetry/api';
import { SamplingDecision, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace-base';

export interface Sampling {
  /** What decides on a trace that begins here. */
  readonly root: 'always_on' | 'always_off' | 'traceidratio';
  /** Of the traces that begin here, for `traceidratio`: 0 to 1. */
  readonly keptRatio: number;
  /** Whether a caller's decision is kept to. */
  readonly followsParent: boolean;
}

/** Whether a trace that begins here is kept. Asked before anything of its span is built. */
type Keeps = (traceId: string) => boolean;

export function keptBy({ root, keptRatio }: Sampling): Keeps {
  if (root !== 'traceidratio') return () => root === 'always_on';
  const sampler = new TraceIdRatioBasedSampler(keptRatio);
  return (traceId) =>
    sampler.shouldSample(ROOT_CONTEXT, traceId).decision === SamplingDecision.RECORD_AND_SAMPLED;
}
