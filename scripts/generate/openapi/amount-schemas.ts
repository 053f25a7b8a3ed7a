/** Amounts of money in requests, in JSON Schema: each currency has its decimals. */
import { absentJson, type Json, type NamedSchema } from '#shared/contract/wire-json.ts';
import { currencyCodes, minorDigits } from '#shared/kernel/currency.ts';
import { PRICE_DECIMALS_MAX } from '#shared/kernel/price.ts';

const codes = currencyCodes();
/** Of the currency that has most. */
const DIGITS_MAX = Math.max(...codes.map(minorDigits));

/**
 * An object with the amount as text. `if` and `then` narrow what it says, and a generator of clients that knows neither
 * makes one class of it.
 *
 * @param patternOf of the amount, by the decimals of the currency
 */
function givenMoney(patternOf: (decimals: number) => string, digitsOf: (digits: number) => number) {
  const digits = [...new Set(codes.map((code) => digitsOf(minorDigits(code))))].sort(
    (a, b) => a - b,
  );
  return {
    type: 'object',
    properties: {
      amount: { type: 'string', pattern: `^(${patternOf(digitsOf(DIGITS_MAX))})$` },
      currency: { type: 'string', enum: codes },
    },
    required: ['amount', 'currency'],
    additionalProperties: false,
    ...narrowed(digits, patternOf, digitsOf),
  };
}

/** From the fewest decimals on; those of the last are what the object says anyway. */
function narrowed(
  [digits, ...more]: readonly number[],
  patternOf: (decimals: number) => string,
  digitsOf: (digits: number) => number,
): Json {
  if (digits === undefined || more.length === 0) return {};
  const having = codes.filter((code) => digitsOf(minorDigits(code)) === digits);
  return {
    if: { properties: { currency: { enum: having } } },
    then: { properties: { amount: { pattern: `^(${patternOf(digits)})$` } } },
    else: narrowed(more, patternOf, digitsOf),
  };
}

/** Up to so many decimals; none where there are none. */
function decimals(max: number): string {
  return max === 0 ? '' : `([.][0-9]{1,${max}})?`;
}

/** Above 0: a whole part, or a digit after the point. */
function positive(decimalsMax: number): string {
  const fractions = Array.from(
    { length: decimalsMax },
    (_, zeros) => `0[.]0{${zeros}}[1-9][0-9]{0,${decimalsMax - zeros - 1}}`,
  );
  return [`[1-9][0-9]{0,14}${decimals(decimalsMax)}`, ...fractions].join('|');
}

/** The same, or absent, in one of the ways that proto3 JSON and its clients have. */
function orAbsent(given: Json): Json {
  const absent = {
    type: 'object',
    properties: { amount: absentJson, currency: absentJson },
    additionalProperties: false,
  };
  return { anyOf: [given, absent, { type: 'null' }] };
}

const asMinorUnit = (digits: number): number => digits;
const asPrice = (digits: number): number => Math.max(PRICE_DECIMALS_MAX, digits);

export const amountSchemas: Readonly<Record<NamedSchema, Json>> = {
  Amount: orAbsent(givenMoney((max) => `-?[0-9]{1,15}${decimals(max)}`, asMinorUnit)),
  AmountNotNegative: orAbsent(givenMoney((max) => `[0-9]{1,15}${decimals(max)}`, asMinorUnit)),
  AmountPositive: givenMoney(positive, asMinorUnit),
  SharePrice: orAbsent(givenMoney(positive, asPrice)),
};
