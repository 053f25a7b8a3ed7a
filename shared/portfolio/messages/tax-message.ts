/** A tax report as it is answered. */
import type { GetGainsResponse } from '#protos/gen/portfolio.ts';
import type { Income, TaxedLot, TaxReport, YearOfTax } from '../model/tax/tax-report.ts';

/** @param taxYear 0 is all of them */
export function taxMessage(
  { lots, income, years }: TaxReport,
  taxYear: number,
  warnings: readonly string[],
): GetGainsResponse {
  const asked = (one: { readonly taxYear: number }): boolean =>
    taxYear === 0 || one.taxYear === taxYear;
  return {
    lots: lots.filter(asked).map(lotMessage),
    income: income.filter(asked).map(incomeMessage),
    years: years.filter(asked).map(yearMessage),
    warnings: [...warnings],
  };
}

function lotMessage(lot: TaxedLot): GetGainsResponse['lots'][number] {
  const { disallowed, quantity, proceeds, cost, gain, ...rest } = lot;
  return {
    ...rest,
    quantity: quantity.toString(),
    proceeds: proceeds.toJSON(),
    cost: cost.toJSON(),
    gain: gain.toJSON(),
    disallowedLoss: disallowed.toJSON(),
  };
}

function incomeMessage({ isin, symbol, cash, paid, ...rest }: Income) {
  const amounts = { cash: cash.toJSON(), paid: paid?.toJSON() };
  return { ...rest, isin: isin ?? '', symbol: symbol ?? '', ...amounts };
}

function yearMessage(year: YearOfTax): GetGainsResponse['years'][number] {
  return {
    taxYear: year.taxYear,
    gains: year.gains.toJSON(),
    losses: year.losses.toJSON(),
    disallowedLosses: year.disallowed.toJSON(),
    dividends: year.dividends.toJSON(),
    interest: year.interest.toJSON(),
    withheld: year.withheld.toJSON(),
    fees: year.fees.toJSON(),
    lossesCarriedIn: year.carriedIn.toJSON(),
    lossesCarriedOut: year.carriedOut.toJSON(),
    allowanceUsed: year.allowanceUsed.toJSON(),
    estimatedTax: year.tax.toJSON(),
  };
}
