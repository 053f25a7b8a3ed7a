/**
 * Branch and bound over what is held: each branch is bounded by its perspective relaxation, choices whose other
 * state would cost more than the best answer known are settled, and the branch with the least bound is split at the
 * choice that is most undecided. The first answers come from rounding, and from changes of one choice at a time.
 */
import { at } from '#shared/quant/linear-algebra/matrix.ts';
import { branchOf, type Branch } from './branch.ts';
import {
  FREE,
  HELD,
  OUT,
  prepared,
  type PreparedProgram,
  type SemicontinuousProgram,
} from './semicontinuous-program.ts';
import { relaxed, type Aim, type Relaxed } from './perspective-relaxation.ts';

export interface SemicontinuousAnswer {
  /** Undefined where none was found. */
  readonly x: Float64Array | undefined;
  readonly objective: number;
  /** No answer has less; Infinity where there is none. */
  readonly bound: number;
  readonly nodes: number;
}

/** Work that may still be done, in multiplications of the factorisations; a count, so that answers repeat. */
export interface SearchBudget {
  left: number;
}

export interface SearchLimits {
  /** Shared by searches that belong to one answer. */
  readonly budget: SearchBudget;
  /** Something that is added to the objective, by which its precision is measured. */
  readonly offset?: number | undefined;
  /** The search ends at an answer that has no more than this. */
  readonly enough?: number | undefined;
  /** What an answer may hold, to start from. */
  readonly first?: readonly number[] | undefined;
  /** What is known to be reached already; answers that are no better are not looked for. */
  readonly known?: number | undefined;
}

interface Node {
  readonly states: Int8Array;
  readonly bound: number;
}

interface Search {
  readonly program: PreparedProgram;
  readonly budget: SearchBudget;
  readonly offset: number;
  readonly enough: number;
  /** Answers tried already, by what they hold. */
  readonly tried: Set<string>;
  x: Float64Array | undefined;
  objective: number;
  /** Least bound of what was cut off. */
  cut: number;
}

/** A millionth of what is made smallest. */
const GAP_RATIO = 1e-6;
const GAP_LEAST = 1e-11;
/** What a step costs beside its factorisation. */
const STEP_WORK = 20_000;
const FEASIBLE = 1e-7;
const DECIDED = 1e-4;

export function solveSemicontinuous(
  source: SemicontinuousProgram,
  { budget, offset = 0, enough = -Infinity, first, known = Infinity }: SearchLimits,
): SemicontinuousAnswer {
  const program = prepared(source);
  const start = { x: undefined, objective: known, cut: Infinity };
  const search: Search = { program, budget, offset, enough, tried: new Set(), ...start };
  if (first) attempt(search, holding(program, first));
  const open: Node[] = [{ states: firstStates(program), bound: -Infinity }];
  let nodes = 0;
  while (open.length > 0 && (nodes === 0 || budget.left > 0) && !isEnough(search)) {
    const node = taken(open, nodes % 4 !== 0 && search.x === undefined);
    if (node.bound >= cutoff(search)) {
      search.cut = Math.min(search.cut, node.bound);
      continue;
    }
    nodes += 1;
    open.push(...explored(search, node, nodes));
  }
  const left = Math.min(search.cut, ...open.map(({ bound }) => bound));
  const bound = search.x || known < Infinity ? Math.min(left, search.objective) : left;
  return { x: search.x, objective: search.objective, bound, nodes };
}

function isEnough({ x, objective, enough }: Search): boolean {
  return x !== undefined && objective <= enough;
}

/** What a bound has to reach for its branch to hold nothing better. */
function cutoff(search: Search): number {
  return search.objective - gapOf(search);
}

/** How near the bound has to be to the objective. */
function gapOf({ objective, offset }: Search): number {
  const size = Number.isFinite(objective) ? Math.abs(objective + offset) : 0;
  return Math.max(GAP_LEAST, GAP_RATIO * size);
}

