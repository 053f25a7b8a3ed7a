import { randomBytes } from 'node:crypto';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import { SamplingDecision, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace-base';
import { keptBy } from '#shared/process/tracing/sampler.ts';

const IDS = 10_000;
const ratios = [0, 1e-9, 0.1, 0.5, 0.999_999_999_9, 1];
/** Folded they are the ends of the range, and both sides of a half. */
const ends = [
  '00000000',
  '00000001',
  '7ffffffe',
  '7fffffff',
  '80000000',
  'fffffffe',
  'ffffffff',
].map((word) => `${word}${'12345678'.repeat(2)}00000000`);
const random = Array.from({ length: IDS }, () => randomBytes(16).toString('hex'));

it.each(ratios)('decides with a ratio of %d as the SDK does', (keptRatio) => {
  const sampler = new TraceIdRatioBasedSampler(keptRatio);
  const keeps = keptBy({ root: 'traceidratio', keptRatio, followsParent: true });
  const differing = [...ends, ...random].filter(
    (id) =>
      keeps(id) !==
      (sampler.shouldSample(ROOT_CONTEXT, id).decision === SamplingDecision.RECORD_AND_SAMPLED),
  );
  expect(differing).toEqual([]);
});

it.each([
  ['always_on', true],
  ['always_off', false],
] as const)('keeps with %s: %s', (root, kept) => {
  const keeps = keptBy({ root, keptRatio: 0.5, followsParent: false });
  expect(keeps(random[0] ?? '')).toBe(kept);
});
