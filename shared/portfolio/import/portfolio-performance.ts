/**
 * Portfolio Performance's csv of all transactions, in English, German, French, Spanish, Italian, Dutch or Portuguese.
 * `Value` is what cash moved; some versions sign it, some do not, so that the type decides.
 */
import { Decimal } from '#shared/kernel/decimal.ts';
import {
  cellOf,
  decimalMark,
  headerOf,
  localMoment,
  number,
  orZero,
  readRows,
  type Cell,
} from './csv-rows.ts';
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
  recognises: (file) => {
    const header = headerOf(file);
    const has = (names: readonly string[]): boolean => names.some((name) => header.includes(name));
    return has(columns.date) && has(columns.type) && has(columns.value) && has(columns.currency);
  },
  parse: (file) => {
    const header = headerOf(file);
    const places = figures.flatMap((names) => names.map((name) => header.indexOf(name)));
    const mark = decimalMark(file, (cells) => places.flatMap((place) => cells[place] ?? []));
    const inside = transfersInside(file);
    return readRows(file, (cell) => {
      const type = cell(...columns.type);
      if (inside.has(transferOf(cell)?.key ?? '')) return undefined;
      const kind = kinds.find(([, names]) => names.includes(type.toLowerCase()))?.[0];
      if (!kind) return `type "${type}" is not booked`;
      const amount = (names: readonly string[]): Decimal => orZero(number(cell(...names), mark));
      const currency = cell(...columns.currency);
      const value = amount(columns.value).absolute();
      const [fees, taxes] = [amount(columns.fees).absolute(), amount(columns.taxes).absolute()];
      const shares = number(cell(...columns.shares), mark)?.absolute();
      const isTrade = kind === 'buy' || kind === 'sell';
      const isTaken = outgoing.has(kind) || costs.test(type.toLowerCase());
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
      };
    });
  },
};

const TRANSFER =
  /^(?:transfer|umbuchung|transferencia|trasferimento|transfert|overboeking|transferência) \((in|eing|entr|ing|out|ausg|sal|sa[ií]|usc|sort|uitg)/i;

/** A transfer between two accounts or depots: what moves, and whether it comes. */
function transferOf(cell: Cell): { readonly key: string; readonly comes: boolean } | undefined {
  const [, side] = TRANSFER.exec(cell(...columns.type)) ?? [];
  if (side === undefined) return undefined;
  const what = cell('ISIN') || cell(...columns.symbol) || cell(...columns.currency);
  const amount = cell(...columns.shares) || cell(...columns.value).replace(/^-/, '');
  const comes = /^(?:in|ein|en)/i.test(side);
  return { key: [cell(...columns.date), what, amount].join('|'), comes };
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
  if (!shares || shares.sign === 0) return undefined;
  return { amount: worth.divide(shares, 8, 'half-even').normalize(), currency };
}

function dateOf(text: string) {
  const [day = '', time = ''] = text.split(/[T ]/);
  return localMoment(day, time);
}
