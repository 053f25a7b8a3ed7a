/**
 * Portfolio Performance's csv of all transactions, in English, German, French, Spanish, Italian, Dutch or Portuguese.
 * `Value` is what cash moved; some versions sign it, some do not, so that the type decides.
 */
import { Decimal } from '#shared/kernel/decimal.ts';
import { unknownRow } from './cash-rows.ts';
import { cellOf, decimalMark, headerOf, number, orZero, readRows, type Cell } from './csv-rows.ts';
import { localMoment } from './moments.ts';
import type { ImportFile, ImportFormat, TransactionKind } from './transaction.ts';

const columns = {
  date: ['Date', 'Datum', 'Fecha', 'Data'],
  type: ['Type', 'Typ', 'Tipo'],
  value: ['Value', 'Wert', 'Valeur', 'Valor', 'Valore', 'Waarde'],
  currency: [
    ...[
      'Transaction Currency',
      'Buchungswährung',
      'Devise de transaction',
      'Moneda de transacción',
    ],
    ...['Valuta transazione', 'Transactievaluta', 'Moeda da transação', "Devise de l'opération"],
  ],
  gross: [
    'Gross Amount',
    'Bruttobetrag',
    'Montant brut',
    'Importe bruto',
    'Importo lordo',
    'Brutobedrag',
    'Montante bruto',
  ],
  grossCurrency: ['Currency Gross Amount', 'Währung Bruttobetrag'],
  fees: ['Fees', 'Gebühren', 'Frais', 'Comisiones', 'Commissioni', 'Kosten', 'Taxas'],
  taxes: [
    'Taxes',
    'Steuern',
    'Impôts / Taxes',
    'Impôts',
    'Impuestos',
    'Tasse',
    'Belastingen',
    'Impostos',
  ],
  shares: ['Shares', 'Stück', 'Parts', 'Acciones', 'Azioni', 'Aandelen', 'Ações'],
  note: ['Note', 'Notiz', 'Nota', 'Notitie', 'Notas'],
  symbol: ['Ticker Symbol', 'Ticker-Symbol', 'Symbole', 'Símbolo', 'Simbolo', 'Tickersymbool'],
} as const;

const figures = [columns.value, columns.gross, columns.fees, columns.taxes, columns.shares];

const kinds: readonly (readonly [TransactionKind, readonly string[]])[] = [
  ['buy', ['buy', 'kauf', 'achat', 'compra', 'acquisto', 'koop']],
  ['sell', ['sell', 'verkauf', 'vente', 'venta', 'vendita', 'verkoop', 'venda']],
  ['dividend', ['dividend', 'dividende', 'dividendo']],
  ['deposit', ['deposit', 'einlage', 'dépôt', 'depósito', 'deposito', 'storting']],
  [
    'withdrawal',
    [
      'removal',
      'withdrawal',
      'entnahme',
      'retrait',
      'retirada',
      'prelievo',
      'opname',
      'levantamento',
    ],
  ],
  ['interest', ['interest', 'zinsen', 'intérêts', 'interés', 'interessi', 'rente', 'juros']],
  ['interest', ['interest charge', 'zinsbelastung', "charge d'intérêts"]],
  ['fee', ['fees', 'gebühren', 'frais', 'comisiones', 'commissioni', 'kosten']],
  ['fee', ['fees refund', 'gebührenerstattung', 'remboursement de frais']],
  ['tax', ['taxes', 'steuern', 'impôts', 'impuestos', 'tasse', 'belastingen']],
  ['tax', ['tax refund', 'steuerrückerstattung', "remboursement d'impôts"]],
  [
    'transfer-in',
    [
      'delivery (inbound)',
      'einlieferung',
      'livraison (entrée)',
      'transfer (inbound)',
      'umbuchung (eingang)',
    ],
  ],
  [
    'transfer-out',
    [
      'delivery (outbound)',
      'auslieferung',
      'livraison (sortie)',
      'transfer (outbound)',
      'umbuchung (ausgang)',
    ],
  ],
];
const outgoing: ReadonlySet<string> = new Set(['buy', 'withdrawal']);
const costs =
  /^(interest charge|zinsbelastung|charge|fees$|gebühren$|frais$|comisiones$|commissioni$|kosten$|taxes$|steuern$|impôts$|impuestos$|tasse$|belastingen$)/;

