/** Parsers of numeric settings; each rejects with a sentence that states the allowed values. */
import { Decimal } from '#shared/kernel/decimal.ts';
import { Failure } from '#shared/kernel/failure.ts';

function number(value: string): number {
  const parsed = /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN;
  return Number.isFinite(parsed) ? parsed : bad(`"${value}" is not a number`);
}

export function atLeastZero(value: string): number {
  const parsed = number(value);
  return parsed >= 0 ? parsed : bad('is never negative');
}

export function ratio(value: string): number {
  const parsed = number(value);
  return parsed >= 0 && parsed <= 1 ? parsed : bad('a fraction from 0 to 1');
}

export function positive(value: string): Decimal {
  const parsed = Decimal.parse(value);
  return parsed.sign >= 0 ? parsed : bad('is never negative');
}

export function between(min: number, max: number) {
  return (value: string): number => {
    const parsed = number(value);
    return Number.isInteger(parsed) && parsed >= min && parsed <= max
      ? parsed
      : bad(`a whole number from ${min} to ${max}`);
  };
}

export function port(value: string): number {
  return between(0, 65_535)(value);
}

function bad(message: string): never {
  throw new Failure('INVALID_REQUEST', message);
}
