/**
 * A bound that holds whatever point and multipliers it is computed from: the quadratic form coupled between
 * variables is replaced by its tangent, the rows are added with their multipliers, and what is left is a sum over
 * single variables, each of which is 0 or within its bounds (weak duality; Frangioni and Gentile 2007).
 */
import { at } from '#shared/quant/linear-algebra/matrix.ts';
import { FREE, HELD, OUT, type PreparedProgram } from './semicontinuous-program.ts';

/** Of the rows `<=` (not below 0), the equations, the count and the limit of the quadratic form. */
export interface Multipliers {
  readonly rows: Float64Array;
  readonly equations: Float64Array;
  readonly count: number;
  /** 1 where the quadratic form is part of what is made smallest. */
  readonly risk: number;
}

export interface Bound {
  /** No point of the branch has less. */
  readonly value: number;
  /** What it adds that a choice is held; what is not, adds 0. */
  readonly ifHeld: Float64Array;
}

/** @param left how many of the free choices may still be held */
export function boundAt(
  program: PreparedProgram,
  states: Int8Array,
  left: number,
  x: Float64Array,
  multipliers: Multipliers,
): Bound {
  const { variables, own, low, high, quadraticMax } = program;
  const { risk, count } = multipliers;
  const curved = coupledGradient(program, x);
  let value = constantOf(program, states, multipliers);
  for (let i = 0; i < variables; i += 1) value -= (risk * at(x, i) * at(curved, i)) / 2;
  if (quadraticMax !== undefined) value -= risk * quadraticMax;
  if (count > 0) value -= count * left;
  const slope = slopesOf(program, states, multipliers, curved);
  const ifHeld = new Float64Array(variables);
  for (let i = 0; i < variables; i += 1) {
    if (states[i] === OUT) continue;
    const price = states[i] === FREE ? count : 0;
    const cost = price + leastOf(risk * at(own, i), at(slope, i), at(low, i), at(high, i));
    ifHeld[i] = cost;
    value += states[i] === HELD ? cost : Math.min(0, cost);
  }
  return { value, ifHeld };
}

/** (Q - D) x */
export function coupledGradient({ coupled, variables }: PreparedProgram, x: Float64Array) {
  const gradient = new Float64Array(variables);
  for (let j = 0; j < variables; j += 1) {
    const value = at(x, j);
    if (value === 0) continue;
    const row = j * variables;
    for (let i = 0; i < variables; i += 1)
      gradient[i] = at(gradient, i) + value * at(coupled, row + i);
  }
  return gradient;
}

/** Whether a row counts in a branch. */
export function rowCounts({ ifHeld }: PreparedProgram, states: Int8Array, row: number): boolean {
  const variable = at(ifHeld, row);
  return variable < 0 || states[variable] === HELD;
}

function constantOf(
  program: PreparedProgram,
  states: Int8Array,
  { rows, equations }: Multipliers,
): number {
  let value = 0;
  for (let r = 0; r < rows.length; r += 1)
    if (rowCounts(program, states, r)) value -= at(rows, r) * at(program.bounds, r);
  program.equations.forEach(({ bound }, e) => (value -= at(equations, e) * bound));
  return value;
}

function slopesOf(
  program: PreparedProgram,
  states: Int8Array,
  { rows, equations, risk }: Multipliers,
  curved: Float64Array,
): Float64Array {
  const { linear, normals, variables } = program;
  const slope = linear.map((value, i) => value + risk * at(curved, i));
  const add = (normal: Float64Array, factor: number): void => {
    if (factor === 0) return;
    for (let i = 0; i < variables; i += 1) slope[i] = at(slope, i) + factor * at(normal, i);
  };
  normals.forEach((normal, r) => rowCounts(program, states, r) && add(normal, at(rows, r)));
  program.equations.forEach(({ coefficients }, e) => add(coefficients, at(equations, e)));
  return slope;
}

/** Least curve w²/2 + slope w within low and high. */
function leastOf(curve: number, slope: number, low: number, high: number): number {
  const best = curve > 0 ? -slope / curve : slope > 0 ? low : high;
  const w = Math.min(high, Math.max(low, best));
  return (curve * w * w) / 2 + slope * w;
}
