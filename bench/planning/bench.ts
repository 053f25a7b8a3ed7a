/**
 * npm run bench -- planning
 *
 * Plans of ten accounts of 40 securities with what is proven of each, plans of fresh accounts whose limit of orders
 * binds, and the exact engine against a MIP solver (HiGHS as WebAssembly) on the same instances, turn by turn in one
 * process on one machine: read the ratios, not the absolute figures.
 *
 * The MIP solver gets the tracking objective only: utility is a mixed-integer quadratic programme,
 * which HiGHS does not solve. For utility our time and proven gap stand alone.
 */
import * as highsModule from 'highs';
import { decide } from '#shared/planning/model/decision.ts';
import {
  solveDiscrete,
  type DiscreteSolution,
} from '#shared/planning/model/discrete/discrete-search.ts';
import { problemOf } from '../../scripts/anchors/trade-planning.ts';
import { drawnInstance } from '../../tests/unit/planning/instances.ts';
import { crowdedProblem, drawnProblem } from '../../tests/unit/planning/problems.ts';
import { median, timed } from '../timing.ts';
import { milpOf } from './milp.ts';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3);
const INSTANCES = Number(process.env['BENCH_INSTANCES'] ?? 8);
// Its types describe the CommonJS build; the ES build exports the function itself.
const load = highsModule.default as unknown as typeof highsModule.default.default;
const highs = await load();

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

/** Fresh accounts whose limit of orders binds: time, nodes and what is left unproven. */
function crowded(cash: number): Record<string, string> {
  const runs = Array.from({ length: INSTANCES }, (_, k) => {
    const problem = crowdedProblem(`bench-${k}`, cash);
    return timed(() => finished(decide(problem)).search);
  });
  const gaps = runs.map(({ result: { gainBound, gain } }) => 1e4 * (gainBound - gain));
  const times = runs.map(({ ms }) => ms);
  return {
    'ms, median': median(times).toFixed(0),
    'ms, most': Math.max(...times).toFixed(0),
    'nodes, most': String(Math.max(...runs.map(({ result }) => result.nodes))),
    'largest gap, bp': Math.max(...gaps).toFixed(3),
  };
}

/** Five fresh accounts whose limit of orders binds, and five that hold half of the securities. */
function accounts(): Record<string, Record<string, string>> {
  const kinds = { fresh: crowdedProblem, held: heldProblem };
  const cells = Object.entries(kinds).flatMap(([kind, of]) =>
    [5_000, 25_000, 100_000, 250_000, 1_000_000].map((cash, k) => {
      const problem = of(`accounts-${k}`, cash);
      const before = process.cpuUsage();
      const { search, settlement } = finished(decide(problem));
      const { user, system } = process.cpuUsage(before);
      const figures = {
        'gain, bp a year': (1e4 * search.gain).toFixed(3),
        'gap, bp a year': (1e4 * (search.gainBound - search.gain)).toFixed(3),
        orders: String(settlement.orders.length),
        nodes: String(search.nodes),
        'CPU s': ((user + system) / 1e6).toFixed(2),
      };
      return [`${kind}, EUR ${cash}`, figures] as const;
    }),
  );
  return Object.fromEntries(cells);
}

/** Without a margin for switching, so that what is found is what is done. */
function heldProblem(seed: string, cash: number) {
  const limits = { marginRatio: 0 };
  return drawnProblem(seed, { securities: 40, cash: String(cash), heldRatio: 0.5, limits });
}

function finished<T>(search: Generator<unknown, T>): T {
  let next = search.next();
  while (!next.done) next = search.next();
  return next.value;
}

/** Both prove their answer to the same gap; who begins changes by turns. */
function against(securities: number, gapRatio: number): Record<string, string> {
  const [ours, mip, differences]: [number[], number[], number[]] = [[], [], []];
  let proven = 0;
  for (let k = 0; k < INSTANCES; k += 1) {
    const problem = problemOf(drawnInstance(`bench-${k}`, { securities }), 'tracking');
    const text = milpOf(problem);
    const solveOurs = () => timed(() => solveDiscrete(problem, { nodesMost: 200_000, gapRatio }));
    const solveMip = () =>
      timed(() => highs.solve(text, { mip_rel_gap: gapRatio, mip_abs_gap: 1e-9, time_limit: 60 }));
    const turns = Array.from({ length: ROUNDS }, (_, round) => {
      if ((round + k) % 2 === 0) return { a: solveOurs(), b: solveMip() };
      const b = solveMip();
      return { a: solveOurs(), b };
    });
    ours.push(median(turns.map(({ a }) => a.ms)));
    mip.push(median(turns.map(({ b }) => b.ms)));
    const last = turns.at(-1);
    const { objective = 0, gap = 0 } = last?.a.result ?? ({} as Partial<DiscreteSolution>);
    differences.push(objective - (last?.b.result.ObjectiveValue ?? 0));
    if (gap <= Math.max(2e-10, gapRatio * Math.abs(objective))) proven += 1;
  }
  return {
    'ours ms': `${median(ours).toFixed(1)} (sum ${sum(ours).toFixed(0)})`,
    'MIP ms': `${median(mip).toFixed(1)} (sum ${sum(mip).toFixed(0)})`,
    'MIP / ours, median': median(mip.map((ms, k) => ms / (ours[k] ?? 1))).toFixed(1),
    'MIP / ours, least': Math.min(...mip.map((ms, k) => ms / (ours[k] ?? 1))).toFixed(1),
    'MIP / ours, sum': (sum(mip) / sum(ours)).toFixed(1),
    proven: `${proven} of ${INSTANCES}`,
    'ours worse by at most': Math.max(0, ...differences).toExponential(1),
  };
}

function utilityAlone(securities: number, gapRatio: number): Record<string, string> {
  const runs = Array.from({ length: INSTANCES }, (_, k) => {
    const problem = problemOf(drawnInstance(`bench-${k}`, { securities }), 'utility');
    return timed(() => solveDiscrete(problem, { nodesMost: 200_000, gapRatio }));
  });
  const gaps = runs.map(({ result }) => result.gap / Math.abs(result.objective));
  return {
    'ours ms': `${median(runs.map(({ ms }) => ms)).toFixed(1)} (sum ${sum(runs.map(({ ms }) => ms)).toFixed(0)})`,
    'largest gap': `${(100 * Math.max(...gaps)).toFixed(4)} %`,
  };
}

console.log('plans of ten accounts of 40 securities and at most 12 orders');
console.table(accounts());
console.log('plans of 40 securities and at most 12 orders, fresh accounts');
console.table(
  Object.fromEntries([10_000, 100_000, 1_000_000].map((c) => [`EUR ${c}`, crowded(c)])),
);
const sizes = [
  [8, 0],
  [20, 1e-3],
  [40, 1e-3],
] as const;
const named = (of: (n: number, gap: number) => Record<string, string>) =>
  Object.fromEntries(
    sizes.map(([n, gap]) => [`${n} securities, ${gap === 0 ? 'exact' : 'gap 0.1 %'}`, of(n, gap)]),
  );
console.log('exact engine against a MIP solver, tracking');
console.table(named(against));
console.log('exact engine alone, utility (mixed-integer quadratic: not for the MIP solver)');
console.table(named(utilityAlone));
