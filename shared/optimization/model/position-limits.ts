/**
 * Limits that split the space: at most so many positions, none smaller than so much. Branch and
 * bound: where the answer without these limits breaks one, a security is either left out or held, and
 * both are tried; a branch whose answer is no better than the best one known is cut. Exact as long as
 * the nodes last; beyond that the best one found is answered, and that it is not proven is said.
 */
import { at } from '#shared/quant/linear-algebra/matrix.ts';
import { unit, type LinearRow } from '#shared/quant/solvers/quadratic-program.ts';
import type { Solution } from './objectives.ts';

/** A weight below this is no position. */
export const WEIGHT_ZERO = 1e-9;

export interface PositionLimits {
  readonly countMax?: number | undefined;
  readonly sizeMin?: number | undefined;
}

export interface Branched {
  readonly solution: Solution;
  /** False when the limit of nodes was reached before every branch was cut. */
  readonly proven: boolean;
  readonly nodes: number;
}

interface Branch {
  readonly out: ReadonlySet<number>;
  readonly held: ReadonlySet<number>;
}

/** Solves with rows added. */
export type SolveWith = (rows: readonly LinearRow[]) => Solution | undefined;

/** @returns undefined when there is no answer; when not `proven`, none was found */
export function solveWithPositionLimits(
  solve: SolveWith,
  variables: number,
  limits: PositionLimits,
  nodesMax: number,
): Branched | { solution: undefined; proven: boolean; nodes: number } {
  const attempt = (branch: Branch): Solution | undefined =>
    solve(branchRows(variables, branch, limits));
  const open: Branch[] = [{ out: new Set(), held: new Set() }];
  let best: Solution | undefined;
  let nodes = 0;
  for (let branch = open.pop(); branch && nodes < nodesMax; branch = open.pop()) {
    nodes += 1;
    const solution = attempt(branch);
    if (!solution || (best && !isBetter(solution, best))) continue;
    const at = splitAt(solution.weights, branch, limits);
    if (at === undefined) {
      best = solution;
      continue;
    }
    if (nodes === 1) {
      const guess = rounded(solution, attempt, limits);
      if (guess) best = guess;
    }
    open.push(...children(branch, at, solution.weights, limits));
  }
  const proven = open.length === 0 && nodes < nodesMax;
  return best ? { solution: best, proven, nodes } : { solution: undefined, proven, nodes };
}

/** More invested first, then less loss. */
function isBetter(a: Solution, b: Solution): boolean {
  if (Math.abs(a.invested - b.invested) > 1e-9) return a.invested > b.invested;
  return a.loss < b.loss - 1e-12;
}

function branchRows(
  variables: number,
  { out, held }: Branch,
  { sizeMin = 0 }: PositionLimits,
): LinearRow[] {
  const row = (i: number, relation: '<=' | '>=', bound: number): LinearRow => ({
    coefficients: unit(variables, i),
    relation,
    bound,
  });
  return [
    ...[...out].map((i) => row(i, '<=', 0)),
    ...(sizeMin > 0 ? [...held].map((i) => row(i, '>=', sizeMin)) : []),
  ];
}

/** A security whose weight breaks a limit; undefined when none does. */
function splitAt(
  weights: Float64Array,
  { held }: Branch,
  { countMax = Infinity, sizeMin = 0 }: PositionLimits,
): number | undefined {
  const positions = positionsOf(weights);
  const undecided = positions.filter((i) => !held.has(i));
  const small = undecided.filter((i) => at(weights, i) < sizeMin - 1e-9);
  if (small.length > 0) return heaviest(small, weights);
  return positions.length > countMax ? heaviest(undecided, weights) : undefined;
}

/** The branch that the weights lean to is pushed last, so that it is tried first. */
function children(
  branch: Branch,
  at: number,
  weights: Float64Array,
  { countMax = Infinity, sizeMin = 0 }: PositionLimits,
): Branch[] {
  const out: Branch = { ...branch, out: new Set([...branch.out, at]) };
  const held = new Set([...branch.held, at]);
  if (held.size > countMax) return [out];
  const others = held.size < countMax ? [] : [...weights.keys()].filter((i) => !held.has(i));
  const inside: Branch = { held, out: new Set([...branch.out, ...others]) };
  return (weights[at] ?? 0) < sizeMin / 2 ? [inside, out] : [out, inside];
}

/** A first answer: leave out the smallest positions until the limits hold. */
function rounded(
  first: Solution,
  attempt: (branch: Branch) => Solution | undefined,
  { countMax = Infinity, sizeMin = 0 }: PositionLimits,
): Solution | undefined {
  let solution: Solution | undefined = first;
  let out: ReadonlySet<number> = new Set();
  for (let round = 0; solution && round < 20; round += 1) {
    const { weights } = solution;
    const byWeight = positionsOf(weights).sort((a, b) => at(weights, b) - at(weights, a));
    const kept = byWeight
      .slice(0, countMax)
      .filter((i, k) => k === 0 || !isSmall(weights, i, sizeMin));
    if (kept.length === byWeight.length && !kept.some((i) => isSmall(weights, i, sizeMin)))
      return round === 0 ? undefined : solution;
    out = new Set([...weights.keys()].filter((i) => out.has(i) || !kept.includes(i)));
    solution = attempt({ out, held: new Set() });
  }
  return undefined;
}

function isSmall(weights: Float64Array, i: number, sizeMin: number): boolean {
  return at(weights, i) < sizeMin - 1e-9;
}

function positionsOf(weights: Float64Array): number[] {
  return [...weights.keys()].filter((i) => at(weights, i) > WEIGHT_ZERO);
}

function heaviest(indices: readonly number[], weights: Float64Array): number | undefined {
  return indices.reduce<number | undefined>(
    (best, i) => (best === undefined || at(weights, i) > at(weights, best) ? i : best),
    undefined,
  );
}
