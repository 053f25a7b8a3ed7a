/** Scalable's export: semicolons and decimal commas; fee and tax are positive, only executed rows count. */
import { dayOf } from '#shared/kernel/calendar-day.ts';
import type { Decimal } from '#shared/kernel/decimal.ts';
import { hasColumns, number, orZero, readRows, type Cell, type ReadLeg } from './csv-rows.ts';
import { moment } from './moments.ts';
import { flowKind, unknownRow } from './cash-rows.ts';
import type { ImportFormat, TransactionKind } from './transaction.ts';

/** The first that fits. */
const kinds: readonly (readonly [RegExp, TransactionKind])[] = [
  [/^buy$|savings plan|purchase/, 'buy'],
  [/^sell$|sale|redemption/, 'sell'],
  [/distribution|dividend|coupon/, 'dividend'],
  [/interest/, 'interest'],
  [/tax/, 'tax'],
  [/fee|prime|charge/, 'fee'],
  [/bonus|referral|cashback|gift|reward|compensation|promotion/, 'deposit'],
  [/deposit|pay-?in|top-?up|direct debit|credit/, 'deposit'],
  [/withdrawal|pay-?out|card|debit/, 'withdrawal'],
];

/** Orders that were never carried out; whatever else is not executed is named. */
const VOID = /^(cancel+ed|expired|rejected|deleted|invalid)$/i;

export const scalable: ImportFormat = {
  name: 'scalable',
  recognises: (file) => hasColumns(file, 'date', 'status', 'reference', 'assetType', 'type'),
  parse: (file) =>
    readRows(file, (cell) => {
      const status = cell('status');
      if (VOID.test(status)) return `status "${status}" is not executed: it changed nothing`;
      if (!/^(executed|settled|booked)$/i.test(status))
        return `status "${status}" is not executed: export again when it is`;
      const leg = legOf(cell);
      if (leg) return leg;
      const type = cell('type').toLowerCase();
      const [amount, fee, tax] = ['amount', 'fee', 'tax'].map((name) => number(cell(name), ','));
      const shares = number(cell('shares'), ',');
      const found =
        deliveryKind(type, shares) ?? kinds.find(([pattern]) => pattern.test(type))?.[1];
      const currency = cell('currency');
      if (!found) return unknownRow(`type "${cell('type')}"`, orZero(amount), currency);
      const kind = flowKind(found, orZero(amount), shares);
      const isTrade = kind === 'buy' || kind === 'sell';
      const isIncome = kind === 'dividend' || kind === 'interest';
      const price = number(cell('price'), ',');
      const cash = orZero(amount);
      return {
        kind,
        at: moment(`${cell('date')}T${cell('time') || '00:00:00'}`),
        rowId: cell('reference') || undefined,
        isin: cell('isin') || undefined,
        symbol: cell('description') || undefined,
        quantity: shares?.absolute(),
        price: price && { amount: price, currency },
        // A trade's amount is without them, a distribution's after tax.
        cash: isTrade ? cash.subtract(orZero(fee)).subtract(orZero(tax)) : cash,
        currency,
        charges: isTrade ? fee?.absolute() : undefined,
        // That of a distribution which is taken back is given back.
        tax: isIncome ? (cash.sign < 0 ? tax?.absolute().negate() : tax) : undefined,
        note: isFlow(kind) ? `${cell('type')} ${cell('description')}` : undefined,
      };
    }),
};

function isFlow(kind: TransactionKind): boolean {
  return kind === 'deposit' || kind === 'withdrawal';
}

/** Between depots; the amount is what the shares were worth, and no cash moves. */
function deliveryKind(type: string, shares: Decimal | undefined): TransactionKind | undefined {
  if (!shares || !/securit\w* transfer|depot transfer|delivery/.test(type)) return undefined;
  return shares.sign < 0 || /out/.test(type) ? 'transfer-out' : 'transfer-in';
}

/** A corporate action has a row for each security, with signed shares and no cash. */
function legOf(cell: Cell): ReadLeg | undefined {
  const type = cell('type').toLowerCase();
  const shares = number(cell('shares'), ',');
  if (!/corporate action|split|spin-?off/.test(type) || !shares) return undefined;
  const at = moment(`${cell('date')}T${cell('time') || '00:00:00'}`);
  return {
    leg: {
      ...{ kind: /spin/.test(type) ? 'spin-off' : 'exchange', at, shares },
      group: [dayOf(at), cell('description')].join('|'),
      ...{ isin: cell('isin') || undefined, symbol: cell('description') || undefined },
      rowId: cell('reference') || undefined,
      ...{ cash: number(cell('amount'), ','), currency: cell('currency') },
    },
  };
}
