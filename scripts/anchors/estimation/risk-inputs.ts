/** The prices, returns, covariance and expected returns that a row asks its operation to start from. */
import {
  annualisedCovariance,
  covarianceOf,
  gapsAsZero,
  sampleCovariance,
} from '#shared/quant/estimation/covariance.ts';
import { meanReturns, recentMeanReturns } from '#shared/quant/estimation/expected-returns.ts';
import { build, type Rows } from '#shared/quant/linear-algebra/matrix.ts';
import {
  oracleApproximatingCovariance,
  shrunkCovariance,
} from '#shared/quant/estimation/shrinkage.ts';
import { recentCovariance, semicovariance } from '#shared/quant/estimation/weighted-covariance.ts';
import { simpleReturns, logReturns } from '#shared/quant/measures/returns.ts';
import { peeked } from '../rows/row-fields.ts';
import {
  allWords,
  ddofOf,
  given,
  isTrue,
  numberIn,
  numberOf,
  textOf,
  vectorOf,
} from '../rows/row-conventions.ts';
import { NotSupported, type AnchorFiles, type AnchorRow } from '../rows/anchor-row.ts';
import { isFileName } from '../rows/text-values.ts';

export interface Panel {
  /** Empty where the row names nobody. */
  readonly names: readonly string[];
  /** ISO days, empty where there are none. */
  readonly days: readonly string[];
  /** A column for each security; NaN is missing. */
  readonly columns: readonly Float64Array[];
}

/** The row's prices as a panel, cut to its rows and columns. */
export function pricesOf(row: AnchorRow, files: AnchorFiles): Panel | undefined {
  const source = given(row, 'prices', 'prices_rows', 'price_rows') ?? dataOf(row, 'prices');
  if (source === undefined) return undefined;
  return chosenRows(row, chosenColumns(row, panelOf(source, files)), false);
}

/**
 * What the row calls its `data`, where it holds prices or returns: by the words of its `rows`, or else
 * by the file's own name.
 */
function dataOf(row: AnchorRow, requested: 'prices' | 'returns'): unknown {
  const source = given(row, 'data');
  if (source === undefined) return undefined;
  const words = rowWords(row);
  const name = typeof source === 'string' ? source : '';
  const isReturns = /already returns/.test(words) || (!/prices/.test(words) && /return/.test(name));
  const isPrices = !isReturns && (/prices/.test(words) || /price/.test(name));
  if (!isReturns && !isPrices)
    throw new NotSupported('the row does not say whether its data are prices or returns');
  return isReturns === (requested === 'returns') ? source : undefined;
}

function rowWords(row: AnchorRow): string {
  const words = [given(row, 'rows'), given(row, 'period'), given(row, 'dates')];
  return words
    .filter((one) => typeof one === 'string')
    .join('; ')
    .toLowerCase();
}

/** The row's returns: given ones, or those of its prices. */
export function returnsOf(row: AnchorRow, files: AnchorFiles): Panel {
  return complete(row, returnsAsGiven(row, files));
}

/** Before the row's rule of missing returns. */
export function returnsAsGiven(row: AnchorRow, files: AnchorFiles): Panel {
  const stated = given(row, 'returns', 'series', 'returns_rows', 'returns_data', 'X');
  const source = typeof stated === 'string' && !isFileName(stated) ? undefined : stated;
  const series = given(row, 'series', 'assets_returns');
  if (Array.isArray(series)) return { names: [], days: [], columns: seriesColumns(series) };
  const ready = source ?? dataOf(row, 'returns');
  if (Array.isArray(ready) || typeof ready === 'string')
    return counted(row, chosenRows(row, chosenColumns(row, panelOf(ready, files)), true));
  const prices = pricesOf(row, files);
  if (!prices) throw new NotSupported('the row gives neither returns nor prices');
  const words = allWords(row);
  const log = isTrue(row, /log(arithmic)?[ _-]?returns?/.test(words), 'log_returns', 'log');
  const whole =
    /any (blank|missing|nan) (price|value|cell)?[^,;]*dropped first|any (blank|missing|nan) prices?[^,;]* dropped|complete cases/.test(
      words,
    )
      ? withoutGaps(prices)
      : prices;
  const panel: Panel = {
    names: whole.names,
    days: whole.days.slice(1),
    columns: whole.columns.map(log ? logReturns : simpleReturns),
  };
  return counted(row, chosenRows(row, panel, true));
}

