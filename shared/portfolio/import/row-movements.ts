/** The movements that a row of a file is booked as: one, and the tax withheld from income as another. */
import type { BookedMovement } from '#shared/clients/broker/broker.ts';
import { dayOf } from '#shared/kernel/calendar-day.ts';
import { parseCurrency, type Currency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { Failure } from '#shared/kernel/failure.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price, PRICE_DECIMALS_MAX } from '#shared/kernel/price.ts';
import { inOwnCurrency, type Convertible, type RateOf } from './own-currency.ts';
import type { ImportedTransaction } from './formats/transaction.ts';

const NOTE_LENGTH_MAX = 200;
/** One and a half times the stored rate, or that part of it. */
const FAR_LOG = Math.log(1.5);

interface NamedRow {
  readonly flowId: string;
  readonly isin?: Isin | undefined;
  readonly symbol?: string | undefined;
  readonly rateOf: RateOf;
}

/**
 * @param row with its cash in the account's currency
 * @throws Failure INVALID_REQUEST for a delivery whose price is in a currency without a rate
 */
export function movementsFor(
  row: ImportedTransaction,
  currency: Currency,
  named: NamedRow,
): readonly BookedMovement[] {
  const { flowId, isin, symbol, rateOf } = named;
  const tax = row.tax && row.tax.sign !== 0 ? cents(row.tax, currency) : undefined;
  const cash = cents(row.cash, currency);
  const common = { happenedAt: row.at, ...(isin && { isin, symbol }) };
  const gross = tax && (row.kind === 'dividend' || row.kind === 'interest') ? cash.add(tax) : cash;
  const amount = isTransfer(row) ? Money.zero(currency) : gross;
  const note = row.note?.replace(/\s+/g, ' ').trim().slice(0, NOTE_LENGTH_MAX);
  const main: BookedMovement = {
    ...{ flowId, kind: row.kind, amount, ...common },
    ...(note && { note }),
    ...(movesShares(row) && row.quantity && { quantity: row.quantity }),
    ...(movesShares(row) && termsOf(row, currency, rateOf)),
    ...(row.charges && row.charges.sign > 0 && { charges: cents(row.charges, currency) }),
    ...(row.closedLots && { closedLots: row.closedLots }),
  };
  if (gross === cash || !tax) return [main];
  const withheld = { flowId: `${flowId}-tax`, kind: 'tax', amount: tax.negate() } as const;
  return [main, { ...withheld, ...common, relatedFlowId: flowId }];
}

export function movesShares({ kind }: Pick<ImportedTransaction, 'kind'>): boolean {
  return kind === 'buy' || kind === 'sell' || kind === 'transfer-in' || kind === 'transfer-out';
}

export function cents(amount: Decimal, currency: Currency): Money {
  return Money.rounded(amount, currency, 'half-even');
}

function isTransfer({ kind }: ImportedTransaction): boolean {
  return kind === 'transfer-in' || kind === 'transfer-out';
}

/** One unit of the currency that a delivery is priced in. */
function deliveryOf({ price, currency, rate, rateTo, at }: ImportedTransaction): Convertible {
  const isOfRate = price?.currency === currency;
  const stated = isOfRate ? { rate, rateTo } : {};
  return { cash: Decimal.one, currency: price?.currency ?? '', at, ...stated };
}

/** Price as stated, and the rate that makes the cash of it. */
function termsOf(
  row: ImportedTransaction,
  base: Currency,
  rateOf: RateOf,
): Pick<BookedMovement, 'price' | 'exchangeRate'> {
  const { price, quantity, cash, charges, kind } = row;
  if (!price || !quantity || price.amount.sign <= 0) return {};
  const currency = parseCurrency(price.currency);
  const exact = new Price(price.amount.round(PRICE_DECIMALS_MAX, 'half-even'), currency);
  if (currency === base) return { price: exact, exchangeRate: Decimal.one };
  if (isTransfer(row))
    return { price: exact, exchangeRate: inOwnCurrency(deliveryOf(row), base, rateOf).cash };
  const worth = price.amount.multiply(quantity);
  const fees = charges ?? Decimal.zero;
  const gross = kind === 'buy' ? cash.absolute().subtract(fees) : cash.absolute().add(fees);
  const implied = gross.divide(worth, 10, 'half-even').normalize();
  if (row.isPriceOfShare) requireNear(implied, rateOf(currency, dayOf(row.at)), row);
  return { price: exact, exchangeRate: implied };
}

/** Costs that are not said are in it, too. */
function requireNear(
  implied: Decimal,
  stored: Decimal | undefined,
  { cash, price, quantity }: ImportedTransaction,
): void {
  if (!stored || Math.abs(Math.log(implied.toEstimate() / stored.toEstimate())) < FAR_LOG) return;
  throw new Failure(
    'INVALID_REQUEST',
    `its cash of ${cash.absolute()} for ${quantity} shares at ${price?.amount} ${price?.currency} implies a rate of ${implied}, and that of the day is ${stored}`,
  );
}
