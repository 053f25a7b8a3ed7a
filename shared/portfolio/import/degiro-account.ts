/**
 * DEGIRO's Account: what moved cash beside trades, in the user's language; read by position. Trades are in
 * Transactions, which has their costs too, so that their rows here are left out, as are those of the cash account.
 */
import { isIsin } from '#shared/kernel/isin.ts';
import { attempt, decimalMark, headerOf, localMoment, number, orZero } from './csv-rows.ts';
import type {
  ImportFormat,
  LeftRow,
  Read,
  ImportedTransaction,
  TransactionKind,
} from './transaction.ts';

const COLUMNS = [11, 12, 13] as const;
/** Booked by the file Transactions, or inside of the broker. */
const elsewhere: readonly (readonly [RegExp, string])[] = [
  [
    /^(buy|sell|koop|verkoop|kauf|verkauf|achat|vente|compra|venta|venda|acquisto|vendita|köp|sälj|køb|salg)\b/,
    'a trade: import the file Transactions',
  ],
  [
    /transaction.*fee|transactiekosten|transaktionsgeb|frais de transaction|costes de transacci|kosten van derden|third.party/,
    'costs of a trade: import the file Transactions',
  ],
  [
    /stock split|split|spin-?off|fusion|merger|isin change|productwijziging|produktänderung|corporate action/,
    'a corporate action: import the file Transactions',
  ],
  [
    /cash sweep|reserv|flatex.*(transfer|overboeking|überweisung)|(transfer|overboeking|überweisung|virement).*flatex|degiro cash/,
    'a movement inside of DEGIRO',
  ],
  [
    /\bfx\b|valuta (credit|debit|debet|creditering|debitering)|währungswechsel|change de devise|cambio de divisa|currency (credit|debit)/,
    'an exchange of currencies; each row is converted by itself',
  ],
];
/** The first that fits; taxes before dividends, whose name is in them. */
const kinds: readonly (readonly [RegExp, TransactionKind])[] = [
  [
    /dividend.*tax|dividendbelasting|dividendensteuer|impôt.*dividende|retenci[óo]n.*dividendo|imposta.*dividend|ritenuta|imposto.*dividendo|utdelningsskatt|udbytteskat|withholding/,
    'tax',
  ],
  [/dividend|utdelning|udbytte|coupon/, 'dividend'],
  [/interest|rente|zins|intérêt|inter[ée]s|interess|juros|ränta/, 'interest'],
  [
    /fee|kosten|gebühr|frais|comisi[óo]n|commission|costi|custos|avgift|connectivity|aansluiting|einrichtung|stamp duty|transaction tax|b\.?t\.?w/,
    'fee',
  ],
  [
    /deposit|storting|einzahlung|dép[ôo]t|ingreso|versamento|deposito|depósito|insättning|indbetaling|ideal|sofort/,
    'deposit',
  ],
  [
    /withdrawal|terugstorting|opname|auszahlung|retrait|retirada|prelievo|levantamento|uttag|udbetaling/,
    'withdrawal',
  ],
];

export const degiroAccount: ImportFormat = {
  name: 'degiro-account',
  recognises: (file) => {
    const header = headerOf(file);
    const isSized = COLUMNS.some((count) => header.length === count);
    const texts = file.rows.slice(1).map(({ cells }) => cells);
    return (
      isSized &&
      header[4] === 'ISIN' &&
      texts.some(
        (cells) =>
          /^\d\d-\d\d-\d{4}$/.test(cells[0] ?? '') && /^\d\d-\d\d-\d{4}$/.test(cells[2] ?? ''),
      )
    );
  },
  parse: (file) => {
    const transactions: ImportedTransaction[] = [];
    const left: LeftRow[] = [];
    const rows = file.rows.slice(1);
    const mark = decimalMark(file, (cells) => cells.slice(6, 11));
    for (const { cells, line } of rows) {
      const read = attempt(() => readRow(cells, mark));
      if (typeof read === 'string') left.push({ line, reason: read });
      else transactions.push({ ...read, line, content: cells.join('\u001f') });
    }
    return { transactions, left };
  },
};

/** The currency stands before the change, wherever the rate has a column more. */
function readRow(cells: readonly string[], mark: '.' | ','): Read {
  const description = cells[5] ?? '';
  const text = description.toLowerCase();
  const place = cells.findIndex((cell, i) => i >= 6 && /^[A-Z]{3}$/.test(cell));
  const cash = place < 0 ? undefined : number(cells[place + 1] ?? '', mark);
  if (!cash) return `it moves no cash: ${description}`;
  const other = elsewhere.find(([pattern]) => pattern.test(text));
  if (other) return `${other[1]}: ${description}`;
  const kind = kinds.find(([pattern]) => pattern.test(text))?.[1];
  if (!kind) return `"${description}" is not known`;
  const isin = cells[4] ?? '';
  const isFlow = kind === 'deposit' || kind === 'withdrawal';
  return {
    kind: isFlow ? (cash.sign < 0 ? 'withdrawal' : 'deposit') : kind,
    at: localMoment(cells[0] ?? '', cells[1] ?? ''),
    isin: isIsin(isin) ? isin : undefined,
    symbol: cells[3] || undefined,
    cash: orZero(cash),
    currency: cells[place] ?? '',
  };
}
