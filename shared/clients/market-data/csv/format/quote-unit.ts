/** Currencies that prices are quoted in, with those that are a hundredth or so of a currency. */
import { parseCurrency, type Currency } from '#shared/kernel/currency.ts';
import { Failure } from '#shared/kernel/failure.ts';

export interface QuoteUnit {
  readonly currency: Currency;
  /** How many of the unit make one of the currency: 100 for pence, 1 for pounds. */
  readonly perCurrency: number;
}

/** Exchanges and vendors write the same unit differently; case carries meaning here. */
const MINOR_UNITS: Readonly<Record<string, readonly [currency: string, perCurrency: number]>> = {
  ...{ GBp: ['GBP', 100], GBX: ['GBP', 100], GBx: ['GBP', 100], GBPp: ['GBP', 100] },
  ...{ ZAc: ['ZAR', 100], ZAC: ['ZAR', 100], ZAX: ['ZAR', 100], ZARc: ['ZAR', 100] },
  ...{ ILA: ['ILS', 100], ILa: ['ILS', 100], ILX: ['ILS', 100] },
  ...{ USc: ['USD', 100], USX: ['USD', 100], USx: ['USD', 100] },
  ...{ EUc: ['EUR', 100], EUX: ['EUR', 100], EUx: ['EUR', 100] },
  ...{ KWF: ['KWD', 1000], KWf: ['KWD', 1000] },
  ...{ AUc: ['AUD', 100], CAc: ['CAD', 100], NZc: ['NZD', 100], HKc: ['HKD', 100] },
  ...{ SGc: ['SGD', 100], BWt: ['BWP', 100], NAc: ['NAD', 100], MWt: ['MWK', 100] },
};

/** @throws Failure INVALID_REQUEST */
export function parseQuoteUnit(text: string): QuoteUnit {
  const code = text.trim();
  const oneCase = code === code.toLowerCase() ? code.toUpperCase() : code;
  const minor = MINOR_UNITS[code] ?? MINOR_UNITS[oneCase];
  if (minor) return { currency: parseCurrency(minor[0]), perCurrency: minor[1] };
  if (code !== '' && oneCase !== oneCase.toUpperCase())
    throw new Failure(
      'INVALID_REQUEST',
      `"${code.slice(0, 10)}" is neither an ISO 4217 currency nor a known hundredth of one (GBp, GBX, ZAc, ILA)`,
    );
  return { currency: parseCurrency(oneCase), perCurrency: 1 };
}

/** Undefined for a text that is no unit. */
export function quoteUnitOf(text: string): QuoteUnit | undefined {
  try {
    return parseQuoteUnit(text);
  } catch {
    return undefined;
  }
}

/** In the currency, without the last digit's noise of a division. */
export function inCurrency(price: number, { perCurrency }: QuoteUnit): number {
  return perCurrency === 1 ? price : Number((price / perCurrency).toPrecision(15));
}
