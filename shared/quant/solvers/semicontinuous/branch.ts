/** A branch as the interior-point method takes it: what may still move, and the constraints among that. */
import { at, dot } from '#shared/quant/linear-algebra/matrix.ts';
import { rowCounts } from './bound.ts';
import { FREE, HELD, OUT, type PreparedProgram } from './semicontinuous-program.ts';

export interface Branch {
  readonly program: PreparedProgram;
  readonly states: Int8Array;
  /** Variables that may move, and which of them are free choices. */
  readonly moving: Int32Array;
  readonly isFree: Uint8Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** How many of the free choices may still be held; Infinity where the count does not bind. */
  readonly left: number;
  /** Rows `<=` and equations over what moves, one after the other, and their numbers in the program. */
  readonly rows: Float64Array;
  readonly bounds: Float64Array;
  readonly rowNumbers: Int32Array;
  readonly equations: Float64Array;
  readonly totals: Float64Array;
  /** Values of what does not move. */
  readonly fixed: Float64Array;
}

const ROUNDING = 1e-9;
/** A choice of one size has no inside; this share of it makes one. */
const INSIDE_RATIO = 1e-7;

/** @returns undefined where a row or the count cannot hold */
export function branchOf(program: PreparedProgram, states: Int8Array): Branch | undefined {
  const { choices, countMax, variables, normals, equations } = program;
  const counted = states.subarray(0, choices);
  const held = counted.filter((state) => state === HELD).length;
  const free = counted.filter((state) => state === FREE).length;
  if (held > countMax) return undefined;
  const fixed = new Float64Array(variables);
  const moving: number[] = [];
  for (let i = 0; i < variables; i += 1) {
    if (states[i] === OUT) continue;
    const [low, high] = [at(program.low, i), at(program.high, i)];
    if (high < low - ROUNDING) return undefined;
    if (states[i] === HELD && high - low < ROUNDING) fixed[i] = low;
    else moving.push(i);
  }
  const kept = normals.flatMap((_, r) => (rowCounts(program, states, r) ? [r] : []));
  const rest = kept.map((r) => at(program.bounds, r) - dot(normals[r] ?? [], fixed));
  const isEmpty = (normal: Float64Array | undefined) =>
    moving.every((i) => at(normal ?? [], i) === 0);
  if (kept.some((r, k) => at(rest, k) < -ROUNDING && isEmpty(normals[r]))) return undefined;
  const open = kept.flatMap((r, k) => (isEmpty(normals[r]) ? [] : [{ r, bound: at(rest, k) }]));
  const totals = equations.map(({ coefficients, bound }) => bound - dot(coefficients, fixed));
  const pick = (normal: Float64Array | undefined) => moving.map((i) => at(normal ?? [], i));
  return {
    ...{ program, states, fixed },
    moving: Int32Array.from(moving),
    isFree: Uint8Array.from(moving, (i) => (states[i] === FREE ? 1 : 0)),
    low: Float64Array.from(moving, (i) => lowOf(program, states, i)),
    high: Float64Array.from(moving, (i) => at(program.high, i)),
    left: free > countMax - held ? countMax - held : Infinity,
    rows: Float64Array.from(open.flatMap(({ r }) => pick(normals[r]))),
    bounds: Float64Array.from(open, ({ bound }) => bound),
    rowNumbers: Int32Array.from(open, ({ r }) => r),
    equations: Float64Array.from(equations.flatMap(({ coefficients }) => pick(coefficients))),
    totals: Float64Array.from(totals),
  };
}

function lowOf({ low, high }: PreparedProgram, states: Int8Array, i: number): number {
  return states[i] === FREE ? Math.min(at(low, i), at(high, i) * (1 - INSIDE_RATIO)) : at(low, i);
}
