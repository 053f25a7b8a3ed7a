/**
 * Freedom24's (Tradernet's) account statement as JSON: trades, cash movements, and dividends among the corporate
 * actions. Texts are in the user's language, so `type_id` and `operation` decide.
 */
import * as z from 'zod';
import { Decimal } from '#shared/kernel/decimal.ts';
import { flowKind, unknownRow } from './cash-rows.ts';
import { attempt } from './csv-rows.ts';
import { parsedJson } from './json-file.ts';
import { moment } from './moments.ts';
import { exchangeRows } from './exchange-rows.ts';
import type {
  ImportedAction,
  ImportFormat,
  LeftRow,
  Read,
  ImportedTransaction,
  TransactionKind,
} from './transaction.ts';

const text = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value) => String(value ?? ''));
const figure = z
  .union([z.number(), z.string()])
  .nullish()
  .transform((value) =>
    value === null || value === undefined || value === '' || value === '-' ? 0 : Number(value),
  )
  .refine(Number.isFinite, 'a number with a decimal point is expected');

/** A row without an id is known by these fields: another one among them would make all of them new. */
const trade = z.object({
  ...{ id: text, trade_id: text, date: text, instr_nm: text, isin: text, operation: text },
  ...{ instr_type: figure, q: figure, p: figure, summ: figure, curr_c: text },
  ...{ commission: figure, commission_currency: text },
});
const cashRow = z.object({
  ...{ id: text, transaction_id: text, type: text, type_id: text, amount: figure, currency: text },
  ...{ datetime: text, date: text, ticker: text, isin: text, comment: text },
  corporate_action_id: text,
});
const action = z.object({
  ...{ corporate_action_id: text, date: text, type_id: text, amount: figure, ticker: text },
  ...{ isin: text, currency: text, tax_amount: figure, external_tax: figure },
  ...{ amount_per_one: figure, q_on_ex_date: figure },
});
const rows = <T extends z.ZodType>(row: T) =>
  z.object({ detailed: z.array(row).nullish() }).nullish();
const schema = z.object({
  trades: rows(trade),
  cash_in_outs: z.array(cashRow).nullish(),
  corporate_actions: rows(action),
});

const CURRENCY_PAIR = 6;
const SHARES_DIFFERENCE = 1e-6;

/** Of cash movements; the first that fits. */
const cashKinds: readonly (readonly [RegExp, TransactionKind])[] = [
  [/tax/, 'tax'],
  [/dividend|coupon/, 'dividend'],
  [/interest|swap|lending/, 'interest'],
  [/conver|exchange|currency/, 'conversion'],
  [/commission|fee|subscription/, 'fee'],
  [/bank|card|deposit|withdraw|transfer|payment|payout|refund|sepa|swift/, 'deposit'],
  [/bonus|promo|gift|referral|cashback|award|compensation/, 'deposit'],
];

