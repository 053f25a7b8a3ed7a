/** What a plan says of the tax on its sales. */
import type { Currency } from '#shared/kernel/currency.ts';
import { Money } from '#shared/kernel/money.ts';
import type { Quantity } from '#shared/kernel/quantity.ts';
import { allowanceOf, yearTax } from '#shared/portfolio/model/tax/year-tax.ts';
import type { PlanningProblem } from '../problem.ts';
import { afterOrders, type Settlement } from '../settlement.ts';
import type { PlanLimits } from '../plan-limits.ts';
import { pluralize } from '../formatting.ts';
import type { SaleTax, TaxLot, TaxYear } from './sale-tax.ts';

/** Follows the cost of a sale; empty where it realises nothing. */
export function saleTaxText({ gain, tax, saved, fullTax }: SaleTax): string {
  if (saved.sign > 0) return ` and a saving of ${saved} in this year's tax, by ${realised(gain)}`;
  if (gain.sign === 0 && tax.sign === 0) return '';
  if (gain.sign < 0 && tax.sign === 0) return `; ${realised(gain)} saves no tax this year`;
  if (fullTax.sign === 0 && tax.sign === 0) return `; ${realised(gain)} is not taxed`;
  if (tax.sign === 0)
    return `, with no tax on ${realised(gain)}, which losses and the allowance of the year cover`;
  const less = fullTax.subtract(tax);
  const covered = less.sign > 0 ? `, ${less} less by losses and the allowance of the year` : '';
  return `, of which ${tax} is tax on ${realised(gain)}${covered}`;
}

/**
 * Which lots the tax of a sale was counted with, where the policy wants `specific` ones; empty under another method.
 * @param lots in the order in which the sale was counted to take them
 */
export function lotsText(
  lots: readonly TaxLot[],
  sold: Quantity,
  { specificLots }: Pick<PlanLimits, 'specificLots'>,
): string {
  if (specificLots === undefined) return '';
  const parts = partsOf(lots, sold).map(({ lot, part }) => `${part} bought on ${lot.acquiredOn}`);
  const more = parts.length - LOTS_NAMED_MAX;
  const rest = more > 0 ? ` and ${pluralize(more, 'more lot')}` : '';
  const named = `${parts.slice(0, LOTS_NAMED_MAX).join(', ')}${rest}`;
  return specificLots === 'named'
    ? ` The tax is counted with the lots that cost the least: ${named}. Name them to the broker, which may take others otherwise.`
    : ` The tax is counted with the oldest lots, as the broker does not report others: ${named}.`;
}

const LOTS_NAMED_MAX = 5;

function partsOf(lots: readonly TaxLot[], sold: Quantity) {
  let left = sold;
  return lots.flatMap((lot) => {
    const part = lot.quantity.compare(left) < 0 ? lot.quantity : left;
    left = left.subtract(part).normalize();
    return part.sign > 0 ? [{ lot, part: part.normalize() }] : [];
  });
}

function realised(gain: Money): string {
  return gain.sign < 0 ? `a loss of ${gain.negate()}` : `a gain of ${gain}`;
}

/** A sentence on the sales together; none where they realise nothing that the year's tax counts. */
export function planTaxText(problem: PlanningProblem, settlement: Settlement): readonly string[] {
  const sales = settlement.orders.flatMap(({ taxed }) => taxed ?? []);
  return yearTaxText(problem.taxYear, afterOrders(problem, settlement).taxYear, sales);
}

/** @param before and after the sales */
export function yearTaxText(
  before: TaxYear | undefined,
  after: TaxYear | undefined,
  sales: readonly SaleTax[],
): readonly string[] {
  if (!before || !after || sales.every(({ gain }) => gain.sign === 0)) return [];
  const base = before.figures.losses.currency;
  const total = Money.sum(
    sales.map(({ gain }) => gain),
    base,
  );
  const then = yearTax(after.figures, after.rules);
  const change = then.tax.subtract(yearTax(before.figures, before.rules).tax);
  const allowance = allowanceOf(after.rules, base);
  const left =
    allowance.sign > 0
      ? `; ${allowance.subtract(then.allowanceUsed)} of its allowance of ${allowance} are left`
      : '';
  return [`The sales realise ${realised(total)}: ${changeText(change, base)}${left}.`];
}

function changeText(change: Money, base: Currency): string {
  if (change.equals(Money.zero(base))) return "this year's tax stays the same";
  if (change.sign > 0) return `this year's tax rises by ${change}`;
  return `this year's tax falls by ${change.negate()}`;
}
