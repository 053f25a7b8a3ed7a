/** Bounds, sums, groups, linear conditions, ridges and costs of portfolio rows, as one program's rows. */
import { unit, type LinearRow } from '#shared/quant/solvers/quadratic-program.ts';
import { linearCondition } from '../rows/linear-condition.ts';
import { allWords, given, isTrue, numberIn, numberOf } from '../rows/row-conventions.ts';
import { NotSupported, type AnchorRow } from '../rows/anchor-row.ts';

export interface PortfolioLimits {
  readonly variables: number;
  readonly rows: readonly LinearRow[];
  /** Infinite where there is no bound. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly total: number;
  readonly ridge: number;
  readonly costs: Float64Array | undefined;
  /** Whether bounds and the sum are all there is. */
  readonly isBox: boolean;
}

type Condition = Omit<LinearRow, 'coefficients'> & {
  readonly coefficients: ReadonlyMap<number, number>;
};

/** Variables: weights, then absolute changes, then absolute weights, where the row limits them. */
export function limitsOf(row: AnchorRow, names: readonly string[], size: number): PortfolioLimits {
  requireKnown(row);
  const [low, high] = boundsOf(row, names, size);
  const total = totalOf(row);
  const conditions: Condition[] = [
    ...sumRows(row, total, size),
    ...groupRows(row, names),
    ...stated(row, names),
  ];
  const costs = new Map<number, number>();
  let variables = size;
  const absolute = (from: Float64Array): number => {
    const start = variables;
    variables += size;
    for (let i = 0; i < size; i += 1)
      for (const sign of [1, -1])
        conditions.push({
          coefficients: new Map([
            [start + i, 1],
            [i, -sign],
          ]),
          relation: '>=',
          bound: -sign * (from[i] ?? 0),
        });
    return start;
  };
  const all = (start: number) =>
    new Map(Array.from({ length: size }, (_, i) => [start + i, 1] as const));
  const before = previousOf(row, names, size);
  const turnover = numberOf(row, 'max_turnover', 'turnover', 'turnover_max', 'turnover_limit');
  const rate = costRate(row);
  if (before && (turnover !== undefined || rate > 0)) {
    const start = absolute(before);
    if (turnover !== undefined)
      conditions.push({ coefficients: all(start), relation: '<=', bound: turnover });
    for (let i = 0; i < size && rate > 0; i += 1) costs.set(start + i, rate);
  }
  const gross = numberOf(
    row,
    'gross_max',
    'max_gross',
    'gross_exposure',
    'leverage',
    'l1_norm',
    'abs_exposure',
  );
  if (gross !== undefined)
    conditions.push({
      coefficients: all(absolute(new Float64Array(size))),
      relation: '<=',
      bound: gross,
    });
  const dense = (coefficients: ReadonlyMap<number, number>) => {
    const vector = new Float64Array(variables);
    coefficients.forEach((value, i) => (vector[i] = value));
    return vector;
  };
  return {
    variables,
    rows: [
      ...conditions.map((one): LinearRow => ({ ...one, coefficients: dense(one.coefficients) })),
      ...boundRows(variables, low, high),
    ],
    ...{ low, high, total },
    ridge: ridgeOf(row),
    costs: costs.size > 0 ? dense(costs) : undefined,
    isBox: conditions.length === 1 && costs.size === 0 && ridgeOf(row) === 0,
  };
}

function boundRows(variables: number, low: Float64Array, high: Float64Array): LinearRow[] {
  return [...low.keys()].flatMap((i) => {
    const coefficients = unit(variables, i);
    const [l, h] = [low[i] ?? -Infinity, high[i] ?? Infinity];
    return [
      ...(l > -Infinity ? [{ coefficients, relation: '>=', bound: l } as const] : []),
      ...(h < Infinity ? [{ coefficients, relation: '<=', bound: h } as const] : []),
    ];
  });
}

type Bound = number | null;

