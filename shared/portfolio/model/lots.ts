/**
 * Lot selection: which shares a sale takes, and their cost.
 *
 * Costs are exact: in units of the account's smallest coin. When part of a lot goes, it takes its
 * share of the cost rounded half-even and the rest keeps the difference, so that what was taken and
 * what is left always add up to what was there.
 */
import { Decimal } from '#shared/kernel/decimal.ts';
import { refused } from '#shared/kernel/failure.ts';
import type { Money } from '#shared/kernel/money.ts';
import type { Quantity } from '#shared/kernel/quantity.ts';
import type { LotPart } from './closed-lots.ts';

/**
 * | method     | a sale takes                                                                    |
 * |------------|---------------------------------------------------------------------------------|
 * | `fifo`     | the oldest lots first                                                           |
 * | `lifo`     | the youngest first                                                              |
 * | `hifo`     | those with the highest cost a share first; of equal ones the older              |
 * | `average`  | the oldest shares, at the mean cost of all that are held (moving average)       |
 * | `specific` | the lots that are named, in their order; of parts that are reported, those, and |
 * |            | then the oldest                                                                 |
 */
export const lotMethods = ['fifo', 'lifo', 'hifo', 'average', 'specific'] as const;
export type LotMethod = (typeof lotMethods)[number];

export interface CostedLot {
  readonly lotId: string;
  readonly quantity: Quantity;
  /** Of the whole lot. */
  readonly cost: Decimal;
}

export interface LotChoice {
  readonly method: LotMethod;
  /** For `specific`: which lots, in the order they are taken; nothing else is. */
  readonly lotIds?: readonly string[] | undefined;
  /** For `specific`: what a broker reports of it. */
  readonly parts?: readonly LotPart[] | undefined;
}

/** Part of a lot, or all of it. */
export interface TakenLot extends CostedLot {
  readonly whole: boolean;
}

export interface Sale<L extends CostedLot> {
  /** Oldest first, as they came. */
  readonly left: readonly L[];
  readonly taken: readonly TakenLot[];
  /** Of all that was taken. */
  readonly cost: Decimal;
}

/**
 * @param lots oldest first
 * @param decimals of the costs: the currency's minor digits
 * @throws Failure REFUSED no-short when the lots (that are named) hold less than is requested
 */
export function takeLots<L extends CostedLot>(
  lots: readonly L[],
  requested: Quantity,
  choice: LotChoice,
  decimals: number,
): Sale<L> {
  const sale = settled(lots, taken(lots, requested, choice, decimals));
  return choice.method === 'average' ? averaged(sale, decimals) : sale;
}

function taken<L extends CostedLot>(
  lots: readonly L[],
  requested: Quantity,
  choice: LotChoice,
  decimals: number,
): readonly TakenLot[] {
  const quantities = new Map<L, Quantity>();
  let missing = requested;
  for (const { lot, most } of takingOrder(lots, choice)) {
    if (missing.sign <= 0) break;
    const before = quantities.get(lot) ?? Decimal.zero;
    const part = least(missing, most, lot.quantity.subtract(before));
    if (part.sign > 0) quantities.set(lot, before.add(part));
    missing = missing.subtract(part);
  }
  if (missing.sign > 0) throw short(requested, missing, choice);
  return [...quantities].map(([lot, quantity]) => partOf(lot, quantity, decimals));
}

/** Lots one after the other, and how much of each at most; the reported parts come before the oldest. */
function takingOrder<L extends CostedLot>(
  lots: readonly L[],
  choice: LotChoice,
): readonly { readonly lot: L; readonly most: Quantity }[] {
  const { method, lotIds, parts = [] } = choice;
  const isReported = method === 'specific' && !lotIds;
  const reported = parts.flatMap(({ lotId, quantity: most }) =>
    lots.filter((lot) => isReported && lot.lotId === lotId).map((lot) => ({ lot, most })),
  );
  return [...reported, ...inOrder(lots, choice).map((lot) => ({ lot, most: lot.quantity }))];
}

function least(...[first, ...others]: readonly [Quantity, ...Quantity[]]): Quantity {
  return others.reduce((low, one) => (one.compare(low) < 0 ? one : low), first);
}

export interface SplitRatio {
  readonly newShares: Decimal;
  readonly oldShares: Decimal;
}

/**
 * Lots after a split of the shares, or a reverse split: each holds newShares for every oldShares and
 * has cost what it had; nothing is realised.
 *
 * @param decimals of the quantities; what a lot has beyond them is rounded half-even
 */
