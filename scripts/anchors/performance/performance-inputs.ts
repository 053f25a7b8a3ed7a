/** What a row of performance metrics measures: series by name, and the conventions it states. */
import { epochDay, parseDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { portfolioReturns } from '#shared/quant/measures/portfolio-returns.ts';
import {
  PERIODS_A_YEAR,
  TRADING_DAYS_A_YEAR,
  logReturns,
  perPeriod,
  simpleReturns,
} from '#shared/quant/measures/returns.ts';
import { peeked } from '../rows/row-fields.ts';
import { NotSupported, type AnchorFiles, type AnchorRow } from '../rows/anchor-row.ts';
import { numberText, repeatedText } from '../rows/text-values.ts';

/** One series, as values of a path and as returns. */
export interface Measured {
  /** Empty where only returns are given. */
  readonly path: Float64Array;
  readonly returns: Float64Array;
  readonly days: Float64Array;
}

/** Measures of one series, by the name of the operation. */
export type Measures = readonly (readonly [
  RegExp,
  (series: Measured, row: AnchorRow) => unknown,
])[];

type Rows = readonly (readonly string[])[];

export function text({ operation, parameters, inputs }: AnchorRow): string {
  const returns = peeked(inputs)['returns'];
  return `${operation} ${JSON.stringify(peeked(parameters))} ${typeof returns === 'string' ? returns : ''}`;
}

/** The publishing library; its conventions hold where a row is silent. */
export function isFrom(row: AnchorRow, library: RegExp): boolean {
  return library.test(row.source?.repo ?? '');
}

export function number(value: unknown): number | undefined {
  if (value === null) return NaN;
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? numberText(value) : undefined;
}

export function parameter(row: AnchorRow, ...names: string[]): number | undefined {
  for (const name of names) {
    const value = number(row.parameters[name] ?? row.inputs[name]);
    if (value !== undefined) return value;
  }
  return undefined;
}

export function numbers(value: unknown): Float64Array | undefined {
  if (!Array.isArray(value) || value.some((one) => typeof one === 'object' && one !== null))
    return undefined;
  if (value.some((one) => typeof one === 'string' && number(one) === undefined)) return undefined;
  return Float64Array.from(value, (one) => number(one) ?? NaN);
}

/** All literal lists of numbers of a row, by name; the one that is taken must be read (`listOf`). */
export function lists({ inputs }: AnchorRow): Map<string, Float64Array> {
  return new Map(
    Object.entries(peeked(inputs)).flatMap(([name, value]): [string, Float64Array][] => {
      const list = numbers(value);
      return list ? [[name, list]] : [];
    }),
  );
}

/** The list of that name, which then counts as read. */
export function listOf({ inputs }: AnchorRow, name: string | undefined): Float64Array | undefined {
  return name === undefined ? undefined : numbers(inputs[name]);
}

/** A list by its name, or by `name[1:]`, a part of it. */
export function listNamed(row: AnchorRow, requested: unknown): Float64Array | undefined {
  if (typeof requested !== 'string') return numbers(requested);
  const all = lists(row);
  if (all.has(requested)) return listOf(row, requested);
  const [, minus, name = requested, from] =
    /^(-|minus_)?(.*?)(?:\[(\d+):\])?$/.exec(requested) ?? [];
  const list = listOf(row, all.has(name) ? name : undefined)?.subarray(Number(from ?? 0));
  return minus ? list?.map((one) => -one) : list;
}

const PATH_NAMES = /^(values?|prices?|equity.*|nav|levels?|curve|portfolio_values?)$/i;

/** A list of the row as a path where its name says so, else as returns. */
function fromList(name: string, list: Float64Array, row: AnchorRow): Measured {
  const days = daysOf(row.inputs['dates'] ?? row.inputs['days'], list.length);
  if (!PATH_NAMES.test(name)) return { path: new Float64Array(0), returns: list, days };
  return { path: list, returns: simpleReturns(list), days };
}

function daysOf(dates: unknown, length: number): Float64Array {
  return Array.isArray(dates)
    ? Float64Array.from(dates, (day) => epochDay(day as CalendarDay))
    : Float64Array.from({ length }, (_, i) => i);
}

/** The series that is measured: the one that `series` or `returns` names, else the first list. */
export function main(row: AnchorRow, files: AnchorFiles): Measured {
  const { parameters, inputs } = row;
  if (typeof inputs['prices'] === 'string') {
    const one = [...columns(row, files).values()][0];
    return present(one, 'no column of prices');
  }
  const named = String(parameters['series'] ?? parameters['returns'] ?? '');
  // Where one of two series is named, the other has no part.
  if (named !== '')
    for (const name of lists(row).keys()) if (/_returns$/.test(name)) listOf(row, name);
  if (/^(excess|diff)/.test(named)) return fromList('', difference(row), row);
  const all = [...lists(row)].filter(([name]) => !/weight/i.test(name));
  if (
    typeof parameters['series'] === 'string' &&
    !all.some(([known]) => known === named || known === `${named}_returns`)
  )
    throw new NotSupported(`no series "${named}"`);
  const [name] =
    all.find(([known]) => known === named || known === `${named}_returns`) ??
    all.find(([known]) => !isBenchmark(row, known, all.length)) ??
    all[0] ??
    [];
  if (name === undefined) return fromList('', present(repeated(row), 'no series'), row);
  const list = present(listOf(row, name), 'no series');
  requireSamePercent(list, listOf(row, `${name}_pct`));
  return fromList(name, list, row);
}

/** The same series in percent beside it says nothing more. */
function requireSamePercent(list: Float64Array, percent: Float64Array | undefined): void {
  const isSame = (value: number, i: number): boolean =>
    Math.abs(value / 100 - (list[i] ?? NaN)) <= 1e-9 * Math.max(1, Math.abs(value));
  if (percent && !(percent.length === list.length && percent.every(isSame)))
    throw new NotSupported('a series in percent that is another');
}

/** Of words such as `0.004 repeated 300 times`. */
function repeated({ inputs }: AnchorRow): Float64Array | undefined {
  for (const [key, value] of Object.entries(peeked(inputs))) {
    const series = typeof value === 'string' ? repeatedText(value) : undefined;
    if (series && inputs[key] !== undefined) return series;
  }
  return undefined;
}

function isBenchmark({ parameters }: AnchorRow, name: string, among: number): boolean {
  const named = ['benchmark', 'factor_returns', 'risk_free', 'required_return', 'rf'];
  return (
    (among > 1 && named.some((key) => peeked(parameters)[key] === name)) ||
    /^(benchmark|factor|market|dates|risk_free|required)/.test(name)
  );
}

/** The benchmark: a list that a parameter names, one of that name, or a number for every period. */
export function benchmarkOf(row: AnchorRow, files: AnchorFiles): number | Float64Array {
  const { parameters, inputs } = row;
  for (const key of ['benchmark', 'factor_returns', 'market', 'other_returns', 'other']) {
    const known =
      listNamed(row, parameters[key]) ?? number(parameters[key]) ?? numbers(inputs[key]);
    if (known !== undefined) return known;
    if (typeof parameters[key] === 'string' && typeof inputs['prices'] === 'string')
      return present(columns(row, files, [parameters[key]]).get(parameters[key]), key).returns;
    if (typeof parameters[key] === 'string')
      throw new NotSupported(`no ${key} "${parameters[key]}"`);
  }
  const [name] = [...lists(row).keys()].filter((one) => /benchmark|factor|market/.test(one));
  const second = [...lists(row).keys()][1];
  return present(listOf(row, name ?? second), 'no benchmark');
}

export function benchmarkSeries(row: AnchorRow, files: AnchorFiles): Float64Array {
  const benchmark = benchmarkOf(row, files);
  if (typeof benchmark !== 'number') return benchmark;
  return main(row, files).returns.map(() => benchmark);
}

function difference(row: AnchorRow): Float64Array {
  const all = [...lists(row).keys()];
  const find = (name: RegExp, unless: string | undefined): Float64Array | undefined =>
    listOf(row, all.find((known) => name.test(known)) ?? unless);
  const [own, other] = [find(/portfolio/, all[0]), find(/benchmark/, all[1])];
  return present(own, 'no series').map((one, i) => one - (other?.[i] ?? NaN));
}

/** The price columns of a file, in the rows and days that the row names. */
export function columns(
  row: AnchorRow,
  files: AnchorFiles,
  requested: readonly string[] | undefined = namesOf(row),
): Map<string, Measured> {
  const { inputs } = row;
  if (typeof inputs['prices'] !== 'string') throw new NotSupported('no file of prices');
  const [header = [], ...body] = files.table(inputs['prices']);
  const rows = rowsOf(row, body);
  const days = Float64Array.from(rows, ([day = '']) => epochDay(dayOf(day)));
  const names = requested ?? header.slice(1);
  const returnsOf = /\blog/i.test(text(row)) ? logReturns : simpleReturns;
  return new Map(
    names.map((name): [string, Measured] => {
      const at = header.indexOf(name);
      if (at < 0) throw new NotSupported(`no column ${name}`);
      const path = Float64Array.from(rows, (cells) => (cells[at] === '' ? NaN : Number(cells[at])));
      return [name, { path, returns: returnsOf(path), days }];
    }),
  );
}

function namesOf({ inputs, parameters, expected }: AnchorRow): readonly string[] | undefined {
  const given =
    inputs['columns'] ?? parameters['columns'] ?? inputs['column'] ?? parameters['column'];
  if (Array.isArray(given)) return given.map(String);
  if (typeof given === 'string') return [given];
  const weights = inputs['weights'];
  if (typeof weights === 'object' && weights !== null && !Array.isArray(weights))
    return Object.keys(weights);
  if (typeof expected === 'object' && expected !== null && !Array.isArray(expected))
    return Object.keys(expected);
  return undefined;
}

function rowsOf({ inputs, parameters }: AnchorRow, body: Rows): Rows {
  const which = String(inputs['rows'] ?? parameters['rows'] ?? '');
  const days = [...which.matchAll(/\d{4}-\d{2}-\d{2}/g)].map(([day]) => day);
  const start = String(inputs['start'] ?? parameters['start'] ?? days[0] ?? '');
  const end = String(inputs['end'] ?? parameters['end'] ?? days[1] ?? '');
  const within = body.filter(([day = '']) => {
    const on = dayOf(day);
    return (start === '' || on >= start) && (end === '' || on <= end);
  });
  const [, side, count] = /(first|last)\s+(\d+)/i.exec(which) ?? [];
  if (side === undefined) return within;
  return /first/i.test(side) ? within.slice(0, Number(count)) : within.slice(-Number(count));
}

/** `2004-03-10`, with an hour or not, or `3/10/2004`. */
function dayOf(cell: string): CalendarDay {
  const [, month = '', day = '', year = ''] = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(cell) ?? [];
  return parseDay(
    year === '' ? cell.slice(0, 10) : `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`,
  );
}

/** Weights by asset, as columns of the file and as the returns of the portfolio that has them. */
export function weighted(
  row: AnchorRow,
  files: AnchorFiles,
): { readonly assets: Float64Array[]; readonly weights: number[]; readonly returns: Float64Array } {
  const given = row.inputs['weights'] ?? row.parameters['weights'];
  if (typeof given !== 'object' || given === null) throw new NotSupported('no weights');
  const names = Array.isArray(given) ? undefined : Object.keys(given);
  const assets = [...columns(row, files, names).values()].map(({ returns }) => returns);
  const weights = Object.values(given as Record<string, number>).map(Number);
  return { assets, weights, returns: portfolioReturns(assets, weights) };
}

/**
 * A measure of the row's one series, or of each column of prices: by name where a record is expected,
 * in order where a list is.
 */
export function each(measure: (series: Measured, row: AnchorRow, files: AnchorFiles) => unknown) {
  return (row: AnchorRow, files: AnchorFiles): unknown => {
    if (typeof row.inputs['prices'] !== 'string') return measure(main(row, files), row, files);
    if (typeof row.inputs['weights'] === 'object') {
      const { returns } = weighted(row, files);
      return measure({ path: new Float64Array(0), returns, days: returns }, row, files);
    }
    const all = [...columns(row, files)].map(([name, series]): [string, unknown] => [
      name,
      measure(series, row, files),
    ]);
    if (Array.isArray(row.expected))
      return all.length === 1 ? all[0]?.[1] : all.map(([, value]) => value);
    return typeof row.expected === 'object' ? Object.fromEntries(all) : all[0]?.[1];
  };
}

/** What makes a year: stated, by the period's name, or trading days; 1 where nothing is annualised. */
export function periodsPerYear(row: AnchorRow): number {
  const stated = parameter(
    row,
    'periods_per_year',
    'annualization',
    'annualisation',
    'nperiods',
    'annualized_factor',
    'annualization_factor',
  );
  if (stated !== undefined) return stated;
  const said = text(row);
  if (/not annual|per period|unannual|annuali[sz]e"?: ?false/i.test(said)) return 1;
  const period = String(row.parameters['period'] ?? '').toLowerCase();
  const known = Object.entries(PERIODS_A_YEAR).find(([name]) => name === period);
  if (known) return known[1];
  // Libraries whose plain ratios are of one period.
  const plain = /skfolio|portfolio_analytics|ffn/;
  return isFrom(row, plain) && !/annual/i.test(said) ? 1 : TRADING_DAYS_A_YEAR;
}

/** A yearly or periodic rate by one of its names; the name of a list stands for it. */
export function rate(row: AnchorRow, ...names: string[]): number | Float64Array {
  for (const name of names) {
    const given = row.parameters[name] ?? row.inputs[name];
    const list = listNamed(row, given);
    if (list) return list;
    const value = number(given);
    if (value === undefined) continue;
    const yearly = isFrom(row, /ffn/) || /annual.*(rf|risk)|(rf|risk).*annual/i.test(text(row));
    return yearly ? perPeriod(value, periodsPerYear(row)) : value;
  }
  return 0;
}

export function present<T>(value: T | undefined, missing: string): T {
  if (value === undefined) throw new NotSupported(missing);
  return value;
}

/** An operation's name with spaces, underscores and hyphens alike. */
export function named(words: string): RegExp {
  return new RegExp(words.replaceAll(' ', '[\\s_-]*'), 'i');
}
