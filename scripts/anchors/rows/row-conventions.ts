/** Readers of conventions and numbers in the texts of a row. */
import { peeked } from './row-fields.ts';
import { NotSupported, type AnchorRow } from './anchor-row.ts';
import { numberText, plainName } from './text-values.ts';

/** What the row gives under one of these names, in its parameters or else its inputs. */
export function given(row: AnchorRow, ...names: readonly string[]): unknown {
  for (const name of names)
    for (const source of [row.parameters, row.inputs])
      for (const key of Object.keys(source))
        if (plainName(key) === plainName(name)) return source[key];
  return undefined;
}

/** A number, or that of a text such as `3.07 (fit: 3.0651)` or `0.6/0.25`. */
export function numberOf(row: AnchorRow, ...names: readonly string[]): number | undefined {
  const value = given(row, ...names);
  if (typeof value === 'number') return value;
  const stated = typeof value === 'string' ? numberText(value) : undefined;
  if (stated !== undefined) return stated;
  // `exp_cov(span=60)` says it in the operation's name.
  const inName = names.map((name) => numberIn(row.operation, `${name}\\s*=`));
  return inName.find((one) => one !== undefined);
}

export function textOf(row: AnchorRow, ...names: readonly string[]): string {
  const value = given(row, ...names);
  return typeof value === 'string' ? value : '';
}

export function needed<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new NotSupported(`the row gives no ${what}`);
  return value;
}

/** All that the row says in words, for conventions that may stand in any of its texts. */
export function allWords(row: AnchorRow): string {
  const texts = [row.parameters, row.inputs]
    .flatMap((fields) => Object.values(peeked(fields)))
    .filter((value) => typeof value === 'string');
  return [row.operation, ...texts].join('; ').toLowerCase();
}

/** The number after a name in a text, e.g. of `span` in `exp_cov(span=180, 252)`. */
export function numberIn(text: string, name: string): number | undefined {
  const found = new RegExp(
    `\\b${name}\\s*(?:=|:|of|is)?\\s*(-?(?:\\d+(?:\\.\\d+)?|\\.\\d+)(?:e-?\\d+)?)`,
    'i',
  );
  const value = found.exec(text)?.[1];
  return value === undefined ? undefined : Number(value);
}

/** Taken off the number of periods before dividing. */
export function ddofOf(row: AnchorRow, unless: number): number {
  const own = numberOf(row, 'ddof');
  if (own !== undefined) return own;
  const divisor = textOf(row, 'divided_by', 'divisor').toLowerCase().replaceAll(' ', '');
  if (divisor === 'n' || divisor === 't') return 0;
  if (divisor === 'n-1' || divisor === 't-1') return 1;
  const words = allWords(row);
  const stated = numberIn(words, 'ddof');
  if (stated !== undefined) return stated;
  if (/divided by (n|t)\s*-\s*1/.test(words)) return 1;
  return /divided by (n|t)\b|population/.test(words) ? 0 : unless;
}

/** Periods in a year, 1 where nothing is said of years. */
export function frequencyOf(row: AnchorRow): number {
  if (/per period/i.test(row.operation)) return 1;
  const stated = numberOf(row, 'frequency', 'periods_per_year', 'annualisation', 'annualization');
  return stated ?? numberIn(allWords(row), '\\*') ?? 1;
}

export function isTrue(row: AnchorRow, unless: boolean, ...names: readonly string[]): boolean {
  const value = given(row, ...names);
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string') return !/^(false|no|none)/i.test(value);
  return unless;
}

/** A vector in the order of the names: a list, or a record by name (0 for a name it leaves out). */
export function vectorOf(
  value: unknown,
  names: readonly string[],
  size: number,
): Float64Array | undefined {
  if (Array.isArray(value)) return Float64Array.from(value as number[]);
  if (typeof value === 'number') return new Float64Array(size).fill(value);
  if (typeof value !== 'object' || value === null) return undefined;
  const record = value as Record<string, number>;
  const keys = names.length > 0 ? names : Object.keys(record);
  return Float64Array.from(keys, (name) => record[name] ?? 0);
}

/** As the row expects it: by name, or in order. */
export function named(
  row: AnchorRow,
  names: readonly string[],
  values: ArrayLike<number>,
): unknown {
  const byName = row.expected !== null && typeof row.expected === 'object';
  if (Array.isArray(row.expected) || !byName || names.length === 0) return values;
  return Object.fromEntries(names.map((name, i) => [name, values[i]]));
}
