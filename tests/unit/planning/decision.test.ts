import { Decimal } from '#shared/kernel/decimal.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price } from '#shared/kernel/price.ts';
import { parseDay } from '#shared/kernel/calendar-day.ts';
import { decide, type Decision } from '#shared/planning/model/decision.ts';
import { buildPlan } from '#shared/planning/model/build-plan.ts';
import { portfolioValue, type PlanningProblem } from '#shared/planning/model/problem.ts';
import {
  afterOrders,
  breachOf,
  cashReserve,
  repairedOrders,
  settle,
} from '#shared/planning/model/settlement.ts';
import { oracleGain } from './oracle.ts';
import {
  crowdedProblem,
  drawnProblem,
  eur,
  euros,
  instrument,
  limits,
  testIsin,
} from './problems.ts';

const seeds = Array.from({ length: 5 }, (_, k) => `decision-${k}`);

function decided(problem: PlanningProblem): Decision {
  const deciding = decide(problem);
  for (;;) {
    const next = deciding.next();
    if (next.done) return next.value;
  }
}

/** Little cash and all of it in B, which is worth less than A. */
function switchable(changes: Partial<PlanningProblem> = {}): PlanningProblem {
  const { limits: usual } = simple();
  return simple({
    cash: euros('200'),
    instruments: [
      instrument(0, { symbol: 'A', target: 0.5 }),
      instrument(1, { symbol: 'B', target: 0, held: Decimal.of(80) }),
    ],
    limits: { ...usual, orderMaxRatio: 1, weightMaxRatio: 1 },
    ...changes,
  });
}

/** Two securities of one kind, 4000 in cash; A is worth buying. */
function simple(changes: Partial<PlanningProblem> = {}): PlanningProblem {
  const base = drawnProblem('simple', { securities: 2, cash: '4000', heldRatio: 0 });
  const [a, b] = base.moments.isins;
  return {
    ...base,
    instruments: [
      instrument(0, { symbol: 'A', target: 0.5 }),
      instrument(1, { symbol: 'B', target: 0 }),
    ],
    moments: {
      isins: a && b ? [a, b] : [],
      expected: Float64Array.of(0.08, 0.01),
      covariance: [Float64Array.of(0.03, 0), Float64Array.of(0, 0.03)],
    },
    limits: limits({ weightMaxRatio: 0.5, orderMaxRatio: 0.5 }),
    ...changes,
  };
}

