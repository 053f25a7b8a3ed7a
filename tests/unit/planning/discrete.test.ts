import type { DiscreteProblem } from '#shared/planning/model/discrete/discrete-problem.ts';
import { columnsOf } from '#shared/planning/model/discrete/columns.ts';
import { separablePart } from '#shared/quant/linear-algebra/separable-part.ts';
import { solveDiscrete } from '#shared/planning/model/discrete/discrete-search.ts';
import { LotState } from '#shared/planning/model/discrete/lot-state.ts';
import { LotCost } from '#shared/planning/model/discrete/lot-cost.ts';
import { SizeRanges } from '#shared/planning/model/discrete/size-ranges.ts';
import { integerBelow, seededRandom } from '#shared/kernel/random.ts';
import {
  brokenBy,
  objectiveOf,
  problemOf,
  type Instance,
  type ObjectiveKind,
} from '../../../scripts/anchors/trade-planning.ts';
import { drawnInstance } from './instances.ts';

const kinds = ['tracking', 'utility'] as const;
const cases = (count: number, name: string) =>
  kinds.flatMap((kind) =>
    Array.from({ length: count }, (_, k): [string, ObjectiveKind] => [`${name}-${k}`, kind]),
  );
const EXACT = { nodesMost: 200_000 };

function sharesOf({ lot }: Instance, lots: ArrayLike<number>): readonly number[] {
  return lot.map((shares, i) => shares * (lots[i] ?? 0));
}

/** All choices of lots, one after the other: the best objective, or undefined where none is allowed. */
function bruteForce(one: Instance, kind: ObjectiveKind): number | undefined {
  const sign = kind === 'tracking' ? 1 : -1;
  const spendable = one.V0;
  let best = Infinity;
  const walk = (lots: readonly number[]): void => {
    const i = lots.length;
    if (i < one.price.length) {
      const lot = one.lot[i] ?? 1;
      const most = Math.floor(spendable / (lot * (one.price[i] ?? 1)));
      for (let k = -Math.floor((one.holding[i] ?? 0) / lot); k <= most; k += 1) walk([...lots, k]);
      return;
    }
    const x = sharesOf(one, lots);
    if (brokenBy(one, x) === undefined) best = Math.min(best, sign * objectiveOf(one, kind, x));
  };
  walk([]);
  return best === Infinity ? undefined : sign * best;
}

describe('whole lots under limits', () => {
  test.each(cases(12, 'small'))('are the best of all there are (%s, %s)', (seed, kind) => {
    const one = drawnInstance(seed, { securities: 3, fineness: 0.3 });
    const { status, lots, objective, bound } = solveDiscrete(problemOf(one, kind), EXACT);
    const best = bruteForce(one, kind);
    expect(status).toBe(best === undefined ? 'infeasible' : 'exact');
    if (best === undefined) return;
    expect(brokenBy(one, sharesOf(one, lots))).toBeUndefined();
    expect(Math.abs(objective - best)).toBeLessThan(1e-9);
    expect(Math.abs(objectiveOf(one, kind, sharesOf(one, lots)) - objective)).toBeLessThan(1e-12);
    expect(Math.abs(bound - objective)).toBeLessThan(1e-9);
  });

  test.each(cases(8, 'eight'))('are proven best for eight securities (%s, %s)', (seed, kind) => {
    const one = drawnInstance(seed, { securities: 8, fineness: 3 });
    const { status, lots } = solveDiscrete(problemOf(one, kind), EXACT);
    expect(status).toBe('exact');
    expect(brokenBy(one, sharesOf(one, lots))).toBeUndefined();
  });

  test.each(cases(4, 'forty'))(
    'are within a thousandth of the bound for forty securities (%s, %s)',
    (seed, kind) => {
      const one = drawnInstance(seed, { securities: 40 });
      const budget = { nodesMost: 20_000, gapRatio: 1e-3 };
      const { lots, objective, bound, gap } = solveDiscrete(problemOf(one, kind), budget);
      const x = sharesOf(one, lots);
      expect(brokenBy(one, x)).toBeUndefined();
      expect(Math.abs(objectiveOf(one, kind, x) - objective)).toBeLessThan(1e-12);
      expect(gap).toBeLessThanOrEqual(1e-3 * Math.abs(objective));
      expect(Math.abs(Math.abs(objective - bound) - gap)).toBeLessThan(1e-15);
    },
  );

  test.each(cases(6, 'bound'))('are never better than the bound (%s, %s)', (seed, kind) => {
    const one = drawnInstance(seed, { securities: 6, fineness: 4 });
    const problem = problemOf(one, kind);
    const sign = kind === 'tracking' ? 1 : -1;
    const exact = solveDiscrete(problem, EXACT);
    for (const nodesMost of [1, 3, 10]) {
      const { bound, objective } = solveDiscrete(problem, { nodesMost });
      expect(sign * bound).toBeLessThanOrEqual(sign * exact.objective + 1e-12);
      expect(sign * objective).toBeGreaterThanOrEqual(sign * exact.objective - 1e-9);
    }
  });

  test('are the same every time', () => {
    const problem = problemOf(drawnInstance('again', { securities: 20 }), 'utility');
    const [a, b] = [solveDiscrete(problem, EXACT), solveDiscrete(problem, EXACT)];
    expect(a).toEqual(b);
  });

  test('do not exist where cash cannot reach its floor', () => {
    const one = drawnInstance('poor', { securities: 4 });
    const wanting = { ...one, constraints: { min_cash: 2 * one.V0 } };
    const { status, gap } = solveDiscrete(problemOf(wanting, 'tracking'), EXACT);
    expect(status).toBe('infeasible');
    expect(gap).toBe(Infinity);
  });

  test('bring cash up to its floor by sales, where holding does not', () => {
    const one = drawnInstance('cash', { securities: 4 });
    const holding = one.price.map((price) => Math.floor(one.V0 / 4 / price));
    const worth = one.price.reduce((sum, price, i) => sum + price * (holding[i] ?? 0), 0);
    const short = {
      ...one,
      holding,
      cash: one.V0 - worth,
      constraints: { min_cash: 0.3 * one.V0 },
    };
    const { status, lots } = solveDiscrete(problemOf(short, 'utility'), EXACT);
    expect(status).toBe('exact');
    expect(brokenBy(short, sharesOf(short, lots))).toBeUndefined();
  });

  test('respect limits on groups and on new positions', () => {
    const one = { ...drawnInstance('groups', { securities: 5 }), constraints: {} };
    const problem = problemOf({ ...one, holding: [0, 0, 0, 0, 0], cash: one.V0 }, 'tracking');
    const limited: DiscreteProblem = {
      ...problem,
      securities: problem.securities.map((security, i) => ({
        ...{ ...security, groups: i < 2 ? [0] : [] },
      })),
      limits: { ...problem.limits, positionsMore: 3, groups: [{ weight: 0, weightMost: 0.1 }] },
    };
    const { lots, status } = solveDiscrete(limited, EXACT);
    const weight = (i: number) =>
      ((lots[i] ?? 0) * (problem.securities[i]?.lotValue ?? 0)) / one.V0;
    expect(status).toBe('exact');
    expect(weight(0) + weight(1)).toBeLessThanOrEqual(0.1 + 1e-12);
    expect([...lots].filter((k) => k > 0).length).toBeLessThanOrEqual(3);
  });
});

