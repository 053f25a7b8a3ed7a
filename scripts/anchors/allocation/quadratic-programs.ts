/** Rows of general convex programs. */
import { solveRows } from '#shared/quant/solvers/convex-program.ts';
import { sparse, type Triplet } from '#shared/quant/linear-algebra/sparse.ts';
import { given, numberOf } from '../rows/row-conventions.ts';
import { NotSupported, type Adapter, type AnchorRow, type Compute } from '../rows/anchor-row.ts';
import { vocabularies } from '../rows/vocabularies.ts';

/** `[[i, j, value], …]`, or a dense matrix. */
function tripletsOf(row: AnchorRow, name: string): Triplet[] {
  const listed = given(row, `${name}_ijv`);
  if (Array.isArray(listed)) return listed as Triplet[];
  const dense = given(row, name);
  if (!Array.isArray(dense)) return [];
  return (dense as number[][]).flatMap((values, i) =>
    values.flatMap((value, j): Triplet[] => (value === 0 ? [] : [[i, j, value]])),
  );
}

function boundsOf(value: unknown, count: number, none: number): Float64Array {
  if (!Array.isArray(value)) return new Float64Array(count).fill(none);
  return Float64Array.from(value as (number | string | null)[], (one) =>
    one === null ? none : Number(one),
  );
}

const program: Compute = (row) => {
  const linear = Float64Array.from((given(row, 'q', 'c') ?? []) as number[]);
  const n = linear.length;
  if ((numberOf(row, 'n') ?? n) !== n) throw new NotSupported(`n other than the ${n} of q`);
  const a = tripletsOf(row, 'A');
  const m = numberOf(row, 'm') ?? a.reduce((most, [i]) => Math.max(most, i + 1), 0);
  const own = bounds(row, n, m);
  const answer = solveRows({
    quadratic: sparse(n, n, symmetric(tripletsOf(row, 'P'))),
    linear,
    rows: sparse(m + own.rows.length, n, [...a, ...own.rows]),
    low: Float64Array.from([...boundsOf(given(row, 'l'), m, -Infinity), ...own.low]),
    high: Float64Array.from([...boundsOf(given(row, 'u'), m, Infinity), ...own.high]),
  });
  if (answer.status === 'stalled') throw new NotSupported('no proof of an optimum was found');
  if (answer.status === 'infeasible') return typeof row.expected === 'string' ? 'infeasible' : null;
  if (answer.status === 'unbounded') return -Infinity;
  const value = answer.value + (numberOf(row, 'r') ?? 0);
  if (Array.isArray(row.expected)) return Array.from(answer.x);
  if (row.expected === null || typeof row.expected !== 'object') return value;
  const x = Array.from(answer.x);
  return { value, objective: value, optimum: value, obj: value, x, solution: x };
};

/** One triangle stands for both. */
function symmetric(triplets: readonly Triplet[]): readonly Triplet[] {
  const isLower = triplets.every(([i, j]) => i >= j);
  const isUpper = triplets.every(([i, j]) => i <= j);
  if (!isLower && !isUpper) return triplets;
  return triplets.flatMap(([i, j, value]): Triplet[] =>
    i === j
      ? [[i, j, value]]
      : [
          [i, j, value],
          [j, i, value],
        ],
  );
}

/** Bounds of the variables beside the rows, as rows of their own. */
function bounds(row: AnchorRow, n: number, m: number) {
  const [lower, upper] = [given(row, 'lb', 'lower', 'xl'), given(row, 'ub', 'upper', 'xu')];
  if (lower === undefined && upper === undefined)
    return { rows: [] as Triplet[], low: [] as number[], high: [] as number[] };
  return {
    rows: Array.from({ length: n }, (_, j): Triplet => [m + j, j, 1]),
    low: [...boundsOf(lower, n, -Infinity)],
    high: [...boundsOf(upper, n, Infinity)],
  };
}

export const quadraticPrograms: Adapter = {
  category: 'quadratic_programs',
  words: vocabularies.quadratic_programs,
  operations: [[/min|quadratic|qp|maros/i, program]],
};