describe('a decision', () => {
  test.each(seeds)('keeps every rule and gains what it says (%s)', (seed) => {
    const stated = { positionsMax: 14, turnoverMaxRatio: 0.8, ordersMax: 8 };
    const problem = drawnProblem(seed, {
      ...{ securities: 20, cash: '6000', heldRatio: 0.4, limits: stated },
    });
    const { settlement, state } = decided(problem);
    expect(breachOf(problem, settlement)).toBeUndefined();
    const orders = settlement.orders.map(({ instrument: { isin }, side, lots }) => ({
      ...{ isin, side, lots },
    }));
    expect(Math.abs(state.gain - oracleGain(problem, orders))).toBeLessThan(1e-12);
    expect(orders.length === 0 || state.gain > problem.limits.marginRatio).toBe(true);
    const sides = orders.map(({ side }) => side);
    expect(sides).toEqual([...sides].sort().reverse());
    const reserve = cashReserve(problem);
    for (const order of settlement.orders)
      if (order.side === 'BUY') expect(order.cashAfter.compare(reserve)).toBeGreaterThanOrEqual(0);
  });

  test.each(seeds)('leaves nothing to do once it has been carried out (%s)', (seed) => {
    const problem = drawnProblem(seed, {
      ...{ securities: 20, cash: '25000', heldRatio: 0, limits: { positionsMax: 12 } },
    });
    const first = decided(problem);
    expect(first.settlement.orders.length).toBeGreaterThan(0);
    expect(first.continues).toBe(false);
    const second = decided(afterOrders(problem, first.settlement));
    expect(second.settlement.orders).toEqual([]);
    expect(second.settlement.cashAfter).toEqual(first.settlement.cashAfter);
  });

  test('says when a limit keeps it from all that is worthwhile', () => {
    const problem = drawnProblem('bound', {
      ...{ securities: 20, cash: '25000', heldRatio: 0, limits: { ordersMax: 2 } },
    });
    const decision = decided(problem);
    expect(decision.settlement.orders).toHaveLength(2);
    expect(decision.continues).toBe(true);
    expect(buildPlan(problem, decision).summary).toMatch(/planning again afterwards would go on/);
    const rules = buildPlan(problem, decision).notTaken.map(({ rule }) => rule);
    expect(rules).toContain('orders-max');
  });

  test('is the same every time', () => {
    const problem = () => drawnProblem('same', { securities: 20, cash: '9000', heldRatio: 0.4 });
    const [a, b] = [problem(), problem()].map((one) => buildPlan(one, decided(one)));
    expect(JSON.stringify(a)).toBe(JSON.stringify(b));
  });

  test('reports how far it has come, and never less', () => {
    const problem = drawnProblem('steps', { securities: 20, cash: '9000', heldRatio: 0.4 });
    const evaluated = [...decide(problem)].map((step) => step.evaluated);
    expect(evaluated.length).toBeGreaterThanOrEqual(2);
    expect(evaluated.every((count) => count > 0)).toBe(true);
  });

  test('does not switch for less than the margin, and gives the numbers', () => {
    const keen = switchable();
    expect(decided(keen).settlement.orders.map(({ side }) => side)).toEqual(['SELL', 'BUY']);
    const shy = switchable({ limits: { ...keen.limits, marginRatio: 0.9 } });
    const decision = decided(shy);
    expect(decision.settlement.orders).toEqual([]);
    expect(decision.state.gain).toBe(0);
    const plan = buildPlan(shy, decision);
    expect(plan.summary).toMatch(
      /^Hold: the best switch would gain \d+\.\d bp .* 9000\.0 bp .*Proven: no plan is better by more than \d+\.\d bp a year\.$/,
    );
    expect(plan.search.gap).toBeGreaterThan(0);
    expect(plan.notTaken.find(({ symbol }) => symbol === 'B')?.rule).toBe('below-margin');
    expect(plan.cost).toEqual(euros('0'));
  });

  test.each([500, 800, 2000])('invests a deposit of %d, whatever the margin', (deposit) => {
    const { limits: usual, instruments, moments } = simple();
    const [a, b] = instruments;
    if (!a || !b) throw new Error('there are two');
    const held = { ...a, held: Decimal.of(200) };
    const problem = simple({
      cash: euros(String(250 + deposit)),
      instruments: [
        { ...held, target: 0.4 },
        { ...b, target: 0.5 },
      ],
      moments: { ...moments, expected: Float64Array.of(0.08, 0.08) },
      limits: { ...usual, marginRatio: 0.9, weightMaxRatio: 1 },
    });
    const { settlement } = decided(problem);
    expect(settlement.orders.map(({ side }) => side)).toContain('BUY');
    expect(settlement.orders.map(({ side }) => side)).not.toContain('SELL');
    const idle = settlement.cashAfter.subtract(cashReserve(problem)).toEstimate();
    expect(idle).toBeLessThan(usual.minimumOrder.toEstimate());
  });

  test('sells only where that gains more than the margin over investing the cash', () => {
    const problem = switchable({ cash: euros('1500') });
    const { switchingGain, settlement } = decided(problem);
    expect(settlement.orders.some(({ side }) => side === 'SELL')).toBe(true);
    const margin = switchingGain + 1e-9;
    const shy = switchable({
      cash: euros('1500'),
      limits: { ...problem.limits, marginRatio: margin },
    });
    const decision = decided(shy);
    expect(decision.settlement.orders.map(({ side }) => side)).toEqual(['BUY']);
    const plan = buildPlan(shy, decision);
    expect(plan.summary).toMatch(/Selling as well would gain \d+\.\d bp more, not more than/);
    expect(plan.search.gap).toBeGreaterThanOrEqual(switchingGain);
  });

  test.each(Array.from({ length: 8 }, (_, k) => `crowded-${k}`))(
    'proves 12 orders among forty securities to 2 bp a year with few nodes (%s)',
    (seed) => {
      const cash = [10_000, 30_000, 100_000, 1_000_000][Number(seed.at(-1)) % 4] ?? 0;
      const problem = crowdedProblem(seed, cash);
      const plan = buildPlan(problem, decided(problem));
      expect(plan.actions).toHaveLength(12);
      expect(plan.search.gap).toBeLessThan(2e-4);
      expect(plan.search.nodes).toBeLessThan(2_100);
    },
  );

  test.each(['-10000000', '-500', '0', '0.01', '3', '249', '251', '1000000000000000', '9e20'])(
    'ends for an account with %s in cash',
    (cash) => {
      const amount = Money.rounded(
        Decimal.parse(cash.replace('9e20', `9${'0'.repeat(20)}`)),
        eur,
        'down',
      );
      for (const heldRatio of [0, 0.5]) {
        const drawn = { securities: 20, cash: '0', heldRatio };
        const problem = { ...drawnProblem('values', drawn), cash: amount };
        const decision = decided(problem);
        const plan = buildPlan(problem, decision);
        expect(breachOf(problem, decision.settlement)).toBeUndefined();
        expect(Number.isFinite(plan.search.gap)).toBe(true);
        expect(decision.settlement.orders.length > 0 || plan.summary.startsWith('Hold:')).toBe(
          true,
        );
        if (amount.compare(euros('1000')) > 0) expect(plan.actions.length).toBeGreaterThan(0);
      }
    },
  );

  test('holds when everything costs more than it gains', () => {
    const { limits: usual } = simple();
    const dear = { ...usual, costs: { ...usual.costs, feeFixed: Decimal.of(500) } };
    const problem = simple({ limits: dear });
    const plan = buildPlan(problem, decided(problem));
    expect(plan.actions).toEqual([]);
    expect(plan.summary).toMatch(/^Hold: nothing gains more than it costs/);
    expect(plan.notTaken.find(({ symbol }) => symbol === 'A')).toMatchObject({
      rule: 'cost-exceeds-gain',
      side: 'BUY',
    });
  });

  test('gives each order the numbers that decided', () => {
    const problem = simple({
      instruments: [instrument(0, { symbol: 'A', target: 0.5, score: 0.7 })],
    });
    const { actions, expectedValue } = buildPlan(problem, decided(problem));
    expect(actions).toHaveLength(1);
    expect(actions[0]?.reason).toMatch(
      /^Buy for EUR \d+\.\d\d: underweight, cash to invest: weight 0\.0 % to \d+\.\d %, target 50\.0 %; implied return 8\.0 % a year; score 0\.70; adds \d+\.\d bp a year to the plan after its cost of EUR \d+\.\d\d\.$/,
    );
    expect(expectedValue.compare(euros('4000'))).toBe(1);
  });

  test('explains every security that is left alone', () => {
    const [a, b] = [testIsin(0), testIsin(1)];
    const rulesOf = (problem: PlanningProblem) =>
      new Map(buildPlan(problem, decided(problem)).notTaken.map(({ isin, rule }) => [isin, rule]));
    expect(rulesOf(simple()).get(b)).toBe('no-target');
    expect(rulesOf(simple({ live: new Set([a]) })).get(a)).toBe('live-order');
    const { limits: usual, instruments } = simple();
    const withLimits = (changes: object) => rulesOf(simple({ limits: { ...usual, ...changes } }));
    expect(withLimits({ frozen: new Set([a]) }).get(a)).toBe('frozen');
    expect(withLimits({ sellOnly: new Set([a]) }).get(a)).toBe('sell-only');
    expect(withLimits({ brokerCurrencies: [parseCurrency('USD')] }).get(a)).toBe('broker-currency');
    expect(withLimits({ brokerCurrencies: [parseCurrency('EUR')] }).get(a)).not.toBe(
      'broker-currency',
    );
    expect(withLimits({ orderMaxRatio: 0.01 }).get(a)).toBe('order-max');
    expect(withLimits({ weightMaxRatio: 0.05 }).get(a)).toBe('weight-max');
    const first = (changes: object) =>
      rulesOf(simple({ instruments: instruments.map((one) => ({ ...one, ...changes })) })).get(a);
    expect(first({ pricedOn: parseDay('2026-02-01') })).toBe('price-too-old');
    expect(first({ buyableFrom: parseDay('2026-04-01') })).toBe('cooldown');
    const blind = { isins: [], expected: new Float64Array(0), covariance: [] };
    expect(rulesOf(simple({ moments: blind })).get(a)).toBe('short-history');
    const unpriced = [{ isin: testIsin(7), symbol: 'Z', reason: 'has no stored bars' }];
    expect(rulesOf(simple({ unpriced })).get(testIsin(7))).toBe('unpriced');
  });

  test('never sells what is younger than the minimum hold', () => {
    const held = { held: Decimal.of(60), target: 0 };
    const { limits: usual } = simple();
    const sells = (locked: number) => {
      const one = instrument(1, { ...held, locked: Decimal.of(locked) });
      const bad = { ...simple().moments, expected: Float64Array.of(-0.05, -0.05) };
      const problem = simple({
        ...{ instruments: [one], moments: bad },
        limits: { ...usual, orderMaxRatio: 1 },
      });
      return decided(problem).settlement.orders[0]?.lots ?? 0;
    };
    expect(sells(0)).toBe(60);
    expect(sells(20)).toBe(40);
    expect(sells(60)).toBe(0);
  });

  test('lets a group over its limit shrink and not grow', () => {
    const one = (k: number, symbol: string, held: number, target: number) =>
      instrument(k, { symbol, sector: 'Energy', held: Decimal.of(held), target });
    const { limits: usual } = simple();
    const problem = simple({
      instruments: [one(0, 'A', 0, 0.5), one(1, 'B', 60, 0.5)],
      limits: { ...usual, sectorMaxRatio: 0.2 },
    });
    const { settlement } = decided(problem);
    const bought = settlement.orders.filter(({ side }) => side === 'BUY');
    const sum = (side: string) =>
      settlement.orders.reduce((all, o) => all + (o.side === side ? o.value.toEstimate() : 0), 0);
    expect(bought.length === 0 || sum('BUY') <= sum('SELL')).toBe(true);
  });

  test('does not sell what the next deposit dilutes', () => {
    const one = instrument(1, { symbol: 'B', held: Decimal.of(60), target: 0.3 });
    const { limits: usual } = simple();
    const rule = (monthlyDeposit: Money) => {
      const problem = simple({ instruments: [one], limits: { ...usual, monthlyDeposit } });
      const { notTaken } = buildPlan(problem, decided(problem));
      return notTaken.find(({ side }) => side === 'SELL')?.rule;
    };
    expect(rule(euros('2000'))).toBe('deposit-first');
    expect(rule(euros('0'))).not.toBe('deposit-first');
  });
});

