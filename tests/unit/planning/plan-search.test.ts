import { columnsOf } from '#shared/planning/model/discrete/columns.ts';
import { LotState } from '#shared/planning/model/discrete/lot-state.ts';
import { discreteOf } from '#shared/planning/model/search/discrete-plan.ts';
import { eligible } from '#shared/planning/model/eligibility.ts';
import { searchPlan } from '#shared/planning/model/search/plan-search.ts';
import { portfolioValue, type PlanningProblem } from '#shared/planning/model/problem.ts';
import { searchSpace, type SearchSpace } from '#shared/planning/model/search/search-space.ts';
import { ordersOf } from '#shared/planning/model/search/sequence.ts';
import { SequenceState } from '#shared/planning/model/search/sequence-state.ts';
import { cashReserve } from '#shared/planning/model/settlement.ts';
import { integerBelow, seededRandom } from '#shared/kernel/random.ts';
import { oracleAllows, oracleBest, oracleGain, type OracleOrder } from './oracle.ts';
import { enumerateSequences } from './enumeration.ts';
import { drawnProblem } from './problems.ts';
import { sizesIn } from './sizes.ts';

const seeds = Array.from({ length: 8 }, (_, k) => `search-${k}`);

function spaceOf(problem: PlanningProblem): SearchSpace {
  const figures = { value: portfolioValue(problem), reserve: cashReserve(problem) };
  return searchSpace(problem, figures, eligible(problem).opportunities);
}

function asOrders(space: SearchSpace, lots: Float64Array): readonly OracleOrder[] {
  return ordersOf(lots).map(({ security, side, lots: size }) => {
    const isin = space.instruments[security]?.isin;
    if (isin === undefined) throw new Error('an order is of a security of the space');
    return { isin, side, lots: size };
  });
}

function small(seed: string): PlanningProblem {
  const limits = { positionsMax: 6, turnoverMaxRatio: 0.7, sectorMaxRatio: 0.35 };
  return drawnProblem(seed, { securities: 9, cash: '4000', heldRatio: 0.5, limits });
}

function finished<T>(search: Generator<unknown, T>): T {
  let next = search.next();
  while (!next.done) next = search.next();
  return next.value;
}

