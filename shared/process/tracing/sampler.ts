/** The samplers that OTEL_TRACES_SAMPLER can name. https://opentelemetry.io/docs/specs/otel/trace/sdk/#built-in-samplers */
import { ROOT_CONTEXT, SpanKind } from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  SamplingDecision,
  TraceIdRatioBasedSampler,
  type Sampler,
} from '@opentelemetry/sdk-trace-base';

export interface Sampling {
  /** What decides on a trace that begins here. */
  readonly root: 'always_on' | 'always_off' | 'traceidratio';
  /** Of the traces that begin here, for `traceidratio`: 0 to 1. */
  readonly keptRatio: number;
  /** Whether a caller's decision is kept to. */
  readonly followsParent: boolean;
}

export interface OpenedSampler {
  readonly sampler: Sampler;
  /** Whether a trace that begins here is kept. Asked before anything of its span is built. */
  readonly keeps: (traceId: string) => boolean;
}

export function openSampler({ root, keptRatio, followsParent }: Sampling): OpenedSampler {
  const own = openRoot(root, keptRatio);
  return {
    sampler: followsParent ? new ParentBasedSampler({ root: own }) : own,
    keeps: (traceId) =>
      own.shouldSample(ROOT_CONTEXT, traceId, '', SpanKind.INTERNAL, {}, []).decision ===
      SamplingDecision.RECORD_AND_SAMPLED,
  };
}

function openRoot(root: Sampling['root'], keptRatio: number): Sampler {
  if (root === 'always_on') return new AlwaysOnSampler();
  return root === 'always_off' ? new AlwaysOffSampler() : new TraceIdRatioBasedSampler(keptRatio);
}
