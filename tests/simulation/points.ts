/**
 * Every point of a round, in a fixed order: each scenario, each kind of mishap, each effect of the
 * scenario, before and after. A round is complete: no effect is left out. Rounds differ in their
 * random choices (clocks, prices, interleavings, second crashes), which follow from seed and number.
 */
import type { EffectKind } from './stage/fault-plane.ts';
import { allEffects } from './stage/fault-plane.ts';

export const pointKinds = [
  'crash',
  'crash-twice',
  'abandoned',
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

/** Effects of a scenario to which a kind of fault applies. */
export function effectsOf(
  kind: PointKind,
  { sparesReads = false }: { readonly sparesReads?: boolean },
): readonly EffectKind[] {
  const struck = effectsOfKind(kind);
  return sparesReads ? struck.filter((effect) => effect !== 'read') : struck;
}

function effectsOfKind(kind: PointKind): readonly EffectKind[] {
  if (kind === 'redis-failure') return ['read', 'write'];
  if (kind === 'lost-answer') return ['broker', 'call', 'record'];
  return allEffects;
}

/** @param count of the effects that a kind of mishap strikes in a scenario without any mishap */
export function roundOf(
  scenarios: number,
  count: (scenario: number, kind: PointKind) => number,
): Point[] {
  const points: Point[] = [];
  for (let scenario = 0; scenario < scenarios; scenario += 1)
    for (const kind of pointKinds)
      for (let at = 1; at <= count(scenario, kind); at += 1)
        for (const when of ['before', 'after'] as const) points.push({ scenario, kind, at, when });
  return points;
}

export function isPointKind(name: string): name is PointKind {
  return pointKinds.some((kind) => kind === name);
}
