/** Which listed security a file, a column or a row is about. */
import type { ListedSecurity } from '../market-data.ts';

/** What downloads put around the symbol. */
const PREFIXES = /^(?:(?:time[_ ]series[_ ])?(?:daily[_ ](?:adjusted[_ ])?)|quote-equity-)/i;
const SUFFIXES = [
  /\s*\(\d+\)$/,
  /-[a-z]{2}-\d\d-\d\d-\d{4}-to-\d\d-\d\d-\d{4}$/i,
  /[\s_-]+(?:stock[\s_-]+)?(?:historical[\s_-]+(?:data|prices?)|price[\s_-]+history)$/i,
  /[\s_-]+(?:daily|historical|history|prices?|ohlcv?|max|d|d1|1d)$/i,
  /[._](?:us|de|uk|pl|jp|hk|hu|fr|f)$/i,
];

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

/** The symbol that a file of one symbol's bars is likely named after. */
export function symbolOfFile(file: string): string {
  const plain = file.replace(/\.csv$/i, '').replace(PREFIXES, '');
  return SUFFIXES.slice(0, 3).reduce((name, suffix) => name.replace(suffix, ''), plain);
}

/** The name without its ending, then without more and more of what downloads put around it. */
function namesIn(file: string): readonly string[] {
  const names = [file.replace(/\.csv$/i, '')];
  for (const affix of [...SUFFIXES.slice(0, 1), PREFIXES, ...SUFFIXES.slice(1)])
    names.push((names.at(-1) ?? '').replace(affix, ''));
  return [...new Set(names)];
}

function loosely(text: string): string {
  return text.toUpperCase().replace(/[/\\_\s:-]+/g, '.');
}
