/** International Securities Identification Number, ISO 6166. */
import { Failure } from './failure.ts';

export type Isin = string & { readonly __brand: 'Isin' };

/** Those that were checked; the same few thousand are read again and again. */
const checked = new Set<string>();
const CHECKED_MAX = 20_000;

/** @throws Failure INVALID_REQUEST for a bad form or check digit */
export function parseIsin(text: string): Isin {
  if (checked.has(text)) return text as Isin;
  requireIsin(text);
  if (checked.size >= CHECKED_MAX) checked.clear();
  checked.add(text);
  return text as Isin;
}

function requireIsin(text: string): void {
  if (!/^[A-Z]{2}[A-Z0-9]{9}[0-9]$/.test(text))
    throw new Failure(
      'INVALID_REQUEST',
      'an ISIN is two letters, nine letters or digits, one check digit',
    );
  if (isinCheckDigit(text.slice(0, 11)) !== Number(text[11]))
    throw new Failure('INVALID_REQUEST', `the check digit of ISIN ${text} is wrong`);
}

export function isIsin(text: string): text is Isin {
  try {
    parseIsin(text);
    return true;
  } catch {
    return false;
  }
}

/** Letters count as 10…35, digit by digit; then every second digit from the right doubles (Luhn). */
export function isinCheckDigit(body: string): number {
  const digits = [...body].map((c) => parseInt(c, 36).toString()).join('');
  let sum = 0;
  for (let i = 0; i < digits.length; i += 1) {
    const digit = Number(digits[digits.length - 1 - i]);
    const weighted = i % 2 === 0 ? digit * 2 : digit;
    sum += weighted > 9 ? weighted - 9 : weighted;
  }
  return (10 - (sum % 10)) % 10;
}
