/** Ghostfolio's JSON: activities, with the ISIN in the asset profiles; a dividend is quantity × unit price. */
import * as z from 'zod';
import { Decimal } from '#shared/kernel/decimal.ts';
import { attempt } from './csv-rows.ts';
import { parsedJson } from './json-file.ts';
import { moment } from './moments.ts';
import type { ImportFormat, LeftRow, ImportedTransaction, TransactionKind } from './transaction.ts';

/** An activity without an id is known by these fields: another one among them would make all of them new. */
const schema = z.object({
  activities: z.array(
    z.object({
      ...{ id: z.string().optional(), type: z.string(), date: z.string(), symbol: z.string() },
      ...{ currency: z.string(), quantity: z.number(), unitPrice: z.number(), fee: z.number() },
    }),
  ),
  assetProfiles: z.array(z.object({ symbol: z.string(), isin: z.string().nullish() })).optional(),
});

type Activity = z.infer<typeof schema>['activities'][number];

const kinds: Readonly<Record<string, TransactionKind>> = {
  ...{ BUY: 'buy', SELL: 'sell', DIVIDEND: 'dividend', FEE: 'fee', INTEREST: 'interest' },
};
const CENTS = 2;

export const ghostfolio: ImportFormat = {
  name: 'ghostfolio',
  countsInSharesOfToday: true,
  recognises: ({ text }) => /^\s*\{/.test(text) && text.includes('"activities"'),
  parse: ({ text }) => {
    const read = attempt(() => parsedJson(text, schema));
    if (typeof read === 'string') return { transactions: [], left: [{ line: 1, reason: read }] };
    const isins = new Map(read.assetProfiles?.map(({ symbol, isin }) => [symbol, isin]));
    const transactions: ImportedTransaction[] = [];
    const left: LeftRow[] = [];
    read.activities.forEach((activity, index) => {
      const kind = kinds[activity.type];
      const line = index + 1;
      const found = kind
        ? attempt(() => transactionOf(activity, kind, line, isins.get(activity.symbol)))
        : `type "${activity.type}" is not booked: it is a value that Ghostfolio notes, and moves neither shares nor cash`;
      if (typeof found === 'string') left.push({ line, reason: found });
      else transactions.push(found);
    });
    return { transactions, left };
  },
};

function transactionOf(
  activity: Activity,
  kind: TransactionKind,
  line: number,
  isin: string | null | undefined,
): ImportedTransaction {
  const [quantity, price, fee] = [activity.quantity, activity.unitPrice, activity.fee].map(
    (value) => Decimal.ofNumber(value),
  );
  const worth = (quantity ?? Decimal.zero)
    .multiply(price ?? Decimal.zero)
    .round(CENTS, 'half-even');
  const charges = fee ?? Decimal.zero;
  const isTrade = kind === 'buy' || kind === 'sell';
  const gross = kind === 'buy' || kind === 'fee' ? worth.negate() : worth;
  return {
    ...{ line, kind, content: JSON.stringify(activity), rowId: activity.id },
    ...{ at: moment(activity.date), isin: isin ?? undefined, symbol: activity.symbol },
    quantity: quantity?.normalize(),
    price: isTrade && price ? { amount: price, currency: activity.currency } : undefined,
    cash: gross.subtract(charges.round(CENTS, 'half-even')),
    currency: activity.currency,
    charges: isTrade ? charges.round(CENTS, 'half-even') : undefined,
  };
}