/** `[low, high]`, a pair for each security, two lists, or records by name; null is no bound. */
function boundsOf(
  row: AnchorRow,
  names: readonly string[],
  size: number,
): readonly [Float64Array, Float64Array] {
  const value = given(row, 'bounds', 'weight_bounds', 'box');
  const low = sideOf(
    given(row, 'min_weights', 'lower', 'lower_bounds', 'lb', 'min_weight'),
    names,
    size,
    0,
  );
  const high = sideOf(
    given(row, 'max_weights', 'upper', 'upper_bounds', 'ub', 'max_weight'),
    names,
    size,
    1,
  );
  if (value === undefined || value === null) return [low, high];
  if (typeof value === 'string') return pairs(alternating(value, size));
  if (!Array.isArray(value)) {
    const record = value as Record<string, readonly Bound[]>;
    return pairs(names.map((name) => record[name] ?? [0, 1]));
  }
  const list = value as (Bound | readonly Bound[])[];
  if (!Array.isArray(list[0]))
    return [sideOf(list[0] ?? -Infinity, [], size, 0), sideOf(list[1] ?? Infinity, [], size, 1)];
  const lists = list as (readonly Bound[])[];
  if (lists.length === 2 && size !== 2)
    return [sideOf(lists[0], [], size, 0), sideOf(lists[1], [], size, 1)];
  return pairs(lists);
}

/** Of `assets alternate (0.03,0.22),(0.05,0.16)`: the pairs in turn. */
function alternating(text: string, size: number): readonly (readonly Bound[])[] {
  if (/none/i.test(text)) return Array.from({ length: size }, () => [null, null]);
  if (/long only/i.test(text)) return Array.from({ length: size }, () => [0, 1]);
  const listed = [...text.matchAll(/\(\s*(-?[\d.]+)\s*,\s*(-?[\d.]+)\s*\)/g)];
  const pairsInTurn = listed.map(([, low, high]) => [Number(low), Number(high)] as const);
  if (!/alternate/.test(text) || pairsInTurn.length === 0)
    throw new NotSupported(`no bounds "${text}"`);
  return Array.from({ length: size }, (_, i) => pairsInTurn[i % pairsInTurn.length] ?? []);
}

function pairs(list: readonly (readonly Bound[])[]): readonly [Float64Array, Float64Array] {
  return [
    Float64Array.from(list, ([low]) => low ?? -Infinity),
    Float64Array.from(list, ([, high]) => high ?? Infinity),
  ];
}

function sideOf(value: unknown, names: readonly string[], size: number, side: 0 | 1): Float64Array {
  const none = side === 0 ? -Infinity : Infinity;
  if (typeof value === 'number') return new Float64Array(size).fill(value);
  if (Array.isArray(value)) return Float64Array.from(value as Bound[], (one) => one ?? none);
  if (value !== null && typeof value === 'object') {
    const record = value as Record<string, Bound>;
    return Float64Array.from(names, (name) => (name in record ? (record[name] ?? none) : side));
  }
  return new Float64Array(size).fill(side);
}

function totalOf(row: AnchorRow): number {
  if (isTrue(row, false, 'market_neutral')) return 0;
  return numberOf(row, 'sum', 'budget', 'total', 'sum_of_weights', 'weights_sum') ?? 1;
}

function sumRows(row: AnchorRow, total: number, size: number): Condition[] {
  const value = given(row, 'sum', 'budget');
  const coefficients = new Map(Array.from({ length: size }, (_, i) => [i, 1] as const));
  const [low, high] = Array.isArray(value)
    ? (value as Bound[])
    : [numberOf(row, 'min_budget', 'sum_min'), numberOf(row, 'max_budget', 'sum_max')];
  if (value === null || (typeof value === 'string' && /free|none|no /i.test(value))) return [];
  if (typeof low !== 'number' && typeof high !== 'number')
    return [{ coefficients, relation: '=', bound: total }];
  return [
    ...(typeof low === 'number' ? [{ coefficients, relation: '>=', bound: low } as const] : []),
    ...(typeof high === 'number' ? [{ coefficients, relation: '<=', bound: high } as const] : []),
  ];
}

