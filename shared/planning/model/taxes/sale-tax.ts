/**
 * The tax on what sales realise, by the rules of the policy and on top of what the tax year holds already: each
 * lot, in the order the sale takes them, its gain at its own rate, less what allowance and losses cover.
 */
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import type { Quantity } from '#shared/kernel/quantity.ts';
import type { LedgerEntry } from '#shared/portfolio/model/book.ts';
import type { RealisedLot } from '#shared/portfolio/model/tax/realised-lots.ts';
import { disallowedLosses } from '#shared/portfolio/model/tax/wash-sales.ts';
import { yearTax, type YearFigures, type YearRules } from '#shared/portfolio/model/tax/year-tax.ts';

/** A lot as a sale would take it. */
export interface TaxLot {
  readonly lotId: string;
  readonly acquiredOn: CalendarDay;
  readonly quantity: Quantity;
  /** Of the whole lot, in base currency; undefined where nobody knows, which counts as no gain. */
  readonly cost: Money | undefined;
  /** Tax on its gain. */
  readonly gainRatio: number;
}

/** The tax year of the plan's day, as far as it has gone. */
export interface TaxYear {
  readonly day: CalendarDay;
  readonly figures: YearFigures;
  readonly rules: YearRules & { readonly washSaleDays: number };
  /** What was realised, and every purchase, as far as the rule on wash sales may concern them. */
  readonly realised: readonly SoldLot[];
  readonly ledger: readonly LedgerEntry[];
}

/** Part of a lot that is sold, or was. */
export type SoldLot = Pick<RealisedLot, 'isin' | 'lotId' | 'quantity' | 'gain' | 'soldOn'>;

export interface LotGain extends SoldLot {
  readonly gainRatio: number;
}

export interface SaleTax {
  /** Of what is sold, after the charges of the sale. */
  readonly gain: Money;
  /** What the year's tax rises by; not negative. */
  readonly tax: Money;
  /** What the year's tax falls by, through a loss; not negative. */
  readonly saved: Money;
  /** Tax if nothing but this sale were realised and nothing were free. */
  readonly fullTax: Money;
}

/** @param lots in the order the sale takes them. @param proceeds of the whole sale, after its charges */
export function lotGains(
  isin: Isin,
  lots: readonly TaxLot[],
  quantity: Quantity,
  proceeds: Money,
  soldOn: CalendarDay,
): readonly LotGain[] {
  const gains: LotGain[] = [];
  let left = quantity;
  for (const { lotId, quantity: size, cost, gainRatio } of lots) {
    if (left.sign <= 0) break;
    const part = size.compare(left) < 0 ? size : left;
    left = left.subtract(part);
    if (!cost) continue;
    const gain = share(proceeds, part, quantity).subtract(share(cost, part, size));
    gains.push({ isin, lotId, quantity: part, gain, soldOn, gainRatio });
  }
  return gains;
}

function share(amount: Money, part: Quantity, whole: Quantity): Money {
  if (part.equals(whole)) return amount;
  const exact = amount.amount.multiply(part).divide(whole, 12, 'half-even');
  return Money.rounded(exact, amount.currency, 'half-even');
}

/** The tax of each sale of a plan. Losses come first, so that gains of the same plan are set against them. */
export function saleTaxes(
  year: TaxYear,
  sales: readonly (readonly LotGain[])[],
): readonly SaleTax[] {
  const { currency } = year.figures.losses;
  const totals = sales.map((lots) =>
    Money.sum(
      lots.map(({ gain }) => gain),
      currency,
    ),
  );
  const order = totals.map((_, i) => i).sort((a, b) => at(totals, a).compare(at(totals, b)));
  const taxes: SaleTax[] = [];
  let now = year;
  for (const i of order) {
    const after = withSale(now, at(sales, i));
    taxes[i] = saleTaxOf(at(totals, i), now, after, at(sales, i));
    now = after;
  }
  return taxes;
}

function at<T>(list: readonly T[], i: number): T {
  return list[i] as T;
}

function saleTaxOf(
  gain: Money,
  before: TaxYear,
  after: TaxYear,
  lots: readonly LotGain[],
): SaleTax {
  const zero = Money.zero(gain.currency);
  const change = taxOf(after).subtract(taxOf(before));
  const full = lots.map((lot) => lot.gain.multiply(Decimal.ofNumber(lot.gainRatio), 'half-even'));
  const fullTax = Money.sum(full, gain.currency);
  return {
    ...{
      gain,
      tax: change.sign > 0 ? change : zero,
      saved: change.sign < 0 ? change.negate() : zero,
    },
    fullTax: fullTax.sign > 0 ? fullTax : zero,
  };
}

function taxOf({ figures, rules }: TaxYear): Money {
  return yearTax(figures, rules).tax;
}

/** The year with a sale of its day on top. */
export function withSale(year: TaxYear, lots: readonly LotGain[]): TaxYear {
  const { rules, ledger } = year;
  const realised = [...year.realised, ...lots];
  const disallowed = disallowedLosses(realised, ledger, rules.washSaleDays);
  let { gains, losses } = year.figures;
  for (const [i, { gain, gainRatio: ratio }] of lots.entries()) {
    if (gain.sign > 0) gains = [...gains, { ratio, amount: gain }];
    const counted = disallowed[year.realised.length + i];
    if (gain.sign < 0 && counted) losses = losses.subtract(gain).subtract(counted);
  }
  return { ...year, realised, figures: { ...year.figures, gains, losses } };
}
