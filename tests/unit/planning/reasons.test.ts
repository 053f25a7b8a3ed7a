import { Money } from '#shared/kernel/money.ts';
import { buildPlan } from '#shared/planning/model/build-plan.ts';
import { decide, type Decision } from '#shared/planning/model/decision.ts';
import { eligible } from '#shared/planning/model/eligibility.ts';
import type { PlanLimits } from '#shared/planning/model/plan-limits.ts';
import type { NotTaken } from '#shared/planning/model/plan.ts';
import { portfolioValue, type PlanningProblem } from '#shared/planning/model/problem.ts';
import { searchSpace } from '#shared/planning/model/search/search-space.ts';
import { SequenceState } from '#shared/planning/model/search/sequence-state.ts';
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
  const key = JSON.stringify([limits, cash]);
  const all = decidedBefore.get(key) ?? leftOutOf(limits, cash);
  decidedBefore.set(key, all);
  const found = all.filter(({ one }) => one.rule === rule);
  expect(found.length).toBeGreaterThan(0);
  return found;
}

/** Deciding takes long, and several tests read the same accounts. */
const decidedBefore = new Map<string, readonly Refused[]>();

function leftOutOf(limits: Partial<PlanLimits>, cash: number): readonly Refused[] {
  const drawn = Array.from({ length: 4 }, (_, k) => [
    drawnProblem(`reasons-${k}`, { securities: 20, cash: String(cash), heldRatio: 0.3, limits }),
    crowdedProblem(`reasons-${k}`, cash, limits),
  ]);
  return drawn.flat().flatMap((problem) => {
    const decision = decided(problem);
    const { notTaken } = buildPlan(problem, decision);
    return notTaken.map((one) => ({ problem, decision, one }));
  });
}