describe('the parts of the search', () => {
  test.each(cases(6, 'state'))('evaluate by increments as from scratch (%s, %s)', (seed, kind) => {
    const one = drawnInstance(seed, { securities: 7 });
    const columns = columnsOf(problemOf(one, kind));
    const sign = kind === 'tracking' ? 1 : -1;
    const ranges = SizeRanges.of(columns);
    const random = seededRandom(seed);
    const state = new LotState(columns);
    const draw = (i: number) => {
      const [lo, hi] = [ranges.lo[i] ?? 0, ranges.hi[i] ?? 0];
      return lo + integerBelow(random, hi - lo + 1);
    };
    for (let step = 0; step < 50; step += 1) {
      const [i, j] = [integerBelow(random, 7), integerBelow(random, 7)];
      if (i === j) continue;
      const [ki, kj] = [draw(i), draw(j)];
      const [a, b] = [state.trial(i, ki), state.trial(j, kj)];
      const predicted = state.objective + state.changeOfPair(a, b);
      const violation = state.violationAfter(a, b);
      state.set(i, ki);
      state.set(j, kj);
      const exact = sign * objectiveOf(one, kind, sharesOf(one, state.lots));
      expect(Math.abs(predicted - exact)).toBeLessThan(1e-11);
      expect(Math.abs(state.objective - exact)).toBeLessThan(1e-11);
      expect(Math.abs(state.violation - violation)).toBeLessThan(1e-11);
    }
  });

  test.each(cases(6, 'pieces'))('find the best size as trying all does (%s, %s)', (seed, kind) => {
    const columns = columnsOf(problemOf(drawnInstance(seed, { securities: 6 }), kind));
    const random = seededRandom(`${seed} prices`);
    const ranges = SizeRanges.of(columns);
    const pieces = new LotCost(columns);
    for (let i = 0; i < columns.size; i += 1) {
      const prices = columns.available.map(() => (random() < 0.5 ? random() : 0));
      pieces.of(i, random() - 0.5, prices);
      const [lo, hi] = [ranges.lo[i] ?? 0, ranges.hi[i] ?? 0];
      let least = Infinity;
      for (let k = lo; k <= hi; k += 1) {
        const isSize =
          k === 0 || (k > 0 ? k >= (columns.buyLeast[i] ?? 1) : -k >= (columns.sellLeast[i] ?? 1));
        if (isSize) least = Math.min(least, pieces.at(k));
      }
      expect(pieces.at(pieces.best(lo, hi))).toBeCloseTo(least, 12);
    }
  });

  test('take no more from a covariance than leaves it positive semi-definite', () => {
    const n = 12;
    const { cov } = drawnInstance('diagonal', { securities: n });
    const diagonal = separablePart(Float64Array.from(cov.flat()), n);
    const random = seededRandom('directions');
    for (let round = 0; round < 500; round += 1) {
      const v = Array.from({ length: n }, () => random() - 0.5);
      let left = 0;
      v.forEach((a, i) => v.forEach((b, j) => (left += a * b * (cov[i]?.[j] ?? 0))));
      v.forEach((a, i) => (left -= a * a * (diagonal[i] ?? 0)));
      expect(left).toBeGreaterThan(-1e-12);
    }
    expect(Math.min(...diagonal)).toBeGreaterThan(0);
  });

  test('bound what is measured from fewer observations than securities', () => {
    const one = drawnInstance('singular', { securities: 3, fineness: 0.3 });
    const flat = { ...one, cov: one.cov.map((row) => row.map(() => 0.04)) };
    const { status, objective } = solveDiscrete(problemOf(flat, 'utility'), EXACT);
    expect(status).toBe('exact');
    expect(Math.abs(objective - (bruteForce(flat, 'utility') ?? Number.NaN))).toBeLessThan(1e-9);
  });
});