/** Variables that are no choice, or cannot be 0, are held. */
function firstStates({ variables, choices, high, required }: PreparedProgram): Int8Array {
  return Int8Array.from({ length: variables }, (_, i) => {
    if (i >= choices || required.has(i)) return HELD;
    return at(high, i) <= 1e-12 ? OUT : FREE;
  });
}

/** The branch with the least bound; or, where no answer is known, the one that was opened last. */
function taken(open: Node[], last: boolean): Node {
  let best = open.length - 1;
  if (!last)
    open.forEach(({ bound }, k) => {
      if (bound < (open[best]?.bound ?? Infinity)) best = k;
    });
  const [node] = open.splice(best, 1);
  return node ?? { states: new Int8Array(0), bound: Infinity };
}

/** Branches that have to be examined further. */
function explored(search: Search, { states, bound }: Node, nodes: number): Node[] {
  const answer = relaxation(search, states);
  if (!answer) return [];
  const value = Math.max(bound, answer.value);
  if (value > cutoff(search)) return cutOff(search, value);
  if (isDecided(search, states, answer)) return [];
  if (nodes === 1 || nodes % 8 === 0) improve(search, states, answer, nodes === 1);
  else round(search, states, answer);
  if (value > cutoff(search)) return cutOff(search, value);
  const settled = settle(search, states, answer, value);
  const split = mostUndecided(search.program, settled, answer);
  if (split < 0) return leaf(search, settled, value);
  const child = (state: number): Node => {
    const next = Int8Array.from(settled);
    next[split] = state;
    return { states: next, bound: value };
  };
  return at(answer.z, split) > 0.5 ? [child(OUT), child(HELD)] : [child(HELD), child(OUT)];
}

function cutOff(search: Search, value: number): Node[] {
  search.cut = Math.min(search.cut, value);
  return [];
}

function relaxation(search: Search, states: Int8Array): Relaxed | undefined {
  const branch = branchOf(search.program, states);
  if (!branch) return undefined;
  const { most } = search.program;
  const aim = { cutoff: Math.min(cutoff(search), most), gap: gapOf(search) / 4 };
  const answer = solved(search, branch, aim);
  return answer.value > most ? undefined : answer;
}

function solved({ budget }: Search, branch: Branch, aim: Aim): Relaxed {
  const answer = relaxed(branch, aim);
  const n = branch.moving.length;
  budget.left -= answer.steps * (n * n * (n / 3 + branch.bounds.length / 2) + STEP_WORK);
  return answer;
}

/** Where each choice is held or not in the relaxation itself, that is an answer of its own. */
function isDecided(search: Search, states: Int8Array, answer: Relaxed): boolean {
  const { program } = search;
  for (let i = 0; i < program.choices; i += 1)
    if (states[i] === FREE && at(answer.z, i) > DECIDED && at(answer.z, i) < 1 - DECIDED)
      return false;
  const found = attempt(search, rounded(program, states, answer, 0.5));
  if (found === undefined || found - answer.value > gapOf(search)) return false;
  search.cut = Math.min(search.cut, answer.value);
  return true;
}

/** A branch in which nothing is left to decide. */
function leaf(search: Search, states: Int8Array, bound: number): Node[] {
  const answer = relaxation(search, states);
  if (!answer) return [];
  if (answer.violation < FEASIBLE) keep(search, answer);
  return cutOff(search, Math.max(bound, answer.value));
}

/** Choices that cannot be in the other state in any better answer. */
function settle(search: Search, states: Int8Array, { ifHeld, value: own }: Relaxed, value: number) {
  const { choices } = search.program;
  const next = Int8Array.from(states);
  for (let i = 0; i < choices; i += 1) {
    if (states[i] !== FREE) continue;
    const cost = at(ifHeld, i);
    const without = own - Math.min(0, cost);
    const other = cost > 0 ? own + cost : without;
    if (other <= cutoff(search)) continue;
    next[i] = cost > 0 ? OUT : HELD;
    search.cut = Math.min(search.cut, Math.max(value, other));
  }
  return next;
}