export const freedom24: ImportFormat = {
  name: 'freedom24',
  recognises: ({ text: json }) =>
    /^\s*\{/.test(json) && json.includes('"trades"') && json.includes('"date_start"'),
  parse: ({ text: json }) => {
    const read = attempt(() => parsedJson(json, schema));
    if (typeof read === 'string') return { transactions: [], left: [{ line: 1, reason: read }] };
    const transactions: ImportedTransaction[] = [];
    const left: LeftRow[] = [];
    const actions: ImportedAction[] = [];
    let line = 0;
    const place = <T>(row: T, reader: (row: T) => readonly Read[]): void => {
      line += 1;
      const found = attempt(() => reader(row));
      for (const one of typeof found === 'string' ? [found] : found)
        if (typeof one === 'string') left.push({ line, reason: one });
        else transactions.push({ ...one, line, content: JSON.stringify(row) });
    };
    const dividends = read.corporate_actions?.detailed ?? [];
    for (const row of read.trades?.detailed ?? []) place(row, tradesOf);
    for (const row of dividends) {
      const split = splitOf(row);
      if (split) actions.push({ ...split, line: (line += 1), content: JSON.stringify(row) });
      else place(row, actionOf);
    }
    const listed = dividends.filter(({ type_id }) => type_id.startsWith('dividend'));
    for (const row of read.cash_in_outs ?? []) place(row, (one) => cashOf(one, listed));
    return { transactions, actions, left };
  },
};

function exact(value: number): Decimal {
  return Decimal.ofNumber(value).normalize();
}

/** A commission in another currency than the trade's is a fee of its own. */
function tradesOf(row: z.output<typeof trade>): readonly Read[] {
  const { operation, curr_c: currency, commission_currency: feeCurrency } = row;
  const kind = operation === 'buy' ? 'buy' : operation === 'sell' ? 'sell' : undefined;
  if (row.instr_type === CURRENCY_PAIR || /^[A-Z]{3}\/[A-Z]{3}$/.test(row.instr_nm))
    return exchangeOf(row);
  if (!kind) return [`operation "${operation}" is not booked`];
  const commission = exact(Math.abs(row.commission));
  const isOwn = feeCurrency === '' || feeCurrency === currency;
  const gross = exact(Math.abs(row.summ || row.q * row.p));
  const charges = isOwn ? commission : Decimal.zero;
  const common = {
    at: moment(row.date),
    rowId: row.trade_id || row.id || undefined,
    isin: row.isin.length === 12 ? row.isin : undefined,
    symbol: symbolOf(row.instr_nm),
  };
  const booked: Read = {
    ...common,
    kind,
    quantity: exact(Math.abs(row.q)),
    price: { amount: exact(row.p), currency },
    cash: (kind === 'buy' ? gross.negate() : gross).subtract(charges),
    currency,
    charges,
  };
  if (isOwn || commission.sign === 0) return [booked];
  return [booked, { ...common, kind: 'fee', cash: commission.negate(), currency: feeCurrency }];
}

/** `USD/EUR` bought: dollars come, euros go. */
function exchangeOf(row: z.output<typeof trade>): readonly Read[] {
  const { operation, commission, commission_currency: feeCurrency, curr_c: currency } = row;
  const isSale = operation === 'sell';
  const [first, second] = [exact(Math.abs(row.q)), exact(Math.abs(row.summ || row.q * row.p))];
  return exchangeRows({
    ...{ at: moment(row.date), rowId: row.trade_id || row.id || undefined, pair: row.instr_nm },
    ...{ bought: isSale ? first.negate() : first, paid: isSale ? second : second.negate() },
    ...{ currency, fee: exact(-Math.abs(commission)), feeCurrency: feeCurrency || currency },
  });
}

/** `AAPL.US` is the market's; the universe has the symbol alone. */
function symbolOf(ticker: string): string | undefined {
  return ticker.replace(/\.[A-Z]{2}$/, '') || undefined;
}

/**
 * The amount of a split is not documented; it is taken for the change of the number of shares only where it
 * is what each of those held brings.
 */
function splitOf(
  row: z.output<typeof action>,
): Omit<ImportedAction, 'line' | 'content'> | undefined {
  const held = row.q_on_ex_date;
  const isChange = held > 0 && Math.abs(row.amount_per_one * held - row.amount) < SHARES_DIFFERENCE;
  if (row.type_id !== 'split' || row.currency !== '' || row.amount === 0 || !isChange)
    return undefined;
  return {
    ...{ kind: 'split', at: moment(row.date), currency: '' },
    rowId: row.corporate_action_id || undefined,
    isin: row.isin.length === 12 ? row.isin : undefined,
    symbol: symbolOf(row.ticker),
    ...{ sharesBefore: exact(held), sharesChange: exact(row.amount) },
  };
}

/** The amount is before the tax that was withheld. */
function actionOf(row: z.output<typeof action>): readonly Read[] {
  if (!row.type_id.startsWith('dividend'))
    return [`a corporate action (${row.type_id}) of ${row.ticker}, to be entered by trader action`];
  const gross = exact(row.amount);
  const withheld = exact(Math.abs(row.tax_amount) + Math.abs(row.external_tax));
  const isReverted = row.type_id.endsWith('_reverted');
  return [
    {
      kind: 'dividend',
      at: moment(row.date),
      rowId: row.corporate_action_id && `${row.corporate_action_id}-${row.type_id}`,
      isin: row.isin.length === 12 ? row.isin : undefined,
      symbol: symbolOf(row.ticker),
      cash: isReverted && gross.sign > 0 ? gross.negate() : gross.subtract(withheld),
      currency: row.currency,
      tax: isReverted ? undefined : withheld,
    },
  ];
}

type Listed = readonly z.output<typeof action>[];

/** Whether a dividend among the corporate actions has the cash of a row, or the tax on it. */
function isListedAs(row: z.output<typeof cashRow>, listed: Listed): boolean {
  return listed.some(
    (one) =>
      (row.corporate_action_id !== '' && row.corporate_action_id === one.corporate_action_id) ||
      (row.ticker !== '' && row.ticker === one.ticker) ||
      (row.isin !== '' && row.isin === one.isin),
  );
}

function cashOf(row: z.output<typeof cashRow>, listed: Listed): readonly Read[] {
  const id = row.type_id || row.type;
  const isOfShares = id.startsWith('dividend') || id.startsWith('tax');
  if (isOfShares && isListedAs(row, listed)) return [];
  const namesNothing = row.corporate_action_id === '' && row.ticker === '' && row.isin === '';
  if (isOfShares && namesNothing && listed.length > 0)
    return [
      `type "${id}" names no security, and may be among the corporate actions: ${row.comment}`,
    ];
  if (/block/.test(id)) return [];
  const found = cashKinds.find(([pattern]) => pattern.test(id.toLowerCase()))?.[1];
  const cash = exact(row.amount);
  if (!found) return [unknownRow(`type "${id}" (${row.comment})`, cash, row.currency)];
  const kind = flowKind(found, cash, undefined);
  return [
    {
      kind,
      note: kind === 'deposit' || kind === 'withdrawal' ? row.comment || row.type : undefined,
      at: moment(row.datetime || row.date),
      rowId: row.id || row.transaction_id || undefined,
      isin: row.isin.length === 12 ? row.isin : undefined,
      symbol: symbolOf(row.ticker),
      cash,
      currency: row.currency,
    },
  ];
}
