/** Cash and prices that a file states in pence, or in another minor unit, become those of the whole currency. */
import { quoteUnitOf } from '#shared/clients/market-data/csv/format/quote-unit.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import type { ImportedTransaction } from './formats/transaction.ts';

/** Enough for a hundredth of a price with eight decimals. */
const DECIMALS = 10;

export function inWholeCurrency(row: ImportedTransaction): ImportedTransaction {
  const { price } = row;
  const of = amountsOf(row.currency);
  const ofPrice = price && amountsOf(price.currency);
  if (!of && !ofPrice) return row;
  return {
    ...row,
    ...(of && {
      ...{ cash: of.whole(row.cash), currency: of.currency },
      ...(row.charges && { charges: of.whole(row.charges) }),
      ...(row.tax && { tax: of.whole(row.tax) }),
    }),
    ...(price &&
      ofPrice && { price: { amount: ofPrice.whole(price.amount), currency: ofPrice.currency } }),
  };
}

/** Undefined for a whole currency, and for a text that is none. */
function amountsOf(stated: string) {
  const unit = quoteUnitOf(stated);
  if (!unit || unit.currency === stated) return undefined;
  const per = Decimal.of(unit.perCurrency);
  const whole = (amount: Decimal): Decimal => amount.divide(per, DECIMALS, 'half-even').normalize();
  return { currency: unit.currency, whole };
}
