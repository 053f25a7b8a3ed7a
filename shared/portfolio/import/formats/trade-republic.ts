/** Trade Republic's export: cash moved is amount + fee + tax, each signed; `symbol` is the ISIN. */
import { dayOf } from '#shared/kernel/calendar-day.ts';
import type { Decimal } from '#shared/kernel/decimal.ts';
import type { ActionLeg } from './action-legs.ts';
import { hasColumns, number, orZero, readRows, type Cell, type ReadLeg } from './csv-rows.ts';
import { moment } from './moments.ts';
import { flowKind, unknownRow } from './cash-rows.ts';
import type { ImportFormat, TransactionKind } from './transaction.ts';

/** The first that fits; by the words of the type, as new ones are made of the same. */
const kinds: readonly (readonly [RegExp, TransactionKind])[] = [
  [/^BUY$|SAVINGS_?PLAN|ROUND_?UP_?BUY/, 'buy'],
  [/^SELL$|^(FINAL_)?MATURITY$|^REDEMPTION$/, 'sell'],
  [/DIVIDEND|DISTRIBUTION|^EARNINGS$|COUPON/, 'dividend'],
  [/INTEREST/, 'interest'],
  [/TAX/, 'tax'],
  [/FEE\b|FEE_|_FEE|CHARGE/, 'fee'],
  // Money of the person, whichever way it goes: the sign says which.
  [/BENEFIT|BONUS|GIFT|REFERRAL|CASHBACK|SAVEBACK|SPARE_CHANGE|STOCK_?PERK|REWARD/, 'deposit'],
  [/CARD|ATM|PAYMENT_?OUT|MERCHANT|REFUND/, 'withdrawal'],
  [/INBOUND|INPAYMENT|PAY_?IN|DEPOSIT|TOP_?UP|CREDIT/, 'deposit'],
  [/OUTBOUND|PAY_?OUT|WITHDRAWAL|DEBIT|CASH_TRANSFER/, 'withdrawal'],
];

export const tradeRepublic: ImportFormat = {
  name: 'trade-republic',
  idsAreUnique: true,
  recognises: (file) => hasColumns(file, 'datetime', 'type', 'amount', 'transaction_id'),
  parse: (file) =>
    readRows(file, (cell) => {
      const leg = legOf(cell);
      if (leg) return leg;
      const type = cell('type').toUpperCase();
      const [amount, fee, tax] = [number(cell('amount')), number(cell('fee')), number(cell('tax'))];
      const price = number(cell('price'));
      const cash = orZero(amount).add(orZero(fee)).add(orZero(tax));
      const shares = number(cell('shares'));
      const delivered = deliveryKind(type, cell('category'), shares);
      const found = delivered ?? kinds.find(([pattern]) => pattern.test(type))?.[1];
      if (!found) return unknownRow(`type "${cell('type')}"`, cash, cell('currency'));
      const kind = flowKind(found, cash, shares);
      return {
        kind,
        at: moment(cell('datetime')),
        rowId: cell('transaction_id') || undefined,
        isin: cell('symbol') || undefined,
        symbol: cell('name') || undefined,
        quantity: shares?.absolute(),
        price: price && { amount: price, currency: cell('currency') },
        cash,
        currency: cell('currency'),
        charges: kind === 'buy' || kind === 'sell' ? fee?.absolute() : undefined,
        tax: kind === 'dividend' || kind === 'interest' ? tax?.negate() : undefined,
        note: noteOf(cell),
      };
    }),
};

/** Shares that come or go without cash: a gift, or another depot's. A pair of them takes and gives the same. */
function deliveryKind(
  type: string,
  category: string,
  shares: Decimal | undefined,
): TransactionKind | undefined {
  const isDelivery = category.toUpperCase() === 'DELIVERY' || DELIVERIES.test(type);
  if (!isDelivery || !shares) return undefined;
  return shares.sign < 0 ? 'transfer-out' : 'transfer-in';
}

const DELIVERIES = /FREE_RECEIPT|FREE_DELIVERY|MIGRATION|SECURITIES_TRANSFER|DEPOT_TRANSFER/;

/** What a payment or a gift was for; the type alone says it of the others. */
function noteOf(cell: Cell): string | undefined {
  if (cell('category').toUpperCase() !== 'CASH' || cell('symbol') !== '') return undefined;
  const texts = [cell('type').toLowerCase().replaceAll('_', ' '), cell('description')];
  const from = cell('counterparty_name') || cell('name');
  return [...texts, from]
    .filter((text, i, all) => text !== '' && all.indexOf(text) === i)
    .join(', ');
}

const legKinds: readonly (readonly [RegExp, ActionLeg['kind']])[] = [
  [/STOCK_?DIVIDEND|BONUS_?ISSUE|^BONUS$/, 'stock-dividend'],
  [/SPIN_?OFF/, 'spin-off'],
  [/SPLIT|EXCHANGE|ISIN_?CHANGE/, 'exchange'],
  [/MERGER/, 'merger'],
];

/** Shares that move without cash beside trades and transfers: signed, a row for each security. */
function legOf(cell: Cell): ReadLeg | undefined {
  const type = cell('type').toUpperCase();
  const kind = legKinds.find(([pattern]) => pattern.test(type))?.[1];
  const shares = number(cell('shares'));
  if (!kind || !shares) return undefined;
  const at = moment(cell('datetime'));
  return {
    leg: {
      ...{ kind, at, shares, group: [type, dayOf(at), cell('name') || cell('symbol')].join('|') },
      ...{ isin: cell('symbol') || undefined, symbol: cell('name') || undefined },
      rowId: cell('transaction_id') || undefined,
      ...{ cash: number(cell('amount')), currency: cell('currency') },
    },
  };
}
