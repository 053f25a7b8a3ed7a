/** The programs that an installation solves: tail risk over scenarios, variance within groups. */
import { normal, seededRandom } from '#shared/kernel/random.ts';
import { sparse, type Triplet } from '#shared/quant/linear-algebra/sparse.ts';
import type { RowProgram } from '#shared/quant/solvers/row-program.ts';

const SEED = 'solvers 1';
const WORST_RATIO = 0.05;
const GROUPS = 10;
const GROUP_MAX_RATIO = 0.15;

export const programs: Readonly<Record<string, () => RowProgram>> = {
  'CVaR, 40 securities, 1250 days': () => cvar(40, 1250),
  'CVaR, 200 securities, 1250 days': () => cvar(200, 1250),
  'variance, 40 securities, 10 groups': () => variance(40),
  'variance, 200 securities, 10 groups': () => variance(200),
};

/** Returns of each day: one factor and what is the security's own. */
function scenarios(securities: number, days: number): Float64Array[] {
  const random = seededRandom(SEED);
  return Array.from({ length: days }, () => {
    const market = 0.0003 + 0.01 * normal(random);
    return Float64Array.from({ length: securities }, () => market + 0.012 * normal(random));
  });
}

/** Rockafellar and Uryasev (2000): weights, the value at risk, and each day's loss beyond it. */
function cvar(securities: number, days: number): RowProgram {
  const size = securities + 1 + days;
  const entries = scenarios(securities, days).flatMap((day, t): Triplet[] => [
    ...Array.from(day, (value, i): Triplet => [t, i, value]),
    [t, securities, 1],
    [t, securities + 1 + t, 1],
  ]);
  const bounded = [...weightsOf(securities), ...range(securities + 1, size)];
  const linear = new Float64Array(size).fill(1 / (WORST_RATIO * days), securities + 1);
  linear[securities] = 1;
  return within({ securities, linear, entries, count: days, least: 0, bounded });
}

function variance(securities: number): RowProgram {
  const days = 504;
  const returns = scenarios(securities, days);
  const curved: Triplet[] = [];
  for (let i = 0; i < securities; i += 1)
    for (let j = 0; j < securities; j += 1)
      curved.push([
        i,
        j,
        returns.reduce((sum, r) => sum + 252 * (r[i] ?? 0) * (r[j] ?? 0), 0) / days,
      ]);
  const linear = new Float64Array(securities);
  const entries = weightsOf(securities).map((i): Triplet => [i % GROUPS, i, -1]);
  const bounded = weightsOf(securities);
  return within({
    securities,
    linear,
    curved,
    entries,
    count: GROUPS,
    least: -GROUP_MAX_RATIO,
    bounded,
  });
}

interface Parts {
  readonly securities: number;
  readonly linear: Float64Array;
  readonly curved?: readonly Triplet[];
  /** Of the first rows, each at least `least`. */
  readonly entries: readonly Triplet[];
  readonly count: number;
  readonly least: number;
  /** Variables that are at least 0. */
  readonly bounded: readonly number[];
}

/** The rows, the bounds, and weights that sum to 1. */
function within({
  securities,
  linear,
  curved = [],
  entries,
  count,
  least,
  bounded,
}: Parts): RowProgram {
  const size = linear.length;
  const whole = weightsOf(securities).map((i): Triplet => [count + bounded.length, i, 1]);
  const single = bounded.map((j, k): Triplet => [count + k, j, 1]);
  const rows = sparse(count + bounded.length + 1, size, [...entries, ...single, ...whole]);
  const low = new Float64Array(rows.rows).fill(least, 0, count);
  const high = new Float64Array(rows.rows).fill(Infinity);
  low[rows.rows - 1] = 1;
  high[rows.rows - 1] = 1;
  return { quadratic: sparse(size, size, [...curved]), linear, rows, low, high };
}

function weightsOf(securities: number): number[] {
  return range(0, securities);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, k) => from + k);
}
