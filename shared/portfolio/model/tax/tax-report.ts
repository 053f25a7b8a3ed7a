/**
 * Gains and income by tax year under the rules of a policy, and the tax that follows from them. It
 * is an estimate for the owner and the tax adviser: no law beyond those rules is applied.
 * What is left of a year's losses is carried forward; `yearTax` has the rest.
 */
import { dayOf, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import type { ConvertedLine } from '../converted-lines.ts';
import type { PolicyTax } from '../policy/policy.ts';
import { withoutUndoneLines } from '../undone-lines.ts';
import { realisedLots, type RealisedLot } from './realised-lots.ts';
import { gainRatioOf, taxYearOf } from './tax-rules.ts';
import { disallowedLosses } from './wash-sales.ts';
import { yearTax, type Taxable, type YearFigures } from './year-tax.ts';

export interface TaxedLot extends RealisedLot {
  readonly taxYear: number;
  readonly gainRatio: number;
  /** Part of the loss that does not count, not negative. */
  readonly disallowed: Money;
}

/** Cash that came without a sale. */
export interface Income {
  readonly kind: 'dividend' | 'interest' | 'tax' | 'fee';
  readonly lineId: string;
  readonly day: CalendarDay;
  readonly taxYear: number;
  readonly isin?: Isin | undefined;
  readonly symbol?: string | undefined;
  /** In the account's currency; taxes and fees are negative. */
  readonly cash: Money;
  /** As it was booked, where that was in another currency. */
  readonly paid?: Money | undefined;
}

export interface YearOfTax {
  readonly taxYear: number;
  readonly gains: Money;
  /** Not negative; those that count. */
  readonly losses: Money;
  readonly disallowed: Money;
  readonly dividends: Money;
  readonly interest: Money;
  /** Not negative. */
  readonly withheld: Money;
  readonly fees: Money;
  readonly carriedIn: Money;
  readonly carriedOut: Money;
  readonly allowanceUsed: Money;
  /** Less what was withheld; not negative. */
  readonly tax: Money;
}

export interface TaxReport {
  readonly lots: readonly TaxedLot[];
  readonly income: readonly Income[];
  /** Oldest first, every year from the first to the last that has anything. */
  readonly years: readonly YearOfTax[];
}

/** @param ledger with all cash in `currency` */
export function taxReport(
  ledger: readonly ConvertedLine[],
  currency: Currency,
  rules: PolicyTax,
): TaxReport {
  const rows = realisedLots(ledger, currency);
  const disallowed = disallowedLosses(rows, withoutUndoneLines(ledger), rules.washSaleDays);
  const lots = rows.map((row, i): TaxedLot => ({
    ...row,
    taxYear: taxYearOf(row.soldOn, rules),
    gainRatio: gainRatioOf(rules, row.daysHeld),
    disallowed: disallowed[i] ?? Money.zero(currency),
  }));
  const income = ledger.flatMap((line) => incomeOf(line, rules));
  return { lots, income, years: yearsOf(lots, income, currency, rules) };
}

function isFee({ kind }: ConvertedLine): boolean {
  return kind === 'charges' || kind === 'rounding';
}

function incomeOf(line: ConvertedLine, rules: PolicyTax): readonly Income[] {
  const { id, isin, symbol, cash, paid } = line;
  const kind = isFee(line) ? 'fee' : line.kind;
  if (kind !== 'dividend' && kind !== 'interest' && kind !== 'tax' && kind !== 'fee') return [];
  const day = dayOf(line.happenedAt);
  return [{ kind, lineId: id, day, taxYear: taxYearOf(day, rules), isin, symbol, cash, paid }];
}

function yearsOf(
  lots: readonly TaxedLot[],
  income: readonly Income[],
  currency: Currency,
  rules: PolicyTax,
): readonly YearOfTax[] {
  const named = [...lots, ...income].map(({ taxYear }) => taxYear);
  if (named.length === 0) return [];
  const [first, last] = [Math.min(...named), Math.max(...named)];
  let carriedIn = Money.zero(currency);
  return Array.from({ length: last - first + 1 }, (_, k) => {
    const taxYear = first + k;
    const year = yearOf(
      taxYear,
      lots.filter((one) => one.taxYear === taxYear),
      income.filter((one) => one.taxYear === taxYear),
      { carriedIn, currency, rules },
    );
    carriedIn = year.carriedOut;
    return year;
  });
}

interface YearTerms {
  readonly carriedIn: Money;
  readonly currency: Currency;
  readonly rules: PolicyTax;
}

function yearOf(
  taxYear: number,
  lots: readonly TaxedLot[],
  income: readonly Income[],
  { carriedIn, currency, rules }: YearTerms,
): YearOfTax {
  const sum = (amounts: readonly Money[]): Money => Money.sum(amounts, currency);
  const of = (kind: Income['kind']): Money =>
    sum(income.filter((one) => one.kind === kind).map(({ cash }) => cash));
  const figures: YearFigures = {
    ...figuresOf(lots, currency),
    carriedIn,
    earned: of('dividend').add(of('interest')),
    withheld: of('tax').negate(),
  };
  const { losses, withheld } = figures;
  return {
    ...{ taxYear, losses, dividends: of('dividend'), interest: of('interest'), withheld },
    gains: sum(figures.gains.map(({ amount }) => amount)),
    disallowed: sum(lots.map((one) => one.disallowed)),
    fees: of('fee').negate(),
    carriedIn,
    ...yearTax(figures, rules),
  };
}

/** Gains by rate, and the losses that count. */
function figuresOf(lots: readonly TaxedLot[], currency: Currency) {
  const winners = lots.filter(({ gain }) => gain.sign > 0);
  const losers = lots.filter(({ gain }) => gain.sign < 0);
  return {
    gains: winners.map(({ gainRatio: ratio, gain: amount }): Taxable => ({ ratio, amount })),
    losses: Money.sum(
      losers.map((one) => one.gain.negate().subtract(one.disallowed)),
      currency,
    ),
  };
}

/**
 * The tax year that a day lies in, as far as it has gone.
 * @param report by the same rules
 */
export function yearSoFar(
  { lots, income, years }: TaxReport,
  currency: Currency,
  rules: PolicyTax,
  today: CalendarDay,
): YearFigures {
  const taxYear = taxYearOf(today, rules);
  const before = years.findLast((year) => year.taxYear < taxYear);
  const of = (kind: Income['kind']): Money =>
    Money.sum(
      income.filter((one) => one.kind === kind && one.taxYear === taxYear).map(({ cash }) => cash),
      currency,
    );
  return {
    ...figuresOf(
      lots.filter((one) => one.taxYear === taxYear),
      currency,
    ),
    carriedIn: before?.carriedOut ?? Money.zero(currency),
    earned: of('dividend').add(of('interest')),
    withheld: of('tax').negate(),
  };
}
