/**
 * Why a portfolio's return differs from a benchmark's, by segments: other weights (allocation), other
 * holdings within a segment (selection), and both at once (interaction). Weights and returns are
 * fractions; the effects add up to the difference in return.
 */
import { activeLinkingFactors } from './linking.ts';

export interface Segment {
  readonly key: string;
  readonly weight: number;
  readonly ratio: number;
  readonly benchmarkWeight: number;
  readonly benchmarkRatio: number;
}

export interface AttributionEffects {
  readonly allocation: number;
  readonly selection: number;
  readonly interaction: number;
}

export interface AttributionOptions {
  /**
   * What a segment's benchmark return is held against in allocation: the whole benchmark's return
   * (Brinson & Fachler 1985, default), or nothing (Brinson, Hood & Beebower 1986). The sums agree.
   */
  readonly model?: 'brinson-fachler' | 'brinson-hood-beebower';
  /** Shown apart (default), or counted as selection. */
  readonly interaction?: 'apart' | 'in-selection';
}

/**
 * Effects of one period.
 * @internal exported for its tests
 */
export function attribution(
  segments: readonly Segment[],
  { model = 'brinson-fachler', interaction = 'apart' }: AttributionOptions = {},
): Map<string, AttributionEffects> {
  const level =
    model === 'brinson-fachler'
      ? segments.reduce((sum, one) => sum + one.benchmarkWeight * one.benchmarkRatio, 0)
      : 0;
  return new Map(
    segments.map(({ key, weight, ratio, benchmarkWeight, benchmarkRatio }) => {
      const both = (weight - benchmarkWeight) * (ratio - benchmarkRatio);
      const chosen = benchmarkWeight * (ratio - benchmarkRatio);
      const effects = {
        allocation: (weight - benchmarkWeight) * (benchmarkRatio - level),
        selection: interaction === 'apart' ? chosen : chosen + both,
        interaction: interaction === 'apart' ? both : 0,
      };
      return [key, effects];
    }),
  );
}

/**
 * Effects of several periods, linked by Cariño (1999) so that they sum to the difference of the
 * linked returns.
 */
export function linkedAttribution(
  periods: readonly (readonly Segment[])[],
  options: AttributionOptions = {},
): Map<string, AttributionEffects> {
  const total = (segments: readonly Segment[], of: (segment: Segment) => number): number =>
    segments.reduce((sum, segment) => sum + of(segment), 0);
  const factors = activeLinkingFactors(
    periods.map((segments) => total(segments, ({ weight, ratio }) => weight * ratio)),
    periods.map((segments) => total(segments, (one) => one.benchmarkWeight * one.benchmarkRatio)),
  );
  const sums = new Map<string, AttributionEffects>();
  periods.forEach((segments, i) => {
    for (const [key, effects] of attribution(segments, options))
      sums.set(key, plus(sums.get(key), effects, factors[i] ?? 0));
  });
  return sums;
}

function plus(
  sum: AttributionEffects | undefined,
  effects: AttributionEffects,
  factor: number,
): AttributionEffects {
  return {
    allocation: (sum?.allocation ?? 0) + factor * effects.allocation,
    selection: (sum?.selection ?? 0) + factor * effects.selection,
    interaction: (sum?.interaction ?? 0) + factor * effects.interaction,
  };
}
