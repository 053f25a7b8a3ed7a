/** How good weights are, against all weights within the limits. */
import type { Goal } from './objectives.ts';

export interface Proof {
  /** The figure that was optimised: a year, or a ratio. */
  readonly value: number;
  /** No weights within the limits have a better one. */
  readonly bound: number;
  /** The difference of the two, not below 0. */
  readonly gap: number;
  /** The same as a sentence. */
  readonly words: string;
}

interface Figure {
  readonly name: string;
  readonly better: 'a higher' | 'a lower';
  readonly unit: '% a year' | '';
  readonly of: (loss: number) => number;
}

const root = (loss: number): number => Math.sqrt(Math.max(0, loss));
const negative = (loss: number): number => -loss;
const volatility: Figure = { name: 'volatility', better: 'a lower', unit: '% a year', of: root };
const utility: Figure = { name: 'utility', better: 'a higher', unit: '% a year', of: negative };
const distance: Figure = { ...volatility, name: 'distance from the weights without limits' };

const figures: Readonly<Record<Goal['kind'], Figure>> = {
  MINIMUM_VOLATILITY: volatility,
  TARGET_RETURN: volatility,
  TRACKING: { ...volatility, name: 'tracking error' },
  RISK_PARITY: distance,
  HRP: distance,
  QUADRATIC_UTILITY: utility,
  BLACK_LITTERMAN: utility,
  TARGET_RISK: { ...utility, name: 'implied return' },
  MAXIMUM_SHARPE: { name: 'Sharpe ratio', better: 'a higher', unit: '', of: negative },
  MAXIMUM_DIVERSIFICATION: {
    name: 'diversification ratio',
    better: 'a higher',
    unit: '',
    of: negative,
  },
};

/** @param loss what was made smallest, @param bound no weights within the limits have less */
export function proofOf(
  { kind }: Pick<Goal, 'kind'>,
  loss: number,
  bound: number,
  proven: boolean,
): Proof {
  const figure = figures[kind];
  const value = figure.of(loss);
  const best = figure.of(Math.min(loss, bound));
  const gap = Math.abs(best - value);
  return { value, bound: best, gap, words: wordsOf(figure, { value, best, gap }, proven) };
}

function wordsOf(
  { name, better, unit }: Figure,
  { value, best, gap }: { value: number; best: number; gap: number },
  proven: boolean,
): string {
  const written = (ratio: number): string =>
    unit === '' ? ratio.toFixed(4) : `${(100 * ratio).toFixed(4)} ${unit}`;
  if (proven)
    return `Proven: no weights within the limits have ${better} ${name} than ${written(value)}.`;
  return (
    `Not proven: the ${name} is ${written(value)}; weights within the limits might reach ` +
    `${written(best)}, a difference of ${written(gap)}.`
  );
}
