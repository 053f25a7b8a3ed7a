/**
 * DEGIRO's Account: what moved cash beside trades, in the user's language; read by position. Trades are in
 * Transactions, which has their costs and the exchange of their currencies too, so that rows of orders are left out
 * here, as are those of the cash account. Other exchanges are booked, each half at what it is worth.
 */
import { isIsin } from '#shared/kernel/isin.ts';
import type { Decimal } from '#shared/kernel/decimal.ts';
import { flowKind, unknownRow } from './cash-rows.ts';
import { attempt, decimalMark, headerOf, number } from './csv-rows.ts';
import { localMoment } from './moments.ts';
import type {
  ImportFormat,
  LeftRow,
  Read,
  ImportedTransaction,
  TransactionKind,
} from './transaction.ts';

const COLUMNS = [11, 12, 13] as const;
const ORDER_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** Booked by the file Transactions, or inside of the broker. */
const elsewhere: readonly (readonly [RegExp, string])[] = [
  [
    /^(buy|sell|koop|verkoop|kauf|verkauf|achat|vente|compra|venta|venda|acquisto|vendita|köp|sälj|køb|salg|kjøp|kupno|sprzedaż|nákup|prodej|vétel|eladás|osto|myynti)\b/,
    'a trade: import the file Transactions',
  ],
  [
    /transaction.*fee|transactiekosten|transaktionsgeb|frais de transaction|costes de transacci|kosten van derden|third.party|costi di transazione|custos de transa|opłata transakcyjna|transaktionsavgift|transaktionsgebyr/,
    'costs of a trade: import the file Transactions',
  ],
  [
    /stock split|split|spin-?off|fusion|merger|isin change|productwijziging|produktänderung|corporate action(?!.*cash)/,
    'a corporate action: import the file Transactions',
  ],
  [
    /cash sweep|reserv|degiro cash|flatex.*(transfer|overboeking|überweisung)|(transfer|overboeking|überweisung|virement|transferencia|trasferimento|transferência).*(flatex|cash account|geldrekening|geldkonto)|(money market|geldmarkt|fonds monétaire)[^:]*(conversion|omzetting|umwandlung)/,
    'a movement inside of DEGIRO',
  ],
];
/** The first that fits; taxes before dividends, whose name is in them. */
const kinds: readonly (readonly [RegExp, TransactionKind])[] = [
  [
    /\bfx\b|valuta (credit|debit|debet|creditering|debitering)|währungswechsel|(change|opération) de devise|cambio (de divisa|valuta|di valuta)|currency (credit|debit|exchange)|câmbio|växling|wymiana walut/,
    'conversion',
  ],
  [
    /dividend.*tax|tax.*dividend|dividendbelasting|dividendensteuer|impôt.*dividende|retenci[óo]n.*dividendo|imposta.*dividend|ritenuta|imposto.*dividendo|utdelningsskatt|källskatt|udbytteskat|utbytteskatt|kildeskatt|podatek.*dywidend|daň.*dividend|osztalék.*adó|osinkovero|lähdevero|withholding|quellensteuer|bronbelasting|retenue/,
    'tax',
  ],
  [
    /dividend|dywidend|utdelning|udbytte|utbytte|osinko|osztalék|coupon|ausschüttung|uitkering|distribution|capital return|return of capital|kapitalrück|remboursement de capital|terugbetaling van kapitaal|corporate action.*cash/,
    'dividend',
  ],
  [
    /interest|rente|zins|intérêt|inter[ée]s|interess|juros|ränta|odsetki|úrok|kamat|korko|securities lending|(money market|geldmarkt|fonds monétaire).*(change|verandering|änderung|variation|compensat)/,
    'interest',
  ],
  [/promotion|bonus|referral|cashback|gift|vriendenactie|aktion|prämie|compensation/, 'deposit'],
  [
    /fee|kosten|gebühr|frais|comisi[óo]n|commission|costi|custos|avgift|gebyr|opłata|poplatek|díj|kulu|connectivity|aansluiting|einrichtung|stamp duty|transaction tax|transactiebelasting|transaktionssteuer|taxe sur les transactions|imposta|impuesto|b\.?t\.?w/,
    'fee',
  ],
  [
    /withdrawal|terugstorting|opname|auszahlung|retrait|retirada|prelievo|levantamento|uttag|udbetaling|hævning|uttak|wypłata|výběr|kifizetés|nosto/,
    'withdrawal',
  ],
  [
    /deposit|storting|einzahlung|dép[ôo]t|ingreso|versamento|deposito|depósito|insättning|indbetaling|innskudd|wpłata|vklad|befizetés|talletus|ideal|sofort/,
    'deposit',
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
      else
        transactions.push({
          ...{ ...read, line, content: figuresIn(cells, mark) },
          earlierContents: [cells.join('\u001f')],
        });
    }
    return { transactions, left };
  },
};

interface Change {
  readonly cash: Decimal;
  readonly currency: string;
}

/**
 * The change, whose currency stands before it, or behind it in some versions. The balance has the same form and comes
 * after it.
 */
function changeIn(cells: readonly string[], mark: '.' | ','): Change | undefined {
  const place = cells.findIndex((cell, i) => i >= 6 && isCode(cell));
  if (place < 0) return undefined;
  const [second, third] = [cells[place + 2] ?? '', cells[place + 3] ?? ''];
  const isBehind = isCode(second) && !/\d/.test(third) && /\d/.test(cells[place - 1] ?? '');
  const cash = number(cells[isBehind ? place - 1 : place + 1] ?? '', mark);
  return cash && { cash, currency: cells[place] ?? '' };
}

function isCode(cell: string): boolean {
  return /^[A-Z]{3}$/.test(cell);
}

/** What every language has of a row; the balance after it tells equal ones apart. */
function figuresIn(cells: readonly string[], mark: '.' | ','): string {
  const amounts = cells.slice(6, 11).map((cell) => {
    if (!/\d/.test(cell)) return cell;
    return attempt(() => number(cell, mark)?.toString() ?? '');
  });
  return [...[0, 1, 2, 4].map((place) => cells[place] ?? ''), ...amounts].join('\u001f');
}

function readRow(cells: readonly string[], mark: '.' | ','): Read {
  const description = cells[5] ?? '';
  const text = description.toLowerCase();
  const change = changeIn(cells, mark);
  if (!change) return `it moves no cash: ${description}`;
  const { cash, currency } = change;
  const other = elsewhere.find(([pattern]) => pattern.test(text));
  if (other) return `${other[1]}: ${description}`;
  if (cells.some((cell) => ORDER_ID.test(cell)))
    return `a part of a trade: import the file Transactions: ${description}`;
  const found = kinds.find(([pattern]) => pattern.test(text))?.[1];
  if (!found) return unknownRow(`"${description}"`, cash, currency);
  const isin = cells[4] ?? '';
  const kind = flowKind(found, cash, undefined);
  return {
    kind,
    at: localMoment(cells[0] ?? '', cells[1] ?? ''),
    isin: isIsin(isin) ? isin : undefined,
    symbol: cells[3] || undefined,
    ...{ cash, currency },
    note: kind === 'deposit' || kind === 'withdrawal' || kind === 'fee' ? description : undefined,
  };
}
