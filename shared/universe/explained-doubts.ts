/** Removes price doubts that a declared corporate action explains. */
import type { Isin } from '#shared/kernel/isin.ts';
import type { ActionStore } from './action-store.ts';
import { isSplit, unexplained } from './model/split-review.ts';
import type { PriceDoubtStore } from './price-doubt-store.ts';

export async function endExplainedDoubts(
  doubts: PriceDoubtStore,
  actions: ActionStore,
  isin: Isin,
): Promise<void> {
  const known = await doubts.of(isin);
  if (known.length === 0) return;
  const open = unexplained(known, await actions.of([isin]));
  if (open.length < known.length) await doubts.put(isin, 'suspected-split', open.filter(isSplit));
}
