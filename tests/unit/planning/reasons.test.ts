import { Money } from '#shared/kernel/money.ts';
import { buildPlan } from '#shared/planning/model/build-plan.ts';
import { decide, type Decision } from '#shared/planning/model/decision.ts';
import { eligible } from '#shared/planning/model/eligibility.ts';
import type { PlanLimits } from '#shared/planning/model/limits.ts';
import type { NotTaken } from '#shared/planning/model/plan.ts';
import { portfolioValue, type PlanningProblem } from '#shared/planning/model/problem.ts';
import { searchSpace } from '#shared/planning/model/search-space.ts';
import { SequenceState } from '#shared/planning/model/sequence-state.ts';
import { cashReserve } from '#shared/planning/model/settlement.ts';
import { crowdedProblem, drawnProblem } from './problems.ts';

function decided(problem: PlanningProblem): Decision {
  const deciding = decide(problem);
  let next = deciding.next();
  while (!next.done) next = deciding.next();
  return next.value;
}

/** The limit that bars an order from the plan when cash or limits are others than they were. */
function barrierWith(
  problem: PlanningProblem,
  { settlement }: Decision,
  { isin, reason }: NotTaken,
  { cash = 0, limits = {} }: { cash?: number; limits?: Partial<PlanLimits> },
): string | undefined {
  const more = Money.parse(cash.toFixed(2), problem.base);
  const changed = {
    ...{ ...problem, cash: problem.cash.add(more) },
    limits: { ...problem.limits, ...limits },
  };
  const figures = { value: portfolioValue(changed), reserve: cashReserve(changed) };
  const space = searchSpace(changed, figures, eligible(changed).opportunities);
  const indexOf = (of: string) => space.instruments.findIndex((one) => one.isin === of);
  const state = new SequenceState(space);
  for (const { instrument, side, lots } of settlement.orders)
    state.set(indexOf(instrument.isin), side === 'SELL' ? -lots : lots);
  const [, verb, value] = /^(Buying|Selling) EUR (\d+\.\d\d)/.exec(reason) ?? [];
  const i = indexOf(isin);
  const lots = Math.round(Number(value) / (space.lotValue[i] ?? Number.NaN));
  return state.barrier(i, verb === 'Buying' ? lots : -lots);
}

function amountIn(reason: string, pattern: RegExp): number {
  const amount = Number(pattern.exec(reason)?.[1]);
  expect(amount).toBeGreaterThan(0);
  return amount;
}

interface Refused {
  readonly problem: PlanningProblem;
  readonly decision: Decision;
  readonly one: NotTaken;
}

/** What several accounts leave out by one rule; not nothing. */
function refused(rule: string, limits: Partial<PlanLimits>, cash = 20_000): readonly Refused[] {
  const drawn = Array.from({ length: 4 }, (_, k) => [
    drawnProblem(`reasons-${k}`, { securities: 20, cash: String(cash), heldRatio: 0.3, limits }),
    crowdedProblem(`reasons-${k}`, cash, limits),
  ]);
  const found = drawn.flat().flatMap((problem) => {
    const decision = decided(problem);
    const { notTaken } = buildPlan(problem, decision);
    return notTaken.filter((one) => one.rule === rule).map((one) => ({ problem, decision, one }));
  });
  expect(found.length).toBeGreaterThan(0);
  return found;
}

describe('the reason why an order was not made', () => {
  test.each([260, 700, 1100])('names the cash that would admit it (EUR %d)', (cash) => {
    for (const { problem, decision, one } of refused('cash-reserve', { noSells: true }, cash)) {
      const more = amountIn(one.reason, /it takes EUR (\d+\.\d\d) more cash/);
      const barrier = (by: number) => barrierWith(problem, decision, one, { cash: by });
      expect(barrier(0)).toBe('cash-reserve');
      expect(barrier(more + 0.01)).not.toBe('cash-reserve');
      expect(barrier(Math.max(0, more - 0.05))).toBe('cash-reserve');
      const bought = decision.settlement.orders.some(({ side }) => side === 'BUY');
      expect(one.reason.includes('purchases of the plan')).toBe(bought);
      expect(one.reason).not.toMatch(/better use/);
    }
  });

  test('names the count of orders that would admit it', () => {
    for (const { problem, decision, one } of refused('orders-max', { ordersMax: 2 })) {
      expect(one.reason).toMatch(/the most orders it may, 2; it would take a limit of 3/);
      const admitted = barrierWith(problem, decision, one, { limits: { ordersMax: 3 } });
      expect(admitted).not.toBe('orders-max');
    }
  });

  test('names the count of positions that would admit it', () => {
    for (const { problem, decision, one } of refused('positions-max', { positionsMax: 7 })) {
      const limit = amountIn(one.reason, /it would take a limit of (\d+)/);
      const admitted = barrierWith(problem, decision, one, { limits: { positionsMax: limit } });
      expect(barrierWith(problem, decision, one, {})).toBe('positions-max');
      expect(admitted).not.toBe('positions-max');
    }
  });

  test('names by how much too much would be traded', () => {
    for (const { problem, decision, one } of refused('turnover-max', { turnoverMaxRatio: 0.2 })) {
      const value = portfolioValue(problem).toEstimate();
      const less = amountIn(one.reason, /EUR (\d+\.\d\d) too much/);
      const barrier = (by: number) =>
        barrierWith(problem, decision, one, { limits: { turnoverMaxRatio: 0.2 + by / value } });
      expect(barrier(less)).not.toBe('turnover-max');
      expect(barrier(less - 0.05)).toBe('turnover-max');
    }
  });

  test('names by how much a sector would be overfilled', () => {
    for (const { problem, decision, one } of refused('sector-max', { sectorMaxRatio: 0.3 })) {
      const value = portfolioValue(problem).toEstimate();
      const less = amountIn(one.reason, /EUR (\d+\.\d\d) too much/);
      const most = Number(/may take (\d+\.\d) %/.exec(one.reason)?.[1]) / 100;
      const barrier = (by: number) =>
        barrierWith(problem, decision, one, { limits: { sectorMaxRatio: most + by / value } });
      expect(barrierWith(problem, decision, one, {})).toBe('sector-max');
      if (most === 0.3) expect(barrier(less + 0.01)).not.toBe('sector-max');
      if (most === 0.3) expect(barrier(less - 0.05)).toBe('sector-max');
    }
  });
});
