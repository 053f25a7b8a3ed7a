/**
 * The tax of one tax year by the rules of a policy. Losses reduce gains, those with the highest rate first;
 * the allowance is used up the same way, gains before dividends and interest; tax that was withheld is credited.
 */
import type { Currency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { Money } from '#shared/kernel/money.ts';
import type { PolicyTax } from '../policy/policy.ts';

/** A sum that is taxed at one rate. */
export interface Taxable {
  readonly ratio: number;
  readonly amount: Money;
}

/** What a year's tax follows from. */
export interface YearFigures {
  /** Gains by rate; none is negative. */
  readonly gains: readonly Taxable[];
  /** Losses that count, not negative. */
  readonly losses: Money;
  /** Losses of earlier years that still count. */
  readonly carriedIn: Money;
  /** Dividends and interest. */
  readonly earned: Money;
  /** Tax withheld, not negative. */
  readonly withheld: Money;
}

export interface YearTax {
  /** Less what was withheld; not negative. */
  readonly tax: Money;
  readonly allowanceUsed: Money;
  /** Losses that later years may use. */
  readonly carriedOut: Money;
}

export type YearRules = Pick<
  PolicyTax,
  'allowance' | 'dividendRatio' | 'lossesOffsetGains' | 'lossesCarriedForward'
>;

export function yearTax(figures: YearFigures, rules: YearRules): YearTax {
  const { losses, carriedIn, earned, withheld } = figures;
  const { currency } = losses;
  const zero = Money.zero(currency);
  const offset = reduced(
    byRatio(figures.gains, currency),
    (rules.lossesOffsetGains ? losses : zero).add(carriedIn),
  );
  const dividends: Taxable = { ratio: rules.dividendRatio, amount: positive(earned) };
  const allowance = allowanceOf(rules, currency);
  const freed = reduced([...offset.taxable, dividends], allowance);
  const due = Money.sum(
    freed.taxable.map(({ ratio, amount }) => amount.multiply(Decimal.ofNumber(ratio), 'half-even')),
    currency,
  );
  return {
    tax: positive(due.subtract(withheld)),
    allowanceUsed: allowance.subtract(freed.left),
    carriedOut: rules.lossesCarriedForward ? offset.left : zero,
  };
}

export function allowanceOf({ allowance }: YearRules, currency: Currency): Money {
  return Money.rounded(Decimal.parse(allowance), currency, 'down');
}

/** Highest rate first. What is free of tax takes up neither losses nor allowance. */
function byRatio(gains: readonly Taxable[], currency: Currency): readonly Taxable[] {
  const taxed = gains.map(({ ratio }) => ratio).filter((ratio) => ratio > 0);
  const ratios = [...new Set(taxed)].sort((a, b) => b - a);
  return ratios.map((ratio) => ({
    ratio,
    amount: Money.sum(
      gains.filter((one) => one.ratio === ratio).map(({ amount }) => amount),
      currency,
    ),
  }));
}

/** Takes an amount off what is taxable, in the given order. */
function reduced(
  taxable: readonly Taxable[],
  by: Money,
): { readonly taxable: readonly Taxable[]; readonly left: Money } {
  let left = by;
  const rest = taxable.map(({ ratio, amount }) => {
    const used = amount.compare(left) < 0 ? amount : left;
    left = left.subtract(used);
    return { ratio, amount: amount.subtract(used) };
  });
  return { taxable: rest, left };
}

function positive(money: Money): Money {
  return money.sign > 0 ? money : Money.zero(money.currency);
}
