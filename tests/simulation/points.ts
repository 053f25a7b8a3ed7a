/**
 * Every point of a round, in a fixed order: each scenario, each kind of mishap, each effect of the
 * scenario, before and after. A round is complete: no effect is left out. Rounds differ in their
 * random choices (clocks, prices, interleavings, second crashes), which follow from seed and number.
 */
import type { EffectKind } from './fault-plane.ts';
import { allEffects } from './fault-plane.ts';

export const pointKinds = [
  'crash',
  'crash-twice',
  'redis-failure',
  'lost-answer',
  'duplicate-delivery',
  'pause',
  'clock-jump',
  'price-jump',
  'state-loss',
  'two-processes',
  'halt',
] as const;
export type PointKind = (typeof pointKinds)[number];

export interface Point {
  readonly scenario: number;
  readonly kind: PointKind;
  /** Which effect, from 1. */
  readonly at: number;
  readonly when: 'before' | 'after';
}

/** Effects that a kind of mishap strikes. */
export function effectsOf(kind: PointKind): readonly EffectKind[] {
  if (kind === 'redis-failure') return ['redis'];
  if (kind === 'lost-answer') return ['broker', 'call', 'record'];
  return allEffects;
}

/**
 * @param counts effects of each scenario without any mishap, by kind
 */
export function roundOf(counts: readonly ((kinds: readonly EffectKind[]) => number)[]): Point[] {
  const points: Point[] = [];
  for (const [scenario, count] of counts.entries())
    for (const kind of pointKinds)
      for (let at = 1; at <= count(effectsOf(kind)); at += 1)
        for (const when of ['before', 'after'] as const) points.push({ scenario, kind, at, when });
  return points;
}
