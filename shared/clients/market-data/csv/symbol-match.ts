/** Which listed security a file, a column or a row is about. */
import type { ListedSecurity } from '../market-data.ts';

const ENDING = /(?:\.(?:csv|tsv|txt))+$/i;
/** `Historical Data` as Investing.com writes it in its languages. */
const HISTORY =
  '(?:historical|historische|données|datos|dati|dados)[\\s_-]+' +
  '(?:data|prices?|daten|kurse|historiques|históricos|storici)';

/** What downloads put around the symbol. */
const PREFIXES = new RegExp(
  `^(?:(?:time[_ ]series[_ ])?(?:daily[_ ](?:adjusted[_ ])?)|quote-equity-|${HISTORY}[\\s_-]+)`,
  'iu',
);
const SUFFIXES = [
  /\s*\(\d+\)$/,
  /[\s_-]+(?:copy|kopie|copie|copia|kopia)$/i,
  /-[a-z]{2}-\d\d-\d\d-\d{4}-to-\d\d-\d\d-\d{4}$/i,
  /(?:[\s_-]+(?:to[\s_-]+)?\d{4}-?\d\d-?\d\d)+$/i,
  new RegExp(`[\\s_-]+(?:stock[\\s_-]+)?(?:${HISTORY}|price[\\s_-]+history)$`, 'iu'),
  /[\s_-]+(?:daily|historical|history|prices?|ohlcv?|max|d|d1|1d)$/i,
  /[._](?:us|de|uk|pl|jp|hk|hu|fr|ch|nl|it|es|at|be|f)$/i,
];
/** How many of them are certain to be no part of a symbol. */
const CERTAIN_SUFFIXES = 5;
/** TradingView puts the exchange before and the interval behind: `XETR_DLY_SAP, 1D.csv`. */
const CHART = /^[A-Z]{2,10}_(?:DLY_)?(.+), \w{1,12}$/;

export class SymbolMatch {
  private readonly exact = new Map<string, ListedSecurity>();
  private readonly loose = new Map<string, readonly ListedSecurity[]>();

  constructor(securities: readonly ListedSecurity[]) {
    for (const security of securities) {
      const { isin, symbol, name } = security;
      for (const id of [symbol, isin]) this.exact.set(id.toUpperCase(), security);
      for (const id of new Set([loosely(symbol), loosely(name)]))
        this.loose.set(id, [...(this.loose.get(id) ?? []), security]);
    }
  }

  /** `BF/B` is found as `BF.B`, `BF-B` and `BF_B` too, where only one security is meant. */
  find(text: string): ListedSecurity | undefined {
    const found = this.exact.get(text.toUpperCase());
    if (found) return found;
    const [first, ...others] = this.loose.get(loosely(text)) ?? [];
    return others.length === 0 ? first : undefined;
  }

  /** `daily_IBM.csv`, `aapl_us_d.csv`, `Siemens AG Historical Data (1).csv`. */
  ofFile(file: string): ListedSecurity | undefined {
    for (const name of namesIn(file)) {
      const found = this.find(name);
      if (found) return found;
    }
    return undefined;
  }
}

/** Stooq: `aapl_us_d.csv`. */
const STOOQ = /^([a-z0-9-]+)_[a-z]{2}_d$/;

/** The symbol that a file of one symbol's bars is likely named after. */
export function symbolOfFile(file: string): string {
  const stooq = STOOQ.exec(file.replace(ENDING, ''))?.[1];
  if (stooq !== undefined) return stooq.toUpperCase();
  const plain = file.replace(ENDING, '').replace(CHART, '$1').normalize('NFC');
  return SUFFIXES.slice(0, CERTAIN_SUFFIXES).reduce(
    (name, suffix) => name.replace(suffix, ''),
    plain.replace(PREFIXES, ''),
  );
}

/** The name without its ending, then without more and more of what downloads put around it. */
function namesIn(file: string): readonly string[] {
  const names = [file.replace(ENDING, '').normalize('NFC')];
  const [counted = /$^/, copied = /$^/, ...suffixes] = SUFFIXES;
  for (const affix of [counted, copied, PREFIXES, ...suffixes])
    names.push((names.at(-1) ?? '').replace(affix, ''));
  return [...new Set([...names, ...names.map((name) => name.replace(CHART, '$1'))])];
}

function loosely(text: string): string {
  return text.toUpperCase().replace(/[/\\_\s:-]+/g, '.');
}
