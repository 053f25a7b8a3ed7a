/**
 * What the columns of price files are called by Yahoo, yfinance, Alpha Vantage, Nasdaq, NSE, BSE,
 * Stooq, Investing.com, ariva.de and others, in the languages they write.
 */
import { quoteUnitOf, type QuoteUnit } from './quote-unit.ts';

/** In order of preference: a file may have `price` beside `close`. */
const barColumnNames = {
  date:
    'date datetime timestamp dates tradedate tradingdate tradingday day datum data fecha dzien ' +
    'time tarih',
  close:
    'close closelast closeprice closingprice last lastprice schluss schlusskurs zuletzt ' +
    'dernier cloture cierre ultimo chiusura fechamento slotkoers slot laatste zamkniecie ' +
    'kurszamkniecia price kurs prix precio prezzo preco schlukurs schlu ' +
    'closeclosepriceadjustedforsplits',
  open:
    'open openprice openingprice eroffnung eroffnungskurs eroffn eroff erster ouv ouverture ' +
    'apertura abertura otwarcie openingskoers',
  high:
    'high highprice hoch hochstkurs hochst tageshoch plushaut haut maximo max massimo maxima ' +
    'najwyzszy hoog hoogste',
  low:
    'low lowprice tief tiefstkurs tiefst tagestief plusbas bas minimo min minima najnizszy laag ' +
    'laagste',
  adjusted:
    'adjclose adjustedclose closeadj adjcloseprice adjustedprice closeadjusted adjusted ' +
    'bereinigterschluss bereinigterschlusskurs adjschluss skoryg ' +
    'adjcloseadjustedclosepriceadjustedforsplitsanddividendandorcapitalgaindistributions',
  volume:
    'volume vol stuecke stucke volumen wolumen volumes volym noofshares totaltradedquantity ' +
    'tottrdqty tradedvolume sharevolume',
  /** Cash a share that goes ex on the day, 0 on all others. */
  dividend: 'dividend dividends dividendamount divcash',
  /** Shares after for each share before; 1 or 0 where nothing was split. */
  split: 'split splits stocksplit stocksplits splitcoefficient splitfactor splitratio',
} as const;

export type BarColumn = keyof typeof barColumnNames;

const namesOf = new Map(
  Object.entries(barColumnNames).map(([column, names]) => [column, names.split(' ')] as const),
);
const PRICE_COLUMNS = ['date', 'open', 'high', 'low', 'close', 'adjusted'] as const;
const UNIT_NAMES = ['currency', 'ccy', 'currencycode', 'pricecurrency', 'quotecurrency'].concat(
  'wahrung waehrung devise moneda divisa valuta moeda waluta'.split(' '),
);
const SYMBOL_NAMES = ['symbol', 'ticker', 'tickersymbol'];
const allBarNames = new Set(['time', ...[...namesOf.values()].flat()]);

/** Lower-case letters and digits alone: `Adj Close**` is `adjclose`, `<DATE>` is `date`. */
export function plainName(column: string): string {
  const ascii = column
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .replaceAll('ł', 'l');
  return ascii.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** Of headers that are asked for the columns of each of thousands of rows. */
const plainNames = new WeakMap<readonly string[], readonly string[]>();

/** Index of the first of these names that a column has; -1 where none has. */
export function columnOf(header: readonly string[], ...names: readonly string[]): number {
  const plain = plainNames.get(header) ?? header.map(plainName);
  plainNames.set(header, plain);
  for (const name of names) {
    const at = plain.indexOf(name);
    if (at >= 0) return at;
  }
  return -1;
}

/** The same for a column of bars; Alpha Vantage numbers them: `4. close`. */
export function barColumnOf(header: readonly string[], column: BarColumn): number {
  return columnOf(header.map(bareColumn), ...(namesOf.get(column) ?? []));
}

/** Columns of prices whose name another column has as well. */
export function repeatedColumns(header: readonly string[]): readonly string[] {
  const plain = header.map((name) => plainName(bareColumn(name)));
  return PRICE_COLUMNS.flatMap((column) => {
    const at = barColumnOf(header, column);
    const twin = at < 0 ? -1 : plain.indexOf(plain[at] ?? '', at + 1);
    return twin < 0 ? [] : (header[twin] ?? []);
  });
}

/** Of these names, those that more than one column has; which of them counts nobody knows. */
export function repeatedIn(header: readonly string[], names: readonly string[]): readonly string[] {
  const plain = header.map(plainName);
  return names.filter((name) => plain.indexOf(name) !== plain.lastIndexOf(name));
}

function bareColumn(name: string): string {
  return statedUnitOf(name).name.replace(/^\s*\d+\.\s*/, '');
}

/** `Close (GBp)` and `Schluss in EUR` say what a column is in. */
export function statedUnitOf(column: string): {
  readonly name: string;
  readonly unit: QuoteUnit | undefined;
} {
  const stated = /^(.*\S)\s*(?:[([]\s*([A-Za-z]{3,4})\s*[)\]]|\s(?:in|en)\s+([A-Za-z]{3}))$/.exec(
    column,
  );
  const unit = stated && quoteUnitOf(stated[2] ?? stated[3] ?? '');
  return stated && unit ? { name: stated[1] ?? '', unit } : { name: column, unit: undefined };
}

/** The column that says what the prices of each row are in; -1 where there is none. */
export function unitColumnOf(header: readonly string[]): number {
  return columnOf(header, ...UNIT_NAMES);
}

/** The column that names the security of each row; -1 where there is none. */
export function symbolColumnOf(header: readonly string[]): number {
  return columnOf(header, ...SYMBOL_NAMES);
}

export function isBarColumnName(column: string): boolean {
  return allBarNames.has(plainName(statedUnitOf(column).name));
}

/** Whether a header is that of daily bars: a date and a close. */
export function isBarHeader(header: readonly string[]): boolean {
  return barColumnOf(header, 'date') >= 0 && barColumnOf(header, 'close') >= 0;
}

/** The first column, or the second behind an unnamed one of row numbers. */
export function dateColumn(header: readonly string[]): number {
  const [first = '', second = ''] = header;
  return first === '' && barColumnOf([second], 'date') === 0 ? 1 : 0;
}

/**
 * The columns behind the date; in a wide file, symbols. OPEN, HIGH, LOW are tickers too, but a file
 * that has several columns named like those of bars has no symbols there.
 */
export function wideColumns(header: readonly string[]): readonly string[] {
  const columns = header.slice(dateColumn(header) + 1).filter((column) => column !== '');
  const isWide = columns.filter(isBarColumnName).length < 2;
  return isWide ? columns : columns.filter((column) => !isBarColumnName(column));
}