export const portfolioPerformance: ImportFormat = {
  name: 'portfolio-performance',
  countsInSharesOfToday: true,
  recognises: (file) => hasIts(file, columns.currency),
  parse: (file) => {
    const header = headerOf(file);
    const places = figures.flatMap((names) => names.map((name) => header.indexOf(name)));
    const mark = decimalMark(file, (cells) => places.flatMap((place) => cells[place] ?? []));
    const inside = transfersInside(file);
    const exchanges = exchangesIn(file);
    return readRows(file, (cell) => {
      const type = cell(...columns.type);
      if (inside.has(transferOf(cell)?.key ?? '')) return undefined;
      const found = kinds.find(([, names]) => names.includes(type.toLowerCase()))?.[0];
      const transfer = transferOf(cell);
      const kind =
        transfer && !transfer.hasShares ? cashTransferKind(cell, transfer, exchanges) : found;
      const amount = (names: readonly string[]): Decimal => orZero(number(cell(...names), mark));
      const currency = cell(...columns.currency);
      const value = amount(columns.value).absolute();
      if (!kind) return unknownRow(`type "${type}"`, amount(columns.value), currency);
      const [fees, taxes] = [amount(columns.fees).absolute(), amount(columns.taxes).absolute()];
      const shares = number(cell(...columns.shares), mark)?.absolute();
      const isTrade = kind === 'buy' || kind === 'sell';
      const isTaken =
        outgoing.has(kind) || costs.test(type.toLowerCase()) || transfer?.comes === false;
      const charges = fees.add(taxes);
      const worth = kind === 'buy' ? value.subtract(charges) : value.add(charges);
      return {
        kind,
        at: dateOf(cell(...columns.date)),
        isin: cell('ISIN') || undefined,
        symbol: cell(...columns.symbol) || undefined,
        quantity: shares,
        price: isTrade || kind === 'transfer-in' ? priceOf(worth, shares, currency) : undefined,
        cash: kind.startsWith('transfer') ? Decimal.zero : isTaken ? value.negate() : value,
        currency,
        charges: isTrade ? charges : undefined,
        tax: kind === 'dividend' || kind === 'interest' ? taxes : undefined,
        note: kind === 'deposit' || kind === 'withdrawal' ? cell(...columns.note) : undefined,
        content: figuresIn(cell, mark),
      };
    });
  },
};

const TRANSFER =
  /^(?:transfer|umbuchung|transferencia|trasferimento|transfert|overboeking|transferência) \((in|eing|entr|ing|out|ausg|sal|sa[ií]|usc|sort|uitg)/i;

/**
 * What programs write of Trade Republic's timeline for Portfolio Performance: its columns, without a currency, which is
 * the account's. The shares are those of their day.
 */
export const tradeRepublicTimeline: ImportFormat = {
  ...portfolioPerformance,
  name: 'trade-republic-timeline',
  countsInSharesOfToday: false,
  recognises: (file) => !hasIts(file, columns.currency) && hasIts(file, columns.shares, ['ISIN']),
};

function hasIts(file: ImportFile, ...names: readonly (readonly string[])[]): boolean {
  const header = headerOf(file);
  const always = [columns.date, columns.type, columns.value, ...names];
  return always.every((one) => one.some((name) => header.includes(name)));
}

interface Transfer {
  readonly key: string;
  readonly comes: boolean;
  readonly hasShares: boolean;
}

/** What every language has of a row. */
function figuresIn(cell: Cell, mark: '.' | ','): string {
  const amounts = figures.map(
    (names) =>
      number(cell(...names), mark)
        ?.absolute()
        .toString() ?? '',
  );
  const texts = [dateOf(cell(...columns.date)), cell(...columns.currency), cell('ISIN')];
  return [...texts, cell(...columns.symbol), ...amounts].join('\u001f');
}

/** Days on which cash goes in one currency and comes in another: an exchange between two accounts. */
function exchangesIn(file: ImportFile): ReadonlySet<string> {
  const header = headerOf(file);
  const sides = file.rows.slice(1).flatMap(({ cells }) => {
    const cell = cellOf(header, cells);
    const transfer = transferOf(cell);
    return transfer && !transfer.hasShares ? [{ ...transfer, day: cell(...columns.date) }] : [];
  });
  const days = sides.filter(({ comes }) => comes).map(({ day }) => day);
  return new Set(days.filter((day) => sides.some((one) => !one.comes && one.day === day)));
}

/** The other side of a transfer is in the file, or it is money from elsewhere. */
function cashTransferKind(cell: Cell, { comes }: Transfer, exchanges: ReadonlySet<string>) {
  if (exchanges.has(cell(...columns.date))) return 'conversion';
  return comes ? 'deposit' : 'withdrawal';
}

/** A transfer between two accounts or depots: what moves, and whether it comes. */
function transferOf(cell: Cell): Transfer | undefined {
  const [, side] = TRANSFER.exec(cell(...columns.type)) ?? [];
  if (side === undefined) return undefined;
  const what = cell('ISIN') || cell(...columns.symbol) || cell(...columns.currency);
  const amount = cell(...columns.shares) || cell(...columns.value).replace(/^-/, '');
  const comes = /^(?:in|ein|en)/i.test(side);
  const hasShares = cell(...columns.shares) !== '';
  return { key: [cell(...columns.date), what, amount].join('|'), comes, hasShares };
}

/** Those of which the file has both sides: neither shares nor their cost change. */
function transfersInside(file: ImportFile): ReadonlySet<string> {
  const header = headerOf(file);
  const found = file.rows.slice(1).flatMap(({ cells }) => transferOf(cellOf(header, cells)) ?? []);
  const count = (key: string, side: boolean): number =>
    found.filter((one) => one.key === key && one.comes === side).length;
  const keys = found.map(({ key }) => key);
  return new Set(keys.filter((key) => count(key, true) === count(key, false)));
}

/** Prices are not in the file. */
function priceOf(worth: Decimal, shares: Decimal | undefined, currency: string) {
  if (!shares || shares.sign === 0 || currency === '') return undefined;
  return { amount: worth.divide(shares, 8, 'half-even').normalize(), currency };
}

function dateOf(text: string) {
  const [day = '', time = ''] = text.split(/[T ]/);
  return localMoment(day, time);
}
