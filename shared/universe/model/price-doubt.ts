/** Reasons why the prices of a security cannot be trusted, and the trades they block. */
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Isin } from '#shared/kernel/isin.ts';

export interface DeadPrice {
  readonly kind: 'dead-price';
  /** The day of the last bar. */
  readonly day: CalendarDay;
  /** Reads as `its price ...`. */
  readonly reason: string;
}

export interface SuspectedSplit {
  readonly kind: 'suspected-split';
  /** First day at the new level. */
  readonly day: CalendarDay;
  /** Shares after for each share before. */
  readonly ratio: number;
  /**
   * - `jump`: the closes jump, and nothing declares a split.
   * - `adjusted-jump`: the closes jump, and the adjusted closes do not.
   * - `rescaled-past`: the source has changed all earlier closes by the ratio.
   * - `unconfirmed-jump`: the latest bars lie at another level by the ratio, and are set aside as long as the level has
   *   not held for a week: prices and holdings are those from before it.
   */
  readonly evidence: 'jump' | 'adjusted-jump' | 'rescaled-past' | 'unconfirmed-jump';
  /** It occurred while the prices were synced: current holdings date from before it. */
  readonly isLive: boolean;
}

/** A second source has another price of the same day. */
export interface SourcesDisagree {
  readonly kind: 'sources-disagree';
  readonly day: CalendarDay;
  /** Both sources, and both closes. */
  readonly reason: string;
}

export type PriceDoubt = DeadPrice | SuspectedSplit | SourcesDisagree;
export type PriceDoubts = ReadonlyMap<Isin, readonly PriceDoubt[]>;

/** Whether the prices are unusable for measuring return and risk. */
export function breaksSeries(doubt: PriceDoubt): boolean {
  if (doubt.kind === 'sources-disagree') return false;
  return doubt.kind === 'dead-price' || doubt.evidence === 'jump';
}

/** A dead price is not bought; a split in doubt, and what sources disagree about, is neither bought nor sold. */
export function blocks(doubt: PriceDoubt, side: 'BUY' | 'SELL', isHeld: boolean): boolean {
  if (doubt.kind === 'dead-price') return side === 'BUY';
  if (doubt.kind === 'sources-disagree') return true;
  const isOpen = doubt.evidence === 'jump' || doubt.evidence === 'unconfirmed-jump';
  return isOpen || (doubt.isLive && isHeld);
}

/** Shares at today's price for each share held before. */
export function sharesFactor(doubts: readonly PriceDoubt[]): number {
  return doubts.reduce(
    (factor, doubt) =>
      doubt.kind === 'suspected-split' && doubt.isLive ? factor * doubt.ratio : factor,
    1,
  );
}

/** A sentence for a person. */
export function doubtText(doubt: PriceDoubt): string {
  if (doubt.kind === 'dead-price') return `${capital(doubt.reason)} (last on ${doubt.day}).`;
  if (doubt.kind === 'sources-disagree') return `${capital(doubt.reason)}.`;
  const ratio = ratioText(doubt.ratio);
  const value = doubt.isLive ? ' What is held is valued as if it had happened.' : '';
  switch (doubt.evidence) {
    case 'rescaled-past':
      return `All its earlier prices were changed as for a split of ${ratio} by ${doubt.day}.${value}`;
    case 'adjusted-jump':
      return `Its price jumps on ${doubt.day} as for a split of ${ratio}, which its adjusted prices contain.${value}`;
    case 'unconfirmed-jump':
      return `Its prices since ${doubt.day} lie as for a split of ${ratio}, and are set aside until that is certain.`;
    case 'jump':
      return `Its price jumps on ${doubt.day} as for a split of ${ratio} that nobody declared.${value}`;
  }
}

/** The question for the owner; undefined where there is none. */
export function questionOf(doubt: PriceDoubt, symbol: string): string | undefined {
  if (doubt.kind !== 'suspected-split') return undefined;
  const isOpen = doubt.evidence === 'jump' || doubt.evidence === 'unconfirmed-jump';
  if (!isOpen && !doubt.isLive) return undefined;
  return (
    `Was there a split of ${ratioText(doubt.ratio)} of ${symbol} on ${doubt.day}? ` +
    'Until that is known it is neither bought nor sold.'
  );
}

/** 4 → `4:1`, 0.1 → `1:10`, 1.5 → `3:2`. */
function ratioText(ratio: number): string {
  for (const denominator of [1, 2, 3]) {
    const numerator = ratio * denominator;
    if (Math.abs(numerator - Math.round(numerator)) < 1e-6 && numerator >= 1)
      return `${Math.round(numerator)}:${denominator}`;
  }
  const inverse = 1 / ratio;
  if (ratio < 1 && Math.abs(inverse - Math.round(inverse)) < 1e-6)
    return `1:${Math.round(inverse)}`;
  if (ratio < 1) return ratioText(inverse).split(':').reverse().join(':');
  return `${ratio.toFixed(3)}:1`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