export function splitLots<L extends CostedLot>(
  lots: readonly L[],
  { newShares, oldShares }: SplitRatio,
  decimals: number,
): readonly L[] {
  if (newShares.sign <= 0 || oldShares.sign <= 0)
    throw refused('split-ratio', 'Both sides of a split ratio are above 0.', {
      newShares: newShares.toString(),
      oldShares: oldShares.toString(),
    });
  return lots.map((lot) => ({
    ...lot,
    quantity: lot.quantity.multiply(newShares).divide(oldShares, decimals, 'half-even').normalize(),
  }));
}

/** Cost of all lots. */
export function totalCost(lots: readonly CostedLot[]): Decimal {
  return lots.reduce((sum, lot) => sum.add(lot.cost), Decimal.zero);
}

export function totalQuantity(lots: readonly CostedLot[]): Quantity {
  return lots.reduce((sum, lot) => sum.add(lot.quantity), Decimal.zero);
}

/** Lots in the order in which a sale takes them; oldest first where nothing else is said. */
export function saleOrder<L extends { readonly quantity: Quantity; readonly cost: Money }>(
  lots: readonly L[],
  method: LotMethod,
): readonly L[] {
  const costed = lots.map((lot, i) => ({
    ...{ lotId: String(i), quantity: lot.quantity, cost: lot.cost.amount, lot },
  }));
  return inOrder(costed, { method }).map(({ lot }) => lot);
}

function inOrder<L extends CostedLot>(lots: readonly L[], choice: LotChoice): readonly L[] {
  switch (choice.method) {
    case 'lifo':
      return [...lots].reverse();
    case 'hifo':
      return [...lots].sort((a, b) =>
        b.cost.multiply(a.quantity).compare(a.cost.multiply(b.quantity)),
      );
    case 'specific':
      if (!choice.lotIds) return lots;
      return [...new Set(choice.lotIds)].flatMap((id) => lots.filter((lot) => lot.lotId === id));
    default:
      return lots;
  }
}

function partOf(lot: CostedLot, missing: Quantity, decimals: number): TakenLot {
  const { lotId } = lot;
  if (missing.compare(lot.quantity) >= 0)
    return { lotId, quantity: lot.quantity, cost: lot.cost, whole: true };
  return {
    lotId,
    quantity: missing,
    cost: costShare(lot.cost, missing, lot.quantity, decimals),
    whole: false,
  };
}

function settled<L extends CostedLot>(lots: readonly L[], taken: readonly TakenLot[]): Sale<L> {
  const left = lots.flatMap((lot) => {
    const part = taken.find(({ lotId }) => lotId === lot.lotId);
    if (!part) return [lot];
    if (part.whole) return [];
    const quantity = lot.quantity.subtract(part.quantity).normalize();
    return [{ ...lot, quantity, cost: lot.cost.subtract(part.cost) }];
  });
  return { left, taken, cost: totalCost(taken) };
}

/** The same shares, all at the mean cost: one rounding parts the pool, then each side is shared out. */
function averaged<L extends CostedLot>({ left, taken }: Sale<L>, decimals: number): Sale<L> {
  const [rest, sold] = [totalQuantity(left), totalQuantity(taken)];
  const all = totalCost(left).add(totalCost(taken));
  const cost = costShare(all, sold, sold.add(rest), decimals);
  return {
    left: spread(left, all.subtract(cost), decimals),
    taken: spread(taken, cost, decimals),
    cost,
  };
}

/** A cost over lots by their quantities; the last one keeps what rounding left. */
function spread<L extends CostedLot>(
  lots: readonly L[],
  cost: Decimal,
  decimals: number,
): readonly L[] {
  let [quantityLeft, costLeft] = [totalQuantity(lots), cost];
  return lots.map((lot) => {
    const share = costShare(costLeft, lot.quantity, quantityLeft, decimals);
    costLeft = costLeft.subtract(share);
    quantityLeft = quantityLeft.subtract(lot.quantity);
    return { ...lot, cost: share };
  });
}

function costShare(cost: Decimal, part: Quantity, whole: Quantity, decimals: number): Decimal {
  if (part.sign === 0) return Decimal.zero;
  if (part.equals(whole)) return cost;
  return cost.multiply(part).divide(whole, decimals, 'half-even');
}

function short(requested: Quantity, missing: Quantity, { method }: LotChoice) {
  return refused('no-short', 'More shares leave the book than its lots hold.', {
    requested: requested.toString(),
    missing: missing.normalize().toString(),
    method,
  });
}
