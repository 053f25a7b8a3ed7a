/**
 * Taxes that are paid from the account. The tax of a year falls due on the first day of trading after it, and
 * that of the year the run ends in on its last day; it is paid by a withdrawal as far as there is cash, and
 * what is left as soon as there is more. A loss that a later purchase disallows changes a year that is over:
 * the difference is due with the next.
 */
import { portfolio } from '#shared/contract/portfolio.ts';
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import { Money } from '#shared/kernel/money.ts';
import { taxYearOf } from '#shared/portfolio/model/tax/tax-rules.ts';
import type { PolicyTax } from '#shared/portfolio/model/policy/policy.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { taxYearsOf } from './owner-policy.ts';

export class PaidTaxes {
  private readonly dependencies: Dependencies;
  private readonly rules: PolicyTax;
  /** What fell due so far, paid or not. */
  private due: Money;
  private paid: Money;
  private year: number | undefined;

  constructor(dependencies: Dependencies, rules: PolicyTax) {
    this.dependencies = dependencies;
    this.rules = rules;
    this.due = Money.zero(dependencies.baseCurrency);
    this.paid = this.due;
  }

  /** Due and not paid; negative where too much was. */
  get owed(): Money {
    return this.due.subtract(this.paid);
  }

  /** What falls due on a day: the tax of the years before its own, on their first day of trading after. */
  async fallDue(day: CalendarDay): Promise<Money> {
    const year = taxYearOf(day, this.rules);
    const isNew = this.year !== undefined && year > this.year;
    this.year = year;
    return isNew ? this.dueWhere((one) => one < year) : Money.zero(this.due.currency);
  }

  /** At the end of the run: the tax of all years. */
  fallDueAtEnd(): Promise<Money> {
    return this.dueWhere(() => true);
  }

  /** @returns whether anything was paid */
  async pay(cash: Money, day: CalendarDay): Promise<boolean> {
    const amount = this.owed.compare(cash) < 0 ? this.owed : cash;
    if (amount.sign <= 0) return false;
    const key = `tax-${day}-${this.paid.toString()}`;
    const { signal } = new AbortController();
    await this.dependencies.functions.call(
      portfolio.bookMovement,
      { kind: 'withdrawal', amount: amount.toJSON(), note: 'Tax on gains and income' },
      { signal, requestId: key, idempotencyKey: key },
    );
    this.paid = this.paid.add(amount);
    return true;
  }

  private async dueWhere(isDue: (taxYear: number) => boolean): Promise<Money> {
    const years = await taxYearsOf(this.dependencies, this.rules);
    const own = years.filter(({ taxYear }) => isDue(taxYear)).map(({ tax }) => tax);
    const due = Money.sum(own, this.due.currency);
    const more = due.subtract(this.due);
    this.due = due;
    return more;
  }
}