describe('the exact end', () => {
  test('makes an order smaller, lot by lot, until it can be paid', () => {
    const problem = simple();
    const [a] = problem.instruments;
    if (!a) throw new Error('the problem has a security');
    const settlement = repairedOrders(problem, [{ instrument: a, side: 'BUY', lots: 79 }]);
    expect(settlement.orders[0]?.lots).toBe(40);
    const tight = simple({ limits: { ...problem.limits, weightMaxRatio: 1, orderMaxRatio: 1 } });
    const paid = repairedOrders(tight, [{ instrument: a, side: 'BUY', lots: 80 }]);
    expect(paid.orders[0]?.lots).toBe(77);
    expect(paid.cashAfter.compare(cashReserve(tight))).toBeGreaterThanOrEqual(0);
    expect(breachOf(tight, paid)).toBeUndefined();
  });

  test('drops an order that would become too small', () => {
    const problem = simple({ cash: euros('300') });
    const [a] = problem.instruments;
    if (!a) throw new Error('the problem has a security');
    expect(repairedOrders(problem, [{ instrument: a, side: 'BUY', lots: 6 }]).orders).toEqual([]);
  });

  test('counts cash to the cent, in the order of execution, with dated rates', () => {
    const usd = instrument(0, {
      symbol: 'A',
      price: Price.parse('33.37', 'USD'),
      rate: {
        from: Money.zero('USD' as never).currency,
        to: Money.zero('EUR' as never).currency,
        rate: Decimal.parse('0.9137'),
        day: parseDay('2026-03-02'),
      },
    });
    const problem = simple({ instruments: [usd] });
    const { orders, cost, cashAfter } = settle(problem, [
      { instrument: usd, side: 'BUY', lots: 10 },
    ]);
    // 333.70 USD are 304.90 EUR; fee 2 + 0.61, spread 0.16, each rounded up.
    expect(orders[0]?.value).toEqual(euros('304.90'));
    expect(cost).toEqual(euros('2.77'));
    expect(cashAfter).toEqual(euros('3692.33'));
    expect(portfolioValue(problem)).toEqual(euros('4000'));
  });

  test.each([
    ['no-short', 'SELL', 1, {}],
    ['below-minimum-order', 'BUY', 1, {}],
    ['frozen', 'BUY', 20, { frozen: new Set([testIsin(0)]) }],
    ['sell-only', 'BUY', 20, { sellOnly: new Set([testIsin(0)]) }],
    ['no-sells', 'SELL', 20, { noSells: true }],
    ['orders-max', 'BUY', 20, { ordersMax: 0 }],
    ['turnover-max', 'BUY', 20, { turnoverMaxRatio: 0.1 }],
    ['positions-max', 'BUY', 20, { positionsMax: 0 }],
    ['sector-max', 'BUY', 20, { sectorMaxRatio: 0.1 }],
    ['country-max', 'BUY', 20, { countryMaxRatio: 0.1 }],
    ['weight-max', 'BUY', 20, { weightMaxRatio: 0.1 }],
    ['order-max', 'BUY', 20, { orderMaxRatio: 0.1 }],
    ['cash-reserve', 'BUY', 20, { cashReserveRatio: 0.9 }],
  ] as const)('sees a breach of %s', (rule, side, lots, changes) => {
    const one = instrument(0, { symbol: 'A', sector: 'Energy', country: 'DE' });
    const { limits: usual } = simple();
    const problem = simple({ instruments: [one], limits: { ...usual, ...changes } });
    const settlement = settle(problem, [{ instrument: one, side, lots }]);
    expect(breachOf(problem, settlement)?.rule).toBe(rule);
  });
});