function mostUndecided({ choices }: PreparedProgram, states: Int8Array, { z }: Relaxed): number {
  let [best, most] = [-1, -1];
  for (let i = 0; i < choices; i += 1) {
    if (states[i] !== FREE) continue;
    const score = Math.min(at(z, i), 1 - at(z, i));
    if (score > most) [best, most] = [i, score];
  }
  return best;
}

/** What is held at least to a share is held, the largest shares first. */
function rounded(
  program: PreparedProgram,
  states: Int8Array,
  { z }: Relaxed,
  share: number,
): Int8Array {
  const { choices, countMax } = program;
  const ranked = Array.from({ length: choices }, (_, i) => i)
    .filter((i) => states[i] === HELD || (states[i] === FREE && at(z, i) >= share))
    .sort((a, b) => (states[b] ?? 0) - (states[a] ?? 0) || at(z, b) - at(z, a));
  return holding(program, ranked.slice(0, countMax));
}

function round(search: Search, states: Int8Array, answer: Relaxed): void {
  for (const share of [0.5, 1e-3]) attempt(search, rounded(search.program, states, answer, share));
}

/** The objective of the best answer that holds just these; undefined where there is none. */
function attempt(search: Search, states: Int8Array): number | undefined {
  const key = states.join('');
  if (search.tried.has(key)) return undefined;
  search.tried.add(key);
  const branch = branchOf(search.program, states);
  if (!branch) return undefined;
  const answer = solved(search, branch, { cutoff: search.objective, gap: gapOf(search) / 10 });
  if (answer.value > search.objective || answer.violation > FEASIBLE) return undefined;
  keep(search, answer);
  return answer.objective;
}

function keep(search: Search, { x, objective }: Relaxed): void {
  if (objective >= search.objective) return;
  search.objective = objective;
  search.x = x;
}

/** Rounding, then changes of one choice and exchanges of two as long as they help. */
function improve(search: Search, states: Int8Array, answer: Relaxed, exchanges: boolean): void {
  round(search, states, answer);
  for (const share of [0.1, 0.3, 0.7])
    attempt(search, rounded(search.program, states, answer, share));
  if (!exchanges || !search.x || answer.value > cutoff(search)) return;
  for (let before = Infinity; !isEnough(search) && search.objective < before - gapOf(search);) {
    before = search.objective;
    const x = search.x;
    for (const neighbour of neighbours(search.program, x, answer))
      if (search.budget.left > 0) attempt(search, neighbour);
  }
}

const CANDIDATES = 8;

/** Likely ones only: those that the relaxation holds most. */
function neighbours(program: PreparedProgram, x: Float64Array, { z }: Relaxed): Int8Array[] {
  const { choices, countMax, high } = program;
  const all = Array.from({ length: choices }, (_, i) => i);
  const inside = all.filter((i) => at(x, i) > 0);
  const outside = all
    .filter((i) => at(x, i) === 0 && at(high, i) > 0)
    .sort((a, b) => at(z, b) - at(z, a))
    .slice(0, CANDIDATES);
  const set = (held: readonly number[]): Int8Array => holding(program, held);
  return [
    ...inside.map((out) => set(inside.filter((i) => i !== out))),
    ...(inside.length < countMax ? outside.map((more) => set([...inside, more])) : []),
    ...inside.flatMap((out) =>
      outside.map((more) => set([...inside.filter((i) => i !== out), more])),
    ),
  ];
}

/** Just these held. */
function holding({ choices, variables }: PreparedProgram, held: readonly number[]): Int8Array {
  const states = Int8Array.from({ length: variables }, (_, i) => (i < choices ? OUT : HELD));
  for (const i of held) states[i] = HELD;
  return states;
}