/** Where the row says how many returns there are, there must be as many. */
function counted(row: AnchorRow, panel: Panel): Panel {
  const stated = /\((\d+) returns\)/.exec(rowWords(row))?.[1];
  const count = panel.columns[0]?.length ?? 0;
  if (stated !== undefined && Number(stated) !== count)
    throw new NotSupported(`rows of ${stated} returns, where there are ${count}`);
  return panel;
}

/** Missing returns become 0, or their periods are left out, where the row says so. */
function complete(row: AnchorRow, panel: Panel): Panel {
  const rule = textOf(row, 'missing', 'missing_data', 'nan').toLowerCase();
  if (
    /returns? (rows )?with (any )?(a )?(missing|blank|nan)[^,;]*dropped|any (missing|blank|nan) returns?[^,;]*dropped/.test(
      allWords(row),
    )
  )
    return withoutGaps(panel);
  if (/-> ?0|zero|as 0|nan_to_num/.test(rule))
    return { ...panel, columns: gapsAsZero(panel.columns) };
  return /drop|complete|listwise/.test(rule) ? withoutGaps(panel) : panel;
}

export function withoutGaps(panel: Panel): Panel {
  const kept = panel.columns[0]
    ? [...panel.columns[0].keys()].filter((t) =>
        panel.columns.every((column) => !Number.isNaN(column[t])),
      )
    : [];
  return rowsAt(panel, kept);
}

function rowsAt(panel: Panel, kept: readonly number[]): Panel {
  return {
    names: panel.names,
    days: panel.days.length > 0 ? kept.map((t) => panel.days[t] ?? '') : [],
    columns: panel.columns.map((column) => Float64Array.from(kept, (t) => column[t] ?? NaN)),
  };
}

/** A table in a file, a list of periods, or a record of series by name. */
export function panelOf(source: unknown, files: AnchorFiles): Panel {
  if (typeof source === 'string') return filePanel(files.table(source));
  if (Array.isArray(source)) {
    const rows = source.map((one) => (Array.isArray(one) ? one : [one])) as (number | null)[][];
    const width = rows[0]?.length ?? 0;
    const columns = Array.from({ length: width }, (_, i) =>
      Float64Array.from(rows, (cells) => cells[i] ?? NaN),
    );
    return { names: [], days: [], columns };
  }
  const record = source as Record<string, readonly (number | null)[]>;
  const columns = Object.values(record).map((one) => Float64Array.from(one, (x) => x ?? NaN));
  return { names: Object.keys(record), days: [], columns };
}

function seriesColumns(series: readonly unknown[]): Float64Array[] {
  return (series as (number | null)[][]).map((one) => Float64Array.from(one, (x) => x ?? NaN));
}

function filePanel(table: readonly (readonly string[])[]): Panel {
  const [header = [], ...rows] = table;
  return {
    names: header.slice(1),
    days: rows.map(([day = '']) => isoDay(day)),
    columns: header
      .slice(1)
      .map((_, i) => Float64Array.from(rows, (cells) => decimal(cells[i + 1] ?? ''))),
  };
}

function decimal(text: string): number {
  return text.trim() === '' ? NaN : Number(text);
}

function isoDay(text: string): string {
  const american = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(text);
  if (!american) return text.slice(0, 10);
  const [, month = '', day = '', year = ''] = american;
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
}

function chosenColumns(row: AnchorRow, panel: Panel): Panel {
  const stated = given(row, 'columns', 'column', 'tickers', 'assets', 'asset', 'subset', 'names');
  const named = (Array.isArray(stated) ? stated : [stated]).filter(
    (name) => typeof name === 'string',
  );
  const requested = named.filter((name) => panel.names.includes(name));
  const unknown = named.filter((name) => !panel.names.includes(name));
  if (panel.names.length > 0 && unknown.length > 0)
    throw new NotSupported(`no column ${unknown.join(', ')}`);
  const dropped = [...rowWords(row).matchAll(/columns? ([\w.]+(?: and [\w.]+)*) dropped/g)].flatMap(
    ([, list = '']) => list.split(' and '),
  );
  if (requested.length === 0 && dropped.length > 0) return withoutColumns(panel, dropped);
  if (requested.length === 0) return panel;
  const columns = requested.map((name) => panel.columns[panel.names.indexOf(name)] ?? NONE);
  return { ...panel, names: requested, columns };
}