describe('the search for a sequence', () => {
  test.each(seeds)('evaluates by increments what copying and recomputing gives (%s)', (seed) => {
    const problem = drawnProblem(seed, { securities: 30, cash: '9000', heldRatio: 0.5 });
    const space = spaceOf(problem);
    const random = seededRandom(`${seed} walk`);
    const state = new SequenceState(space);
    for (let step = 0; step < 60; step += 1) {
      const [i, j] = [integerBelow(random, space.size), integerBelow(random, space.size)];
      const draw = (k: number): number => {
        const [sell, buy] = [space.sellMax[k] ?? 0, space.buyMax[k] ?? 0];
        return integerBelow(random, sell + buy + 1) - sell;
      };
      const [lotsI, lotsJ] = [draw(i), draw(j)];
      if (i === j) continue;
      const predicted = state.gain + state.gainOfPair(i, lotsI, j, lotsJ);
      state.set(i, lotsI);
      state.set(j, lotsJ);
      const exact = oracleGain(problem, asOrders(space, state.lots));
      expect(Math.abs(state.gain - exact)).toBeLessThan(1e-12);
      expect(Math.abs(predicted - exact)).toBeLessThan(1e-12);
    }
  });

  test.each(seeds)('decides which sequences the rules allow (%s)', (seed) => {
    const problem = small(seed);
    const space = spaceOf(problem);
    const random = seededRandom(`${seed} rules`);
    for (let round = 0; round < 40; round += 1) {
      const lots = Float64Array.from(sizesIn(space), (sizes) =>
        random() < 0.4 ? (sizes[integerBelow(random, sizes.length)] ?? 0) : 0,
      );
      const allowed = SequenceState.of(space, lots).isAllowed();
      expect(allowed).toBe(oracleAllows(problem, asOrders(space, lots)));
    }
  });

  test.each(seeds)('finds the best of all short sequences, as the oracle does (%s)', (seed) => {
    const problem = small(seed);
    const space = spaceOf(problem);
    const found = enumerateSequences(space, 3);
    const oracle = oracleBest(problem, eligible(problem).opportunities, 3);
    expect(Math.abs(found.gain - oracle.gain)).toBeLessThan(1e-12);
    expect(asOrders(space, found.lots)).toHaveLength(oracle.orders.length);
    expect(found.evaluated).toBeLessThanOrEqual(oracle.evaluated);
  });

  test.each(seeds)('ends with the best of all sequences of any length and size (%s)', (seed) => {
    const problem = small(seed);
    const space = spaceOf(problem);
    const { lots, gain, method, gainBound } = finished(searchPlan(space));
    const short = enumerateSequences(space, 3);
    expect(gain).toBeGreaterThan(short.gain - 1e-12);
    expect(method).toBe('exhaustive');
    expect(gainBound - gain).toBeLessThan(1e-7 + 1e-12);
    expect(oracleAllows(problem, asOrders(space, lots))).toBe(true);
    // No sequence drawn at random may be better than what is proven.
    const random = seededRandom(`${seed} drawn`);
    const state = new SequenceState(space);
    for (let step = 0; step < 4000; step += 1) {
      const i = integerBelow(random, space.size);
      const span = (space.sellMax[i] ?? 0) + (space.buyMax[i] ?? 0) + 1;
      const k = random() < 0.3 ? 0 : integerBelow(random, span) - (space.sellMax[i] ?? 0);
      const least = space.lotsMin[i] ?? 1;
      if ((k !== 0 && Math.abs(k) < least) || state.barrier(i, k) !== undefined) continue;
      state.set(i, k);
      if (state.isAllowed()) expect(state.gain).toBeLessThanOrEqual(gainBound + 1e-12);
    }
  });

  test('states its gap when it ends early', () => {
    const space = spaceOf(drawnProblem('rest', { securities: 30, cash: '9000', heldRatio: 0.4 }));
    const { gain, gainBound, nodes } = finished(searchPlan(space));
    expect(nodes).toBeGreaterThan(0);
    expect(gainBound).toBeGreaterThanOrEqual(gain);
    expect(gainBound - gain).toBeLessThan(1e-3 * gainBound);
  });

  test.each(seeds)('sells below the reserve, and buys only what ends above it (%s)', (seed) => {
    const stated = { cashReserveRatio: 0.2, ordersMax: 4, marginRatio: 0 };
    const drawn = { securities: 9, cash: '300', heldRatio: 0.8, limits: stated };
    const problem = drawnProblem(seed, drawn);
    const space = spaceOf(problem);
    expect(space.cash).toBeLessThan(space.reserve);
    const { lots, gain, gainBound, method } = finished(searchPlan(space));
    expect(method).toBe('exhaustive');
    expect(oracleAllows(problem, asOrders(space, lots))).toBe(true);
    const oracle = oracleBest(problem, eligible(problem).opportunities, 3);
    expect(gain).toBeGreaterThan(oracle.gain - 1e-12);
    expect(gainBound).toBeGreaterThanOrEqual(gain);
  });

  test('measures the utility of a sequence as the discrete problem does', () => {
    const problem = drawnProblem('same', { securities: 20, cash: '9000', heldRatio: 0.5 });
    const space = spaceOf(problem);
    const { lots, gain } = finished(searchPlan(space));
    const columns = columnsOf(discreteOf(space));
    const [after, before] = [LotState.of(columns, lots), new LotState(columns)];
    expect(Math.abs(before.objective - after.objective - gain)).toBeLessThan(1e-12);
    expect(after.violation).toBe(0);
  });
});
