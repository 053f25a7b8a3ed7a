/** Gains and income of each tax year, as GetGains answers them, newest first. */
import type { OverviewTaxYear } from '#protos/gen/overview.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { Money } from '#shared/kernel/money.ts';
import type { ConvertedLine } from '#shared/portfolio/model/converted-lines.ts';
import type { PolicyTax } from '#shared/portfolio/model/policy/policy.ts';
import {
  taxReport,
  type TaxedLot,
  type YearOfTax,
} from '#shared/portfolio/model/tax/tax-report.ts';

export function taxYearMessages(
  ledger: readonly ConvertedLine[],
  currency: Currency,
  rules: PolicyTax,
): OverviewTaxYear[] {
  const { lots, years } = taxReport(ledger, currency, rules);
  return years.toReversed().map((year) => message(year, lotsOf(lots, year), currency));
}

function lotsOf(lots: readonly TaxedLot[], { taxYear }: YearOfTax): readonly TaxedLot[] {
  return lots.filter((lot) => lot.taxYear === taxYear);
}

function message(year: YearOfTax, lots: readonly TaxedLot[], currency: Currency): OverviewTaxYear {
  const total = (amounts: readonly Money[]): Money =>
    amounts.reduce((sum, amount) => sum.add(amount), Money.zero(currency));
  const sales = (some: readonly TaxedLot[]): number =>
    new Set(some.map(({ saleId }) => saleId)).size;
  return {
    year: year.taxYear,
    proceeds: total(lots.map(({ proceeds }) => proceeds)).toJSON(),
    cost: total(lots.map(({ cost }) => cost)).toJSON(),
    realisedGain: total(lots.map(({ gain }) => gain)).toJSON(),
    dividends: year.dividends.toJSON(),
    interest: year.interest.toJSON(),
    taxWithheld: year.withheld.toJSON(),
    fees: year.fees.toJSON(),
    sales: sales(lots),
    salesOfUnknownCost: sales(lots.filter(({ costKnown }) => !costKnown)),
    estimatedTax: year.tax.toJSON(),
  };
}
