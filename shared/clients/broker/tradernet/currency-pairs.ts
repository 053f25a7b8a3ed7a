/** Instruments at Tradernet that exchange currencies. Pure. */
import { isCurrency, parseCurrency, type Currency } from '#shared/kernel/currency.ts';

const CURRENCY_TYPE = '6';
const PAIR = /^([A-Z]{3})[^A-Z]?([A-Z]{3})(?![A-Z])/;
/** A symbol that is a pair and nothing else. */
const WHOLE_PAIR = /^[A-Z]{3}[/_.-]?[A-Z]{3}(\.FX)?$/;

export interface CurrencyPair {
  /** What is bought or sold. */
  readonly first: Currency;
  /** What it is paid in. */
  readonly second: Currency;
}

/** `EUR/USD`, `EURUSD.FX`; undefined where either is no currency. */
export function pairOf(symbol: string): CurrencyPair | undefined {
  const [, first = '', second = ''] = PAIR.exec(symbol) ?? [];
  if (!isCurrency(first) || !isCurrency(second)) return undefined;
  return { first: parseCurrency(first), second: parseCurrency(second) };
}

/** By the type of the instrument, or by its symbol where a row has no type. */
export function exchangesCurrencies(instrumentType: string | undefined, symbol: string): boolean {
  if (instrumentType !== undefined) return instrumentType === CURRENCY_TYPE;
  return WHOLE_PAIR.test(symbol) && pairOf(symbol) !== undefined;
}
