/** The premia that make up a score, the figures behind each, and their weights. */
import { assert } from '#shared/kernel/assert.ts';
import type { FigureName } from './score-figures.ts';

/** A component's z is the mean of its known figures' z. Sources: docs/domain/scoring.md. */
export const components = {
  momentum: ['momentum'],
  value: ['peRatio', 'pbRatio'],
  quality: [
    'profitMarginRatio',
    'returnOnEquityRatio',
    'debtToEquityRatio',
    'revenueGrowthRatio',
    'earningsGrowthRatio',
  ],
  lowVolatility: ['volatility'],
  dividend: ['dividendYieldRatio'],
  drawdown: ['drawdown'],
} as const satisfies Record<string, readonly FigureName[]>;

export type ComponentName = keyof typeof components;
export const componentNames = Object.keys(components) as readonly ComponentName[];
export type ComponentWeights = Readonly<Record<ComponentName, number>>;

/**
 * Momentum and quality weigh most: their premia are the best attested out of sample and across
 * markets, and they pay at different times. Value comes next. Low volatility and drawdown share a
 * quarter because both measure risk. Dividend weighs least: most of it is value again.
 */
export const defaultWeights: ComponentWeights = {
  momentum: 0.25,
  quality: 0.25,
  value: 0.2,
  lowVolatility: 0.15,
  drawdown: 0.1,
  dividend: 0.05,
};

/** The weights scaled to sum to 1. */
export function normalisedWeights(weights: ComponentWeights): ComponentWeights {
  const sum = componentNames.reduce((total, name) => total + weights[name], 0);
  assert(
    componentNames.every((name) => weights[name] >= 0) && sum > 0 && Number.isFinite(sum),
    'component weights are never negative, and at least one is above 0',
  );
  return Object.fromEntries(
    componentNames.map((name) => [name, weights[name] / sum]),
  ) as unknown as ComponentWeights;
}
