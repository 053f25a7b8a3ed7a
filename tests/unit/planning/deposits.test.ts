/** Deposits are invested in what is below its target, with new money and before anything is sold. */
import { seededRandom } from '#shared/kernel/random.ts';
import { withTargets } from '#shared/planning/model/assembly.ts';
import { decide, type Decision } from '#shared/planning/model/decision.ts';
import { portfolioValue, valueIn, type PlanningProblem } from '#shared/planning/model/problem.ts';
import { afterOrders, cashReserve } from '#shared/planning/model/settlement.ts';
import { drawnProblem, euros } from './problems.ts';

function decided(problem: PlanningProblem): Decision {
  const deciding = decide(problem);
  let next = deciding.next();
  while (!next.done) next = deciding.next();
  return next.value;
}

/** An account whose owner states the weights; the limits leave room for them. */
function account(seed: string, cash: string, heldRatio: number): PlanningProblem {
  const loose = { sectorMaxRatio: 1, countryMaxRatio: 1, weightMaxRatio: 0.3, turnoverMaxRatio: 4 };
  const limits = { ...loose, followsTargets: true, ordersMax: 20 };
  const problem = drawnProblem(seed, { securities: 8, cash, heldRatio, limits });
  const random = seededRandom(`${seed} targets`);
  const raw = problem.instruments.map(() => 0.5 + random());
  const all = raw.reduce((a, b) => a + b, 0);
  return withTargets(
    problem,
    new Map(problem.instruments.map(({ isin }, i) => [isin, (0.98 * (raw[i] ?? 0)) / all])),
  );
}

const weight = (problem: PlanningProblem, i: number): number => {
  const one = problem.instruments[i];
  const value = portfolioValue(problem).toEstimate();
  return one ? valueIn(one, one.held, 'half-even').toEstimate() / value : Number.NaN;
};

const idle = (problem: PlanningProblem): number =>
  problem.cash.toEstimate() - cashReserve(problem).toEstimate();

describe.each(['deposits-1', 'deposits-2', 'deposits-3', 'deposits-4'])('account %s', (seed) => {
  const invested = (): PlanningProblem => {
    const empty = account(seed, '20000', 0);
    return afterOrders(empty, decided(empty).settlement);
  };

  test('invests four deposits of 500, each in what is below its target, and sells nothing', () => {
    let problem = invested();
    for (let month = 0; month < 4; month += 1) {
      problem = { ...problem, cash: problem.cash.add(euros('500')) };
      const { settlement } = decided(problem);
      expect([seed, month, settlement.orders.length > 0]).toEqual([seed, month, true]);
      for (const { instrument, side, value } of settlement.orders) {
        const i = problem.instruments.findIndex(({ isin }) => isin === instrument.isin);
        expect(side).toBe('BUY');
        expect(weight(problem, i)).toBeLessThan(instrument.target);
        expect(value.compare(problem.limits.minimumOrder)).toBeGreaterThanOrEqual(0);
      }
      const before = idle(problem);
      problem = afterOrders(problem, settlement);
      expect(idle(problem)).toBeLessThan(before);
    }
    // What is left is no order, or one that would cost more than it gains.
    expect(idle(problem)).toBeLessThan(problem.limits.minimumOrder.toEstimate() + 250);
  });

  test('buys with the new money whatever margin a switch would have to gain', () => {
    const start = invested();
    const problem = {
      ...{ ...start, cash: start.cash.add(euros('500')) },
      limits: { ...start.limits, marginRatio: 0.5 },
    };
    const { settlement } = decided(problem);
    expect(settlement.orders.map(({ side }) => side)).not.toContain('SELL');
    expect(settlement.orders.length).toBeGreaterThan(0);
  });

  test.each(['0', '1', '60'])(
    'invests with a smallest order of EUR %s, in none that costs much of itself',
    (smallest) => {
      const minimumOrder = euros(smallest);
      let problem = invested();
      problem = { ...problem, limits: { ...problem.limits, minimumOrder } };
      const targets = new Map(problem.instruments.map(({ isin, target }) => [isin, target]));
      problem = withTargets(problem, targets);
      for (let month = 0; month < 4; month += 1) {
        problem = { ...problem, cash: problem.cash.add(euros('500')) };
        const { settlement } = decided(problem);
        for (const { value } of settlement.orders)
          expect(2 + 0.0025 * value.toEstimate()).toBeLessThan(0.05 * value.toEstimate());
        problem = afterOrders(problem, settlement);
      }
      expect(idle(problem)).toBeLessThan(500);
    },
  );

  test('keeps the reserve, and orders that are under way hold their cash back', () => {
    const start = invested();
    const problem = {
      ...{ ...start, cash: start.cash.add(euros('500')) },
      reserved: start.cash.add(euros('500')),
    };
    expect(decided(problem).settlement.orders.filter(({ side }) => side === 'BUY')).toEqual([]);
  });
});
