/**
 * Whole shares nearest to weights, exactly. Up to the wanted amount each share lowers the error by twice
 * its price (what is left over shrinks as well), the one that passes it by twice the price of the part
 * still wanted, and any further one by nothing. So all shares rounded down are bought, and branch and
 * bound decides which one-share steps beyond are worth it, and which whole shares make room for them.
 */
import { at } from '#shared/quant/linear-algebra/matrix.ts';

interface Step {
  readonly security: number;
  readonly price: number;
  /** Error that the step takes away. */
  readonly gain: number;
}

interface Search {
  readonly steps: readonly Step[];
  readonly prices: Float64Array;
  /** Whole shares that may be given up, dearest first. */
  readonly whole: readonly { readonly security: number; readonly count: number }[];
  /** Money left when all is rounded down. */
  readonly rest: number;
  nodes: number;
  best: {
    readonly loss: number;
    readonly taken: readonly number[];
    readonly given: readonly number[];
  };
}

const NODES_MAX = 3_000_000;
const EXACT = 1e-9;

export function bestShares(weights: Float64Array, prices: Float64Array, value: number) {
  const exactShares = weights.map((weight, i) => (weight * value) / at(prices, i));
  const shares = Array.from(exactShares, (count) => Math.floor(count + 1e-12));
  const search = searchOf(exactShares, prices, shares, value);
  descend(search, 0, 0, 0, []);
  const { taken, given } = search.best;
  for (const step of taken) shares[step] = (shares[step] ?? 0) + 1;
  given.forEach((count, k) => {
    const security = search.whole[k]?.security;
    if (security !== undefined) shares[security] = (shares[security] ?? 0) - count;
  });
  const leftover = shares.reduce((money, count, i) => money - count * at(prices, i), value);
  return { shares, leftover, proven: search.nodes < NODES_MAX };
}

function searchOf(
  exactShares: Float64Array,
  prices: Float64Array,
  shares: readonly number[],
  value: number,
): Search {
  const steps = shares
    .map((count, i) => ({
      security: i,
      price: at(prices, i),
      gain: 2 * at(prices, i) * Math.max(0, at(exactShares, i) - count),
    }))
    .filter(({ gain }) => gain > EXACT)
    .sort((a, b) => b.gain / b.price - a.gain / a.price);
  const whole = shares
    .map((count, security) => ({ security, count }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => at(prices, b.security) - at(prices, a.security));
  const rest = shares.reduce((money, count, i) => money - count * at(prices, i), value);
  const best = { loss: Infinity, taken: [], given: [] };
  return { steps, prices, whole, rest, nodes: 0, best };
}

/** Takes or leaves the steps one after the other, those that gain most for their price first. */
function descend(
  search: Search,
  k: number,
  spent: number,
  lost: number,
  taken: readonly number[],
): void {
  search.nodes += 1;
  if (search.nodes > NODES_MAX || lost + leastLoss(search, k, spent) >= search.best.loss - EXACT)
    return;
  const step = search.steps[k];
  if (!step) {
    const given = leastGiven(search, spent - search.rest, (search.best.loss - lost) / 2);
    if (given && lost + 2 * given.amount < search.best.loss)
      search.best = { loss: lost + 2 * given.amount, taken, given: given.counts };
    return;
  }
  const take = () => descend(search, k + 1, spent + step.price, lost, [...taken, step.security]);
  const leave = () => descend(search, k + 1, spent, lost + step.gain, taken);
  // What the money reaches for comes first, so that a good answer is known early.
  const ways = spent + step.price <= search.rest ? [take, leave] : [leave, take];
  for (const way of ways) way();
}

/** What must still be lost if steps could be taken in part. */
function leastLoss({ steps, rest }: Search, from: number, spent: number): number {
  let money = rest - spent;
  if (money < 0) {
    const later = steps.slice(from).reduce((all, { gain }) => all + gain, 0);
    return -2 * money + later;
  }
  let lost = 0;
  for (let k = from; k < steps.length; k += 1) {
    const step = steps[k];
    if (!step) break;
    const share = Math.min(1, money / step.price);
    money -= share * step.price;
    lost += (1 - share) * step.gain;
  }
  return lost;
}

/** The least amount of whole shares that is at least `needed`, below `limit`. */
function leastGiven(search: Search, needed: number, limit: number) {
  if (needed <= EXACT) return { amount: 0, counts: [] as number[] };
  const { whole, prices } = search;
  const room = whole.map(({ security, count }) => at(prices, security) * count);
  for (let k = room.length - 2; k >= 0; k -= 1) room[k] = (room[k] ?? 0) + (room[k + 1] ?? 0);
  let found: { amount: number; counts: number[] } | undefined;
  const give = (k: number, amount: number, counts: readonly number[]): void => {
    search.nodes += 1;
    const most = found?.amount ?? limit;
    if (search.nodes > NODES_MAX || amount >= most || (found && found.amount - needed < EXACT))
      return;
    if (amount >= needed - EXACT) {
      found = { amount, counts: [...counts] };
      return;
    }
    const own = whole[k];
    if (!own || amount + (room[k] ?? 0) < needed) return;
    const price = at(prices, own.security);
    const enough = Math.min(own.count, Math.ceil((needed - amount) / price));
    for (let count = enough; count >= 0; count -= 1)
      give(k + 1, amount + count * price, [...counts, count]);
  };
  give(0, 0, []);
  return found;
}