function withoutColumns(panel: Panel, dropped: readonly string[]): Panel {
  const missing = dropped.filter((name) => !panel.names.some((one) => one.toLowerCase() === name));
  if (missing.length > 0) throw new NotSupported(`no column ${missing.join(', ')}`);
  const kept = [...panel.names.keys()].filter(
    (i) => !dropped.includes((panel.names[i] ?? '').toLowerCase()),
  );
  return {
    ...panel,
    names: kept.map((i) => panel.names[i] ?? ''),
    columns: kept.map((i) => panel.columns[i] ?? NONE),
  };
}

const NONE = new Float64Array(0);

/** Words such as `first 11`, `2014-01-01 onwards` or `returns dated 2018-01-03 onwards`. */
function chosenRows(row: AnchorRow, panel: Panel, ofReturns: boolean): Panel {
  const text = rowWords(row);
  const cutsReturns = /already returns|returns dated|(first|last) \d+ returns/.test(text);
  if (text === '' || cutsReturns !== ofReturns) return panel;
  const days = text.match(/\d{4}-\d{2}-\d{2}/g) ?? [];
  const count = panel.columns[0]?.length ?? 0;
  const first = /first (\d+)/.exec(text)?.[1];
  const last = /last (\d+)/.exec(text)?.[1];
  const from = /until|up to|before/.test(text) && days.length === 1 ? '' : (days[0] ?? '');
  const to = /until|up to|before/.test(text) && days.length === 1 ? days[0] : days[1];
  const kept = Array.from({ length: count }, (_, t) => t).filter((t) => {
    const day = panel.days[t] ?? '';
    if (day < from || (to !== undefined && day > to)) return false;
    if (first !== undefined && t >= Number(first)) return false;
    return last === undefined || t >= count - Number(last);
  });
  return rowsAt(panel, kept);
}

export function matrixOf(value: unknown): Rows | undefined {
  if (typeof value === 'string') {
    const size = /(\d+)\s*x\s*\d+ identity/.exec(value)?.[1];
    return size === undefined ? undefined : build(Number(size), (i, j) => (i === j ? 1 : 0));
  }
  if (Array.isArray(value)) return (value as number[][]).map((one) => Float64Array.from(one));
  if (typeof value !== 'object' || value === null) return undefined;
  const record = value as Record<string, Record<string, number>>;
  const names = Object.keys(record);
  return names.map((one) => Float64Array.from(names, (other) => record[one]?.[other] ?? NaN));
}

/** The row's matrix by one of these names, or the first one among its inputs. */
export function matrixNamed(row: AnchorRow, ...names: readonly string[]): Rows | undefined {
  const stated = matrixOf(given(row, ...names));
  if (stated) return stated;
  const first = Object.entries(peeked(row.inputs)).find(
    ([, value]) => Array.isArray(value) && Array.isArray(value[0]),
  );
  return matrixOf(first && row.inputs[first[0]]);
}

export interface RiskInput {
  readonly names: readonly string[];
  readonly covariance: Rows;
}