function groupRows(row: AnchorRow, names: readonly string[]): Condition[] {
  const groups = given(row, 'sector', 'sectors', 'sector_mapper', 'groups', 'group', 'country');
  const upper = given(
    row,
    'sector_upper',
    'group_upper',
    'sector_max',
    'groups_upper',
    'country_upper',
  );
  const lower = given(
    row,
    'sector_lower',
    'group_lower',
    'sector_min',
    'groups_lower',
    'country_lower',
  );
  const member = (group: string) =>
    new Map(
      names.flatMap((name, i) => {
        const own = Array.isArray(groups)
          ? (groups as string[])[i]
          : (groups as Record<string, string> | undefined)?.[name];
        return own === group ? [[i, 1] as const] : [];
      }),
    );
  const rowsOf = (limits: unknown, relation: '<=' | '>='): Condition[] =>
    Object.entries((limits ?? {}) as Record<string, number>).map(([group, bound]) => ({
      coefficients: member(group),
      relation,
      bound,
    }));
  return [...rowsOf(upper, '<='), ...rowsOf(lower, '>=')];
}

/** Conditions in words, such as `w[3] + w[4] <= 0.1` or `AAPL >= 0.05`; or rows of A w <= b. */
function stated(row: AnchorRow, names: readonly string[]): Condition[] {
  const words = [given(row, 'constraints', 'constraint', 'linear_constraints', 'extra_constraints')]
    .flat()
    .filter((one): one is string => typeof one === 'string')
    .flatMap((text) => text.split(/[,;](?![^[]*\])|\s+and\s+/))
    .filter((text) => text.trim() !== '');
  const matrix = (a: unknown, b: unknown, relation: '<=' | '='): Condition[] =>
    Array.isArray(a) && Array.isArray(b)
      ? (a as number[][]).map((coefficients, k) => ({
          coefficients: new Map(coefficients.map((value, i) => [i, value] as const)),
          relation,
          bound: (b as number[])[k] ?? 0,
        }))
      : [];
  return [
    ...words.map((text) => linearCondition(text, names)),
    ...matrix(
      given(row, 'A_ub', 'A', 'left_inequality', 'G'),
      given(row, 'b_ub', 'b', 'right_inequality', 'h'),
      '<=',
    ),
    ...matrix(given(row, 'A_eq'), given(row, 'b_eq'), '='),
  ];
}

function previousOf(
  row: AnchorRow,
  names: readonly string[],
  size: number,
): Float64Array | undefined {
  const value = given(
    row,
    'w_prev',
    'previous_weights',
    'prev_weights',
    'current_weights',
    'w0',
    'previous',
  );
  if (typeof value === 'string') return new Float64Array(size).fill(eachOf(value, size));
  if (typeof value === 'number') return new Float64Array(size).fill(value);
  if (Array.isArray(value)) return Float64Array.from(value as number[]);
  if (value === null || typeof value !== 'object') return undefined;
  return Float64Array.from(names, (name) => (value as Record<string, number>)[name] ?? 0);
}

/** Of `1/8 each`, `equal weights, 1/5 each` or `cash`. */
function eachOf(text: string, size: number): number {
  if (/cash/i.test(text)) return 0;
  const stated = /(\d*\.?\d+)\s*(?:\/\s*(\d+|n))?\s*each/i.exec(text);
  if (!stated) return 1 / size;
  const each = Number(stated[1]) / (stated[2] === 'n' ? size : Number(stated[2] ?? 1));
  if (/equal/i.test(text) && Math.abs(each - 1 / size) > 1e-12)
    throw new NotSupported(`equal weights of ${size} securities that are ${each}`);
  return each;
}

/** PyPortfolioOpt's `transaction_cost` is 0.001 of what is traded unless told otherwise. */
function costRate(row: AnchorRow): number {
  const named = numberOf(row, 'transaction_cost', 'transaction_costs', 'cost_rate', 'tx_cost', 'k');
  if (named !== undefined) return named;
  return /transaction.?cost|tx.?cost/.test(allWords(row)) ? 0.001 : 0;
}

/** PyPortfolioOpt's `L2_reg` has gamma 1 unless told otherwise. */
function ridgeOf(row: AnchorRow): number {
  const named = numberOf(row, 'gamma', 'l2_gamma', 'l2', 'l2_coef', 'ridge');
  if (named !== undefined) return named;
  const words = allWords(row);
  return /\bl2\b|l2_reg/.test(words) ? (numberIn(words, 'gamma') ?? 1) : 0;
}

/** A limit that rows state and this project does not know must not be passed over. */
function requireKnown(row: AnchorRow): void {
  for (const name of Object.keys(row.parameters))
    if (/barrier|cardinality|max_assets|integer|threshold/i.test(name))
      throw new NotSupported(`no ${name}`);
}
