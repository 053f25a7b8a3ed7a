/**
 * Quadratic programs some of whose variables are 0 or within bounds above 0, and of which only so many may
 * be above 0: positions with a smallest size and a number that is limited.
 */
import { at, cell, type Rows } from '#shared/quant/linear-algebra/matrix.ts';
import { isPositiveDefinite } from '#shared/quant/linear-algebra/cholesky.ts';
import { separablePart } from '#shared/quant/linear-algebra/separable-part.ts';
import type { LinearRow } from '#shared/quant/solvers/quadratic-program.ts';

/** Smallest x'Qx/2 + c'x; where `quadraticMax` is given, smallest c'x with x'Qx/2 at most that. */
export interface SemicontinuousProgram {
  /** Symmetric, positive semidefinite. */
  readonly quadratic: Rows;
  readonly linear: Float64Array;
  readonly quadraticMax?: number | undefined;
  /** So many variables, the first ones, are 0 or within their bounds; the others within their bounds. */
  readonly choices: number;
  /** Not below 0 for choices; finite. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** Choices that may not be 0. */
  readonly required?: ReadonlySet<number> | undefined;
  /** Most choices that are not 0; Infinity where their number is not limited. */
  readonly countMax: number;
  readonly rows: readonly LinearRow[];
  /** Further rows, each of which holds where its variable is not 0. */
  readonly rowsIfHeld?: ReadonlyMap<number, LinearRow> | undefined;
}

/** What a branch has decided of each variable. */
export const [OUT, FREE, HELD] = [-1, 0, 1] as const;

/** A program as the relaxation takes it: rows `<=` and equations, all matrices in one piece. */
export interface PreparedProgram {
  readonly variables: number;
  readonly choices: number;
  readonly required: ReadonlySet<number>;
  readonly countMax: number;
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly linear: Float64Array;
  /** Q - D, row by row, and D: the part that is a sum over single choices. */
  readonly coupled: Float64Array;
  readonly own: Float64Array;
  /** No point within the bounds has more; a greater bound says that there is none within the rows. */
  readonly most: number;
  readonly quadraticMax: number | undefined;
  readonly normals: readonly Float64Array[];
  readonly bounds: Float64Array;
  /** The variable that has to be held for the row to count; -1: it always does. */
  readonly ifHeld: Int32Array;
  readonly equations: readonly LinearRow[];
}

export function prepared(program: SemicontinuousProgram): PreparedProgram {
  const { choices, linear, quadratic, rows, rowsIfHeld = new Map<number, LinearRow>() } = program;
  const size = linear.length;
  const own = new Float64Array(size);
  own.set(separable(quadratic, choices));
  const coupled = new Float64Array(size * size);
  for (let i = 0; i < size; i += 1)
    for (let j = 0; j < size; j += 1)
      coupled[i * size + j] = cell(quadratic, i, j) - (i === j ? at(own, i) : 0);
  const always = rows.filter(({ relation }) => relation !== '=');
  const inequalities = [...always, ...rowsIfHeld.values()].map(turned);
  return {
    required: program.required ?? new Set(),
    ...{ variables: size, choices, linear, coupled, own, quadraticMax: program.quadraticMax },
    ...{ most: mostOf(program), countMax: program.countMax, low: program.low, high: program.high },
    normals: inequalities.map(({ coefficients }) => coefficients),
    bounds: Float64Array.from(inequalities, ({ bound }) => bound),
    ifHeld: Int32Array.from([...always.map(() => -1), ...rowsIfHeld.keys()]),
    equations: rows.filter(({ relation }) => relation === '='),
  };
}

function mostOf({ linear, quadratic, quadraticMax, low, high }: SemicontinuousProgram): number {
  const reach = high.map((value, i) => Math.max(Math.abs(value), Math.abs(at(low, i))));
  let [straight, curved] = [0, 0];
  for (let i = 0; i < linear.length; i += 1) {
    straight += Math.abs(at(linear, i)) * at(reach, i);
    for (let j = 0; j < linear.length; j += 1)
      curved += (Math.abs(cell(quadratic, i, j)) * at(reach, i) * at(reach, j)) / 2;
  }
  return 2 * (straight + (quadraticMax === undefined ? curved : 0)) + 1e-6;
}

/** The diagonal that may be taken off the choices' part; nothing where there is no risk. */
function separable(quadratic: Rows, choices: number): Float64Array {
  const part = new Float64Array(choices * choices);
  for (let i = 0; i < choices; i += 1)
    for (let j = 0; j < choices; j += 1) part[i * choices + j] = cell(quadratic, i, j);
  if (part.every((value) => value === 0)) return new Float64Array(choices);
  const most = separablePart(part, choices).map((value) => Math.max(0, value));
  const scale = Math.max(...most, 1e-300);
  for (let share = 1; share > 1e-3; share /= 2) {
    const own = most.map((value) => share * value);
    const rest = Array.from({ length: choices }, (_, i) =>
      Float64Array.from(
        { length: choices },
        (_v, j) => cell(quadratic, i, j) - (i === j ? at(own, i) : 0),
      ),
    );
    if (isPositiveDefinite(rest, 1e-9 * scale)) return own;
  }
  return new Float64Array(choices);
}

/** As a row `<=` of norm 1. */
function turned({ coefficients, relation, bound }: LinearRow): LinearRow {
  const norm = Math.hypot(...coefficients) || 1;
  const factor = (relation === '>=' ? -1 : 1) / norm;
  return {
    coefficients: coefficients.map((value) => value * factor),
    relation: '<=',
    bound: bound * factor,
  };
}
