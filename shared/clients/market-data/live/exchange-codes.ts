/**
 * How sources write exchanges. Bloomberg's codes are those of OpenFIGI's `exchCode`; Yahoo puts a suffix
 * behind a symbol. Pure.
 */

/** By ISO 10383 market identifier: Bloomberg's code, Yahoo's suffix. */
const codes: Readonly<Record<string, readonly [bloomberg: string, yahoo: string]>> = {
  ...{ XNYS: ['US', ''], XNAS: ['US', ''], ARCX: ['US', ''], XASE: ['US', ''], BATS: ['US', ''] },
  ...{ XETR: ['GY', '.DE'], XFRA: ['GF', '.F'], XLON: ['LN', '.L'], XAMS: ['NA', '.AS'] },
  ...{ XPAR: ['FP', '.PA'], XBRU: ['BB', '.BR'], XLIS: ['PL', '.LS'], XMIL: ['IM', '.MI'] },
  ...{ XMAD: ['SM', '.MC'], XSWX: ['SW', '.SW'], XWBO: ['AV', '.VI'], XDUB: ['ID', '.IR'] },
  ...{ XSTO: ['SS', '.ST'], XHEL: ['FH', '.HE'], XCSE: ['DC', '.CO'], XOSL: ['NO', '.OL'] },
  ...{ XICE: ['IR', '.IC'], XWAR: ['PW', '.WA'], XPRA: ['CK', '.PR'], XBUD: ['HB', '.BD'] },
  ...{ ASEX: ['GA', '.AT'], XTKS: ['JT', '.T'], XHKG: ['HK', '.HK'], XSES: ['SP', '.SI'] },
  ...{ XKRX: ['KS', '.KS'], XTAI: ['TT', '.TW'], XBOM: ['IB', '.BO'], XASX: ['AT', '.AX'] },
  ...{ XNZE: ['NZ', '.NZ'], XTSE: ['CT', '.TO'], XMEX: ['MM', '.MX'], BVMF: ['BS', '.SA'] },
  ...{ XJSE: ['SJ', '.JO'], XSHG: ['CG', '.SS'] },
};

/** @returns undefined for an exchange without one */
export function bloombergCodeOf(exchange: string): string | undefined {
  return codes[exchange]?.[0];
}

/**
 * `BRK/B` in the US is `BRK-B` at Yahoo; Hong Kong's numbers have four digits there.
 * @returns undefined for an exchange that Yahoo's suffix is not known of
 */
export function yahooSymbolOf(ticker: string, exchange: string): string | undefined {
  const suffix = codes[exchange]?.[1];
  if (suffix === undefined) return undefined;
  const plain = ticker.replace(/\/$/, '').replace(/[/. ]/g, '-');
  return `${exchange === 'XHKG' ? plain.padStart(4, '0') : plain}${suffix}`;
}
