/**
 * ISO 4217 currencies and their minor digits (list one, active codes, funds codes left out), and XTS,
 * the code that the standard reserves for testing: its amounts and prices have twelve decimals, so that a replay
 * can be held against figures that were computed without rounding money.
 */
import { Failure } from './failure.ts';

export type Currency = string & { readonly __brand: 'Currency' };

const TWO_DIGITS =
  'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF ' +
  'CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL ' +
  'HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT ' +
  'MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB ' +
  'SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH ' +
  'USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG';
const NO_DIGITS = 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF';
const THREE_DIGITS = 'BHD IQD JOD KWD LYD OMR TND';
const TESTING_DIGITS = 12;

const minorDigitsByCode = new Map<string, number>([
  ...TWO_DIGITS.split(' ').map((code) => [code, 2] as const),
  ...NO_DIGITS.split(' ').map((code) => [code, 0] as const),
  ...THREE_DIGITS.split(' ').map((code) => [code, 3] as const),
  ['XTS', TESTING_DIGITS] as const,
]);

export function currencyCodes(): readonly Currency[] {
  return [...minorDigitsByCode.keys()].filter(isCurrency);
}

export function isCurrency(code: string): code is Currency {
  return minorDigitsByCode.has(code);
}

/** @throws Failure INVALID_REQUEST */
export function parseCurrency(code: string): Currency {
  if (!isCurrency(code))
    throw new Failure('INVALID_REQUEST', `"${code.slice(0, 10)}" is not an ISO 4217 currency`);
  return code;
}

export function minorDigits(currency: Currency): number {
  return minorDigitsByCode.get(currency) ?? 2;
}

/** Name of an exchange rate: one unit of the first in units of the second. */
export function pairOf(from: Currency, to: Currency): string {
  return `${from}-${to}`;
}
