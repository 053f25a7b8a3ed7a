/**
 * A column of numbers in few bytes, without the loss of a bit. Prices have few decimals: they are whole numbers of their
 * last decimal, of which only the difference to a guess is kept. What has no such form is kept as a float.
 */
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';

/** A column in whole numbers of its last decimal. */
export interface Whole {
  readonly decimals: number;
  readonly units: Float64Array;
}

/**
 * What a value is likely near: the value before it; the other column one place before; the higher or the lower of two
 * columns at its place.
 */
export type Guess =
  | { readonly kind: 'before' }
  | { readonly kind: 'shifted'; readonly a: Float64Array }
  | { readonly kind: 'higher' | 'lower'; readonly a: Float64Array; readonly b: Float64Array };

const DECIMALS_MAX = 10;
const UNITS_MAX = 2 ** 50;
const POWERS = Array.from({ length: DECIMALS_MAX + 1 }, (_, i) => 10 ** i);
/** Instead of a number of decimals. */
const FLOAT32 = 254;
const FLOAT64 = 255;

/**
 * The number of decimals with which all values are exact: dividing again gives the same double. Undefined where there is
 * none.
 */
export function decimalsOf(values: Float64Array, atLeast = 0): number | undefined {
  let decimals = atLeast;
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] ?? 0;
    while (decimals <= DECIMALS_MAX && !isExact(value, decimals)) decimals += 1;
    if (decimals > DECIMALS_MAX) return undefined;
  }
  return decimals;
}

function isExact(value: number, decimals: number): boolean {
  const power = POWERS[decimals] ?? 1;
  const units = Math.round(value * power);
  const isSmall = units <= UNITS_MAX && units >= -UNITS_MAX;
  return isSmall && units / power === value && !Object.is(units, -0);
}

/** @param decimals those of `decimalsOf` or more */
export function wholeOf(values: Float64Array, decimals: number): Whole {
  const power = POWERS[decimals] ?? 1;
  const units = new Float64Array(values.length);
  for (let i = 0; i < units.length; i += 1) units[i] = Math.round((values[i] ?? 0) * power);
  return { decimals, units };
}

export function writeWhole(into: ByteWriter, { decimals, units }: Whole, guess: Guess): void {
  into.byte(decimals);
  let before = 0;
  for (let i = 0; i < units.length; i += 1) {
    const unit = units[i] ?? 0;
    into.signed(unit - guessAt(guess, i, before));
    before = unit;
  }
}

function guessAt(guess: Guess, at: number, before: number): number {
  if (guess.kind === 'before') return before;
  if (guess.kind === 'shifted') return at > 0 ? (guess.a[at - 1] ?? 0) : 0;
  const [a, b] = [guess.a[at] ?? 0, guess.b[at] ?? 0];
  return a > b === (guess.kind === 'higher') ? a : b;
}

/** Values that are no whole number of anything. */
export function writeFloats(into: ByteWriter, values: Float64Array): void {
  const isShort = values.every((value) => Object.is(Math.fround(value), value));
  into.byte(isShort ? FLOAT32 : FLOAT64);
  for (const value of values)
    if (isShort) into.float32(value);
    else into.float64(value);
}

/**
 * Fills a column.
 * @param units scratch of the same length, filled where the column was whole
 * @returns the decimals of a whole column; `floats`; undefined where no column stands there
 */
export function readNumbers(
  from: ByteReader,
  values: Float64Array,
  units: Float64Array,
  guessOf: (decimals: number) => Guess,
): number | 'floats' | undefined {
  const form = from.byte();
  if (form === FLOAT32 || form === FLOAT64) return readFloats(from, values, form === FLOAT32);
  const power = POWERS[form];
  if (power === undefined) return undefined;
  const guess = guessOf(form);
  let before = 0;
  for (let i = 0; i < values.length; i += 1) {
    before = guessAt(guess, i, before) + from.signed();
    units[i] = before;
    values[i] = before / power;
  }
  return form;
}

/** Passes over a column. @returns whether one stands there */
export function passNumbers(from: ByteReader, length: number): boolean {
  const form = from.byte();
  if (form === FLOAT32) from.passBytes(4 * length);
  else if (form === FLOAT64) from.passBytes(8 * length);
  else from.passNumbers(length);
  return form === FLOAT32 || form === FLOAT64 || form <= DECIMALS_MAX;
}

function readFloats(from: ByteReader, values: Float64Array, isShort: boolean): 'floats' {
  for (let i = 0; i < values.length; i += 1) values[i] = isShort ? from.float32() : from.float64();
  return 'floats';
}