/** The covariance the row gives or describes. */
export function covarianceInput(row: AnchorRow, files: AnchorFiles): RiskInput {
  const stated = given(row, 'cov', 'covariance', 'cov_matrix', 'sigma', 'S');
  const assets = given(row, 'assets', 'names', 'tickers');
  const names = Array.isArray(assets) ? (assets as string[]) : [];
  const whole = matrixOf(stated);
  if (whole) {
    const own =
      Array.isArray(stated) || typeof stated === 'string' ? names : Object.keys(stated as object);
    return { names: own, covariance: whole };
  }
  const rho = matrixOf(given(row, 'corr', 'correlation', 'correlations', 'corr_matrix'));
  const variances = vectorOf(
    given(row, 'cov_diag', 'variances', 'variance'),
    names,
    rho?.length ?? 0,
  );
  const spread = given(
    row,
    ...['volatility', 'volatilities', 'vol', 'std', 'stdev', 'stdevs', 'sd', 'deviations'],
    ...['standard_deviation', 'standard_deviations', 'sigma'],
  );
  const volatility = vectorOf(spread, names, rho?.length ?? 0) ?? variances?.map(Math.sqrt);
  const size = rho?.length ?? volatility?.length;
  if (size !== undefined)
    return {
      names,
      covariance: covarianceOf(
        rho ?? build(size, (i, j) => (i === j ? 1 : 0)),
        volatility ?? new Float64Array(size).fill(1),
      ),
    };
  const panel = returnsOf(row, files);
  return {
    names: panel.names,
    covariance: describedCovariance(row, textOf(row, 'cov', 'covariance'), panel.columns),
  };
}

function describedCovariance(row: AnchorRow, text: string, columns: readonly Float64Array[]): Rows {
  const years = yearsIn(text);
  const filled = gapsAsZero(columns);
  if (/semi/i.test(text))
    return annualisedCovariance(semicovariance(columns, numberIn(text, 'benchmark')), years);
  if (/exp|ewm/i.test(text))
    return annualisedCovariance(
      recentCovariance(columns, { span: numberIn(text, 'span') ?? 180 }),
      years,
    );
  if (/oas|oracle/i.test(text))
    return annualisedCovariance(
      oracleApproximatingCovariance(filled, 'scikit-learn').covariance,
      years,
    );
  if (/single.?factor/i.test(text))
    return annualisedCovariance(shrunkCovariance(filled, 'single-factor').covariance, years);
  if (/constant.?corr/i.test(text)) {
    const sample = sampleCovariance(columns);
    return annualisedCovariance(
      shrunkCovariance(filled, 'constant-correlation', { sample }).covariance,
      years,
    );
  }
  if (/ledoit|shrink/i.test(text))
    return annualisedCovariance(shrunkCovariance(filled, 'identity').covariance, years);
  const ddof = numberIn(text, 'ddof') ?? ddofOf(row, 1);
  return annualisedCovariance(sampleCovariance(columns, { ddof }), years);
}

/** 252 of `sample_cov (252)`, `exp_cov(span=180, 252)` or `sample cov*252`; else 1. */
function yearsIn(text: string): number {
  const found = /(?:\*\s*|\(|,\s*|frequency\s*=?\s*)(\d+)\s*\)?\s*$/.exec(text.trim())?.[1];
  return found === undefined ? 1 : Number(found);
}

/** The expected returns the row gives or describes. */
export function expectedInput(row: AnchorRow, files: AnchorFiles): Float64Array {
  const stated = given(row, 'mu', 'expected_returns', 'mean');
  const text = typeof stated === 'string' ? stated : '';
  if (text !== '') return describedMeans(text, returnsOf(row, files).columns);
  const vector = vectorOf(stated, [], 0);
  if (!vector) throw new NotSupported('the row gives no expected returns');
  return vector;
}

/** Of words such as `ema_historical_return (span 500, compounding, 252)`. */
export function describedMeans(text: string, columns: readonly Float64Array[]): Float64Array {
  // Functions by their name have their library's defaults.
  const named = /(mean|ema)_historical_return|capm_return/.test(text);
  const stated = yearsIn(text);
  const arithmetic = /arithmetic|compounding\s*=\s*false/i.test(text);
  const options = {
    periodsPerYear: named && stated === 1 ? 252 : stated,
    compounding: !arithmetic && (named || /compound/.test(text)),
  };
  if (/ema|exponential/.test(text))
    return recentMeanReturns(columns, { span: numberIn(text, 'span') ?? 500 }, options);
  return meanReturns(columns, options);
}

export function riskFreeOf(row: AnchorRow): number {
  const words = textOf(row, 'performance', 'sharpe', 'formula');
  const inWords = numberIn(words, '(?:rf|risk.free(?: rate)?)');
  return numberOf(row, 'risk_free_rate', 'risk_free', 'rf') ?? inWords ?? 0;
}
