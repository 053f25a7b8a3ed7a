/** What a plan says of the tax on its sales. */
import type { Currency } from '#shared/kernel/currency.ts';
import { Money } from '#shared/kernel/money.ts';
import { allowanceOf, yearTax } from '#shared/portfolio/model/tax/year-tax.ts';
import type { PlanningProblem } from '../problem.ts';
import { afterOrders, type Settlement } from '../settlement.ts';
import type { SaleTax } from './sale-tax.ts';

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

function realised(gain: Money): string {
  return gain.sign < 0 ? `a loss of ${gain.negate()}` : `a gain of ${gain}`;
}

/** A sentence on the sales together; none where they realise nothing that the year's tax counts. */
export function planTaxText(problem: PlanningProblem, settlement: Settlement): readonly string[] {
  const sales = settlement.orders.flatMap(({ taxed }) => taxed ?? []);
  const { taxYear: before, base } = problem;
  const after = afterOrders(problem, settlement).taxYear;
  if (!before || !after || sales.every(({ gain }) => gain.sign === 0)) return [];
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