describe('the reason why an order was not made', () => {
  test.each([260, 700, 1100])('states the cash that would admit it (EUR %d)', (cash) => {
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

/** The plan's sequence as it was settled, to compute reasons anew from. */
function stateOf({ problem, decision }: Pick<Refused, 'problem' | 'decision'>): SequenceState {
  const figures = { value: portfolioValue(problem), reserve: cashReserve(problem) };
  const space = searchSpace(problem, figures, eligible(problem).opportunities);
  const state = new SequenceState(space);
  for (const { instrument, side, lots } of decision.settlement.orders) {
    const i = space.instruments.findIndex((one) => one.isin === instrument.isin);
    state.set(i, side === 'SELL' ? -lots : lots);
  }
  return state;
}

/** The order that a reason speaks of: its index, signed lots, gain in basis points and cost. */
function orderIn({ problem, decision, one }: Refused) {
  const state = stateOf({ problem, decision });
  const { space } = state;
  const [, verb, value] = /^(Buying|Selling) EUR (\d+\.\d\d)/.exec(one.reason) ?? [];
  const i = space.instruments.findIndex(({ isin }) => isin === one.isin);
  const size = Math.round(Number(value) / (space.lotValue[i] ?? Number.NaN));
  const lots = verb === 'Buying' ? size : -size;
  const ratio = lots > 0 ? space.buyCostRatio : space.sellCostRatio;
  const cost = space.feeFixed + ratio * size * (space.lotValue[i] ?? Number.NaN);
  return { state, i, lots, cost, gain: state.gainOf(i, lots) };
}

const number = (text: string, pattern: RegExp): number => Number(pattern.exec(text)?.[1]);

describe('the numbers of a reason', () => {
  test.each(['cash-reserve', 'orders-max', 'positions-max', 'turnover-max'])(
    'say what the order of %s would gain',
    (rule) => {
      const limits = { ordersMax: 3, positionsMax: 7, turnoverMaxRatio: 0.25 };
      const stated = rule === 'cash-reserve' ? { noSells: true } : limits;
      for (const each of refused(rule, stated, rule === 'cash-reserve' ? 700 : 20_000)) {
        const { gain } = orderIn(each);
        const said = number(each.one.reason, /would gain (-?\d+\.\d) bp a year after cost/);
        expect(Math.abs(said - gain * 10_000)).toBeLessThan(0.051);
        expect(gain).toBeGreaterThan(0);
      }
    },
  );

  test('name by how much a country would be overfilled', () => {
    for (const each of refused('country-max', { countryMaxRatio: 0.3, sectorMaxRatio: 1 })) {
      const { problem, decision, one } = each;
      const value = portfolioValue(problem).toEstimate();
      const less = amountIn(one.reason, /EUR (\d+\.\d\d) too much/);
      const most = number(one.reason, /may take (\d+\.\d) %/) / 100;
      const barrier = (by: number) =>
        barrierWith(problem, decision, one, { limits: { countryMaxRatio: most + by / value } });
      expect(barrierWith(problem, decision, one, {})).toBe('country-max');
      if (most === 0.3) expect(barrier(less + 0.01)).not.toBe('country-max');
      if (most === 0.3) expect(barrier(less - 0.05)).toBe('country-max');
    }
  });

  test('name the cost at which an order would pay', () => {
    for (const each of refused('cost-exceeds-gain', {})) {
      const { gain, cost, state } = orderIn(each);
      const { reason } = each.one;
      const { costScale } = state.space;
      expect(gain).toBeLessThanOrEqual(0);
      expect(number(reason, /and cost EUR (\d+\.\d\d)/)).toBeCloseTo(cost, 1);
      const below = number(reason, /at a cost below EUR (\d+\.\d\d)/);
      expect(Math.abs(below - (gain * costScale + cost))).toBeLessThan(0.011);
      const said = number(reason, /would gain (\d+\.\d) bp/);
      expect(Math.abs(said - (gain + cost / costScale) * 10_000)).toBeLessThan(0.051);
      expect(below).toBeLessThanOrEqual(cost + 0.005);
    }
  });

  test('say what an order would lose before any cost', () => {
    for (const each of refused('no-gain', {})) {
      const { gain, cost, state } = orderIn(each);
      const said = number(each.one.reason, /would lose (\d+\.\d) bp a year before any cost/);
      const before = -(gain + cost / state.space.costScale) * 10_000;
      expect(before).toBeGreaterThanOrEqual(0);
      expect(Math.abs(said - before)).toBeLessThan(0.051);
    }
  });

  test('say how far a switch stays below the margin', () => {
    for (const each of refused('below-margin', { marginRatio: 0.01 })) {
      const { problem, decision, one } = each;
      const { gain, lots } = orderIn(each);
      expect(gain).toBeGreaterThan(0);
      if (lots > 0) continue;
      const switching = number(one.reason, /that sells gains (-?\d+\.\d) bp more/);
      expect(Math.abs(switching - decision.switchingGain * 10_000)).toBeLessThan(0.051);
      expect(decision.switchingGain).toBeLessThanOrEqual(problem.limits.marginRatio);
      const more = number(one.reason, /: (\d+\.\d) bp more\.$/);
      const missing = problem.limits.marginRatio - decision.switchingGain;
      expect(Math.abs(more - Math.max(0, missing) * 10_000)).toBeLessThan(0.051);
    }
  });
});

describe('the summary of a plan without orders', () => {
  const summaryOf = (problem: PlanningProblem) => buildPlan(problem, decided(problem)).summary;
  const base = drawnProblem('barred', { securities: 8, cash: '20000', heldRatio: 0 });

  test('names the rules that excluded everything', () => {
    const frozen = new Set(base.instruments.map(({ isin }) => isin));
    const summary = summaryOf({ ...base, limits: { ...base.limits, frozen } });
    expect(summary).toMatch(
      /^Hold: nothing was weighed, since a rule leaves out each of 8 orders: 8 frozen\./,
    );
  });

  test('reports that there are no candidates', () => {
    const moments = { isins: [], expected: new Float64Array(0), covariance: [] };
    const summary = summaryOf({ ...base, instruments: [], moments });
    expect(summary).toMatch(/^Hold: there is no security to choose from\./);
  });

  test('names what is missing where a limit bars every order that would gain', () => {
    const reserved = Money.parse('19450.00', 'EUR');
    const problem = { ...base, reserved, limits: { ...base.limits, cashReserveRatio: 0.02 } };
    const summary = summaryOf({
      ...problem,
      limits: { ...problem.limits, turnoverMaxRatio: 0.005 },
    });
    expect(summary).toMatch(/^Hold: /);
    expect(summary).not.toMatch(/nothing gains more than it costs/);
    expect(summary).toMatch(/too much|more cash|smaller than/);
  });
});
