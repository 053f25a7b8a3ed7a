/**
 * Portfolio Performance's csv of all transactions, in English, German, French, Spanish, Italian, Dutch or Portuguese.
 * `Value` is what cash moved; some versions sign it, some do not, so that the type decides.
 */
import { Decimal } from '#shared/kernel/decimal.ts';
import { decimalMark, headerOf, localMoment, number, orZero, readRows } from './csv-rows.ts';
import type { ImportFormat, TransactionKind } from './transaction.ts';

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
    return readRows(file, (cell) => {
      const type = cell(...columns.type);
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

/** Prices are not in the file. */
function priceOf(worth: Decimal, shares: Decimal | undefined, currency: string) {
  if (!shares || shares.sign === 0) return undefined;
  return { amount: worth.divide(shares, 8, 'half-even').normalize(), currency };
}

function dateOf(text: string) {
  const [day = '', time = ''] = text.split(/[T ]/);
  return localMoment(day, time);
}
