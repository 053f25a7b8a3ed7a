/** What a row of an indicator gives: columns of bars, periods in order or by name, and its convention. */
import type { FirstRange } from '#shared/quant/indicators/ranges.ts';
import { peeked } from '../rows/row-fields.ts';
import { allWords, given, numberIn, numberOf } from '../rows/row-conventions.ts';
import { NotSupported, type AnchorFiles, type AnchorRow } from '../rows/anchor-row.ts';
import { isFileName, plainName } from '../rows/text-values.ts';

export class IndicatorInput {
  readonly row: AnchorRow;
  private readonly columns: ReadonlyMap<string, Float64Array>;
  private readonly files: AnchorFiles;

  constructor(row: AnchorRow, files: AnchorFiles) {
    this.row = row;
    this.columns = columnsOf(row, files);
    this.files = files;
  }

  get open(): Float64Array {
    return this.column('open');
  }
  get high(): Float64Array {
    return this.column('high');
  }
  get low(): Float64Array {
    return this.column('low');
  }
  get close(): Float64Array {
    return this.column('close', 'price', 'adjclose', 'real', 'value', 'values');
  }
  get volume(): Float64Array {
    return this.column('volume');
  }

  column(...names: readonly string[]): Float64Array {
    for (const name of names) {
      const column = this.taken(name);
      if (column) return column;
    }
    // A row of one series may call it what it likes.
    const only =
      this.columns.size === 1 ? this.taken([...this.columns.keys()][0] ?? '') : undefined;
    if (only) return only;
    throw new NotSupported(`the row has no column ${names[0] ?? ''}`);
  }

  /** Closes of the other series of two: of a file of its own, or the second list. */
  get other(): Float64Array {
    const names = ['compare', 'ohlcv_compare', 'ohlcv2', 'other', 'market', 'benchmark', 'eval'];
    const file = given(this.row, ...names);
    if (typeof file !== 'string') return this.nth(1);
    if (!isFileName(file)) throw new NotSupported(`no file "${file}"`);
    const column = tableColumns(this.row, this.files.table(file)).get('close');
    if (!column) throw new NotSupported(`no closes in ${file}`);
    return column;
  }

  /** A column, which then counts as read where it is an input of its own. */
  private taken(name: string): Float64Array | undefined {
    const column = this.columns.get(name);
    if (column) given(this.row, name);
    return column;
  }

  /** The closes of the bars that a row calls by a name: an input's own, or one beside its file. */
  named(name: string): Float64Array {
    const known = given(this.row, name);
    const own = String(given(this.row, 'ohlcv', 'bars', 'file') ?? '');
    const beside = own.replace(/_[^_/]+(?=\.csv$)/, `_${name}`);
    const file = isFileName(known) ? known : own.endsWith(`_${name}.csv`) ? own : beside;
    const column = tableColumns(this.row, this.files.table(file)).get('close');
    if (!column) throw new NotSupported(`no closes in ${file}`);
    return column;
  }

  has(name: string): boolean {
    return this.columns.has(name);
  }

  /** The i-th column, whatever its name. */
  nth(i: number): Float64Array {
    return this.taken([...this.columns.keys()][i] ?? '') ?? this.column(String(i));
  }

  /** The i-th option, or the parameter of one of these names. */
  option(i: number, otherwise: number, ...names: readonly string[]): number {
    const options = given(this.row, 'options');
    const value: unknown = Array.isArray(options) ? options[i] : undefined;
    if (typeof value === 'number') return value;
    return numberOf(this.row, ...names) ?? otherwise;
  }

  periods(otherwise: number, i = 0): number {
    const names = ['n', 'period', 'periods', 'window', 'length', 'lookback', 'lookback_periods'];
    return this.option(i, otherwise, ...names);
  }

  /** What the row says of the seed, else the source's way. */
  get seed(): 'first' | 'mean' {
    const words = `${String(given(this.row, 'seed') ?? '')} ${this.words}`;
    if (/seed[^.;]*?(mean|sma|simple|average)|sma of/.test(words)) return 'mean';
    if (/seed[^.;]*first|adjust=?\s*false|ewm/.test(words)) return 'first';
    return this.from(/stock\.?indicators/i) ? 'mean' : 'first';
  }

  get firstRange(): FirstRange {
    const words = this.words;
    if (/tr_?0 ?= ?high ?- ?low/.test(words)) return 'high-low';
    return this.from(/stock\.?indicators/i) ? 'none' : 'high-low';
  }

  /** Changes that Wilder's first sums add up. */
  seedCount(periods: number): number {
    return this.from(/tulip/i) ? periods - 1 : periods;
  }

  get ddof(): number {
    const stated = numberOf(this.row, 'ddof') ?? numberIn(this.words, 'ddof');
    return stated ?? (/\bsample\b/.test(this.words) ? 1 : 0);
  }

  from(repository: RegExp): boolean {
    return repository.test(this.row.source?.repo ?? '');
  }

  get words(): string {
    return allWords(this.row);
  }
}

function columnsOf(row: AnchorRow, files: AnchorFiles): ReadonlyMap<string, Float64Array> {
  const table = given(row, 'table', 'ohlcv', 'file', 'bars', 'prices');
  if (typeof table === 'string') return tableColumns(row, files.table(table));
  const inputs = given(row, 'inputs', 'values', 'series', 'data');
  if (Array.isArray(inputs) && inputs.every(Array.isArray)) return listed(row, inputs);
  const own = Object.entries(peeked(row.inputs)).filter(([, value]) => Array.isArray(value));
  return new Map(
    own.map(([name, value]) => [plainName(name), Float64Array.from(value as number[])]),
  );
}

/** In the order that the row states; equal names are distinguished by their place. */
function listed(row: AnchorRow, inputs: readonly (readonly number[])[]) {
  const order = String(given(row, 'inputs_order', 'order') ?? 'price').split(/[,;]/);
  const columns = new Map<string, Float64Array>();
  inputs.forEach((values, i) => {
    const name = plainName(order[i] ?? `column${i}`);
    columns.set(columns.has(name) ? `${name}${i}` : name, Float64Array.from(values));
  });
  return columns;
}

/** A header, then rows; of a table with `input_columns` only those. */
function tableColumns(row: AnchorRow, rows: readonly (readonly string[])[]) {
  const [header = [], ...all] = rows;
  const body = chosen(row, all);
  const requested = given(row, 'input_columns');
  const names = Array.isArray(requested) ? (requested as string[]) : header;
  return new Map(
    names.map((name) => {
      const index = header.indexOf(name);
      const values = body.map((cells) => {
        const text = cells[index] ?? '';
        return text.trim() === '' ? NaN : Number(text);
      });
      return [plainName(name), Float64Array.from(values)] as const;
    }),
  );
}

/** `first 120` or `last 400`, or from one day to another. */
function chosen<T extends readonly string[]>(row: AnchorRow, all: readonly T[]): readonly T[] {
  const words = String(given(row, 'rows') ?? '').toLowerCase();
  const [, side, count] = /(first|last) (\d+)/.exec(words) ?? [];
  const [from = ''] = words.match(/\d{4}-\d{2}-\d{2}/) ?? [];
  if (from !== '') throw new NotSupported(`rows of bars "${words}"`);
  if (side === undefined) return all;
  return side === 'first' ? all.slice(0, Number(count)) : all.slice(-Number(count));
}
