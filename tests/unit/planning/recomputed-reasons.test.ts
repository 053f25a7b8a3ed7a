/**
 * Every sentence of plans for random accounts, recomputed from the account alone with plain numbers: weights, worth,
 * gain, cost and what is missing. Accounts are small and odd on purpose: little cash, shares that are too dear, lists,
 * locked shares, limits that bind, gains that are taxed.
 */
import { Decimal } from '#shared/kernel/decimal.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price } from '#shared/kernel/price.ts';
import { addDays } from '#shared/kernel/calendar-day.ts';
import { integerBelow, seededRandom, type Random } from '#shared/kernel/random.ts';
import { buildPlan } from '#shared/planning/model/build-plan.ts';
import { decide, type Decision } from '#shared/planning/model/decision.ts';
import type { NotTaken, PlannedAction } from '#shared/planning/model/plan.ts';
import type { Instrument, PlanningProblem } from '#shared/planning/model/problem.ts';
import { drawnProblem, euros, limits } from './problems.ts';

const ACCOUNTS = 60;

function decided(problem: PlanningProblem): Decision {
  const deciding = decide(problem);
  let next = deciding.next();
  while (!next.done) next = deciding.next();
  return next.value;
}

const maybe = <T>(random: Random, ratio: number, value: T, otherwise: T): T =>
  random() < ratio ? value : otherwise;

function account(seed: string): PlanningProblem {
  const random = seededRandom(seed);
  const cash = [30, 260, 600, 2500, 20_000][integerBelow(random, 5)] ?? 0;
  const heldRatio = random();
  const drawn = drawnProblem(seed, { securities: 7, cash: String(cash), heldRatio });
  const chosen = (ratio: number) =>
    new Set(drawn.instruments.filter(() => random() < ratio).map(({ isin }) => isin));
  const odd = maybe(random, 0.5, 0.15, 0);
  const instruments = drawn.instruments.map((one): Instrument => ({
    ...one,
    price: maybe(random, 0.15, Price.parse('2900', one.price.currency), one.price),
    held: maybe(random, 0.15, Decimal.zero, one.held),
    locked: maybe(random, odd, one.held, Decimal.zero),
    buyableFrom: maybe(random, odd, addDays(drawn.day, 9), undefined),
  }));
  return {
    ...drawn,
    instruments,
    limits: limits({
      ...{ frozen: chosen(odd), sellOnly: chosen(odd), excluded: chosen(odd) },
      noSells: random() < 0.3,
      ordersMax: 1 + integerBelow(random, 4),
      positionsMax: maybe(random, 0.5, 2 + integerBelow(random, 4), Infinity),
      turnoverMaxRatio: maybe(random, 0.4, 0.1 + random() / 5, 1.2),
      sectorMaxRatio: maybe(random, 0.4, 0.3, 1),
      countryMaxRatio: maybe(random, 0.4, 0.5, 1),
      weightMaxRatio: maybe(random, 0.5, 0.15, 0.6),
      orderMaxRatio: maybe(random, 0.5, 0.1, 0.5),
      cashReserveAmount: maybe(random, 0.4, euros('400'), undefined),
      monthlyDeposit: maybe(random, 0.4, euros('900'), euros('0')),
      marginRatio: maybe(random, 0.5, 0.01, 0.0005),
    }),
  };
}

/** An account in plain numbers, after some orders. */
class Recomputed {
  readonly problem: PlanningProblem;
  readonly each: readonly number[];
  readonly value: number;
  readonly reserve: number;
  /** Signed shares that the plan trades, by instrument. */
  readonly traded: readonly number[];

  constructor(problem: PlanningProblem, actions: readonly PlannedAction[]) {
    const { instruments, cash } = problem;
    this.problem = problem;
    this.each = instruments.map(({ price, rate }) => Number(price.amount) * Number(rate.rate));
    const held = instruments.map((one, i) => Number(one.held) * this.priceOf(i));
    this.value = held.reduce((a, b) => a + b, Number(cash.amount));
    const { cashReserveRatio, cashReserveAmount } = problem.limits;
    this.reserve = Math.max(
      cashReserveRatio * this.value,
      Number(cashReserveAmount?.amount.toString() ?? 0),
    );
    this.traded = instruments.map(({ isin }) => {
      const action = actions.find((one) => one.isin === isin);
      return action ? Number(action.quantity) * (action.side === 'SELL' ? -1 : 1) : 0;
    });
  }

  priceOf(i: number): number {
    return this.each[i] ?? Number.NaN;
  }

  with(i: number, shares: number): readonly number[] {
    return this.traded.map((own, k) => (k === i ? shares : own));
  }

  cost(shares: number, i: number): number {
    const { feeFixed, feeRatio, halfSpreadRatio } = this.problem.limits.costs;
    if (shares === 0) return 0;
    return Number(feeFixed) + (feeRatio + halfSpreadRatio) * Math.abs(shares) * this.priceOf(i);
  }

  costs(traded: readonly number[]): number {
    return traded.reduce((sum, shares, i) => sum + this.cost(shares, i), 0);
  }

  weights(traded: readonly number[]): readonly number[] {
    return this.problem.instruments.map(
      (one, i) => ((Number(one.held) + (traded[i] ?? 0)) * this.priceOf(i)) / this.value,
    );
  }

  /** mu'w - (gamma/2) w'Sw, before costs. */
  utility(traded: readonly number[]): number {
    const { moments, limits: given } = this.problem;
    const w = this.weights(traded);
    let sum = 0;
    for (const [i, wi] of w.entries()) {
      sum += (moments.expected[i] ?? 0) * wi;
      for (const [j, wj] of w.entries())
        sum -= (given.riskAversion / 2) * (moments.covariance[i]?.[j] ?? 0) * wi * wj;
    }
    return sum;
  }

  /** What other shares of one security would gain a year, in basis points, before and after its cost. */
  gain(i: number, shares: number) {
    const [now, then] = [this.traded, this.with(i, shares)];
    const before = (this.utility(then) - this.utility(now)) * 1e4;
    const cost = this.costs(then) - this.costs(now);
    return { before, cost, after: before - (cost / this.value) * 1e4 };
  }

  cashAfter(traded: readonly number[]): number {
    const spent = traded.reduce((sum, shares, i) => sum + shares * this.priceOf(i), 0);
    return Number(this.problem.cash.amount) - spent - this.costs(traded);
  }

  turnover(traded: readonly number[]): number {
    return traded.reduce((sum, shares, i) => sum + Math.abs(shares) * this.priceOf(i), 0);
  }
}

const near = (said: number, is: number, by: number, about: unknown): void => {
  expect([about, said, is, Math.abs(said - is) <= by]).toEqual([about, said, is, true]);
};
const figure = (text: string, pattern: RegExp): number => {
  const found = pattern.exec(text)?.[1];
  expect([text, pattern.source, found === undefined]).toEqual([text, pattern.source, false]);
  return Number(found);
};
const ofOrder = (recomputed: Recomputed, i: number, reason: string): number => {
  const [, verb, value] = /^(Buying|Selling) EUR (\d+\.\d\d)/.exec(reason) ?? [];
  const lot = Number(recomputed.problem.instruments[i]?.lot);
  const lots = Math.round(Number(value) / recomputed.priceOf(i) / lot);
  return (verb === 'Buying' ? 1 : -1) * lots * lot;
};

type Judge = (recomputed: Recomputed, i: number, one: NotTaken) => void;

/** A worthwhile order that a limit bars: `figures` of the limit, with the order on top of the plan. */
const barred =
  (figures: (r: Recomputed, shares: number, i: number, one: NotTaken) => void): Judge =>
  (r, i, one) => {
    const shares = ofOrder(r, i, one.reason);
    const { after } = r.gain(i, shares);
    near(figure(one.reason, /would gain (-?\d+\.\d) bp a year after cost/), after, 0.051, one);
    figures(r, shares, i, one);
  };

const tooMuch = (r: Recomputed, i: number, one: NotTaken, kind: 'sector' | 'country'): void => {
  const shares = ofOrder(r, i, one.reason);
  const group = r.problem.instruments[i]?.[kind];
  const weights = r.weights(r.with(i, shares));
  const after = r.problem.instruments.reduce(
    (sum, other, k) => sum + (other[kind] === group ? (weights[k] ?? 0) : 0),
    0,
  );
  near(figure(one.reason, /would take (\d+\.\d\d) %/), after * 100, 0.0051, one);
  const excess = figure(one.reason, /that is EUR (\d+\.\d\d) too much/);
  const most = figure(one.reason, /may take (\d+\.\d) %/);
  near(excess / r.value, after - most / 100, 0.00051, one);
  expect(excess).toBeGreaterThan(0);
};

const judges: Readonly<Record<string, Judge>> = {
  frozen: (r, _i, one) => expect(r.problem.limits.frozen).toContain(one.isin),
  excluded: (r, _i, one) => expect(r.problem.limits.excluded).toContain(one.isin),
  'sell-only': (r, _i, one) => expect(r.problem.limits.sellOnly).toContain(one.isin),
  cooldown: (r, i, one) =>
    expect(one.reason).toContain(String(r.problem.instruments[i]?.buyableFrom)),
  'no-sells': (r) => expect(r.problem.limits.noSells).toBe(true),
  'no-target': (r, i) =>
    expect([Number(r.problem.instruments[i]?.held), r.problem.instruments[i]?.target]).toEqual([
      0, 0,
    ]),
  'minimum-hold': (r, i, one) => {
    const { locked, held } = r.problem.instruments[i] as Instrument;
    expect(Number(locked)).toBeGreaterThan(0);
    expect(one.reason).toContain(`${locked} of the ${held} held`);
  },
  'deposit-first': (r, i, one) => {
    const over = (r.weights([])[i] ?? 0) - (r.problem.instruments[i]?.target ?? 0);
    near(figure(one.reason, /It is EUR (\d+\.\d\d) over/), over * r.value, 0.02, one);
    expect(over * r.value).toBeLessThanOrEqual(Number(r.problem.limits.monthlyDeposit.amount));
  },
  'below-minimum-order': (r, i, one) => {
    if (!one.reason.startsWith('Its weight')) return;
    const gap = Math.abs((r.weights([])[i] ?? 0) - (r.problem.instruments[i]?.target ?? 0));
    near(figure(one.reason, /difference of EUR (\d+\.\d\d)/), gap * r.value, 0.02, one);
    expect(gap * r.value).toBeLessThan(Number(r.problem.limits.minimumOrder.amount));
  },
  'weight-max': (r, i, one) => {
    const smallest = figure(one.reason, /smallest purchase is EUR (\d+\.\d\d)/);
    const after = (r.weights([])[i] ?? 0) + smallest / r.value;
    expect(after).toBeGreaterThan(r.problem.limits.weightMaxRatio);
  },
  'order-max': (r, _i, one) => {
    const smallest = figure(one.reason, /smallest (?:purchase|sale) is EUR (\d+\.\d\d)/);
    const most = figure(one.reason, /worth at most EUR (\d+\.\d\d)/);
    near(most, r.problem.limits.orderMaxRatio * r.value, 0.011, one);
    expect(smallest).toBeGreaterThan(most);
  },
  'cost-exceeds-gain': (r, i, one) => {
    const { before, cost, after } = r.gain(i, ofOrder(r, i, one.reason));
    near(figure(one.reason, /would gain (\d+\.\d) bp/), before, 0.051, one);
    near(figure(one.reason, /and cost EUR (\d+\.\d\d)/), cost, 0.011, one);
    near(figure(one.reason, /cost below EUR (\d+\.\d\d)/), (before / 1e4) * r.value, 0.011, one);
    expect(after).toBeLessThanOrEqual(1e-9);
  },
  'no-gain': (r, i, one) => {
    const { before } = r.gain(i, ofOrder(r, i, one.reason));
    near(figure(one.reason, /would lose (\d+\.\d) bp a year before/), -before, 0.051, one);
  },
  'cash-reserve': barred((r, shares, i, one) => {
    const [now, then] = [r.traded, r.with(i, shares)];
    const free = Math.max(0, r.cashAfter(now) - r.reserve);
    near(figure(one.reason, /(?:leave|there are) EUR (\d+\.\d\d) above/), free, 0.02, one);
    near(figure(one.reason, /the reserve of EUR (\d+\.\d\d)/), r.reserve, 0.011, one);
    // Kept for rounding and moving prices; more cash raises a reserve that is a share of the value.
    const orders = then.filter((own) => own !== 0).length;
    const kept = 0.05 * orders + 0.0025 * r.turnover(then);
    const { cashReserveRatio: ratio, cashReserveAmount } = r.problem.limits;
    const least = Number(cashReserveAmount?.amount.toString() ?? 0);
    const enough = (more: number) =>
      r.cashAfter(then) + more >= Math.max(ratio * (r.value + more), least) + kept;
    const more = figure(one.reason, /it takes EUR (\d+\.\d\d) more cash/);
    expect([one, enough(more + 0.02), enough(more - 0.03)]).toEqual([one, true, false]);
  }),
  'orders-max': barred((r, shares, i, one) => {
    const orders = r.with(i, shares).filter((own) => own !== 0).length;
    expect(figure(one.reason, /would take a limit of (\d+)/)).toBe(orders);
    expect(orders).toBeGreaterThan(r.problem.limits.ordersMax);
  }),
  'positions-max': barred((r, shares, i, one) => {
    const held = r.with(i, shares).filter((own, k) => {
      return Number(r.problem.instruments[k]?.held) + own > 0;
    }).length;
    expect(figure(one.reason, /would take a limit of (\d+)/)).toBe(held);
  }),
  'turnover-max': barred((r, shares, i, one) => {
    const traded = r.turnover(r.with(i, shares));
    near(figure(one.reason, /would trade (\d+\.\d\d) %/), (traded / r.value) * 100, 0.0051, one);
    const excess = traded - r.problem.limits.turnoverMaxRatio * r.value;
    near(figure(one.reason, /that is EUR (\d+\.\d\d) too much/), excess, 0.011, one);
  }),
  'sector-max': barred((r, _shares, i, one) => tooMuch(r, i, one, 'sector')),
  'country-max': barred((r, _shares, i, one) => tooMuch(r, i, one, 'country')),
  'below-margin': (r, i, one) => {
    const { after } = r.gain(i, ofOrder(r, i, one.reason));
    near(figure(one.reason, /would gain (-?\d+\.\d) bp a year after cost/), after, 0.051, one);
  },
  'at-target': (r, i) =>
    near(r.weights([])[i] ?? 0, r.problem.instruments[i]?.target ?? 0, 1e-6, i),
};

function judgeAction(r: Recomputed, action: PlannedAction): void {
  const i = r.problem.instruments.findIndex(({ isin }) => isin === action.isin);
  const { reason } = action;
  const shares = r.traded[i] ?? 0;
  const [before, after] = [r.weights([])[i] ?? 0, r.weights(r.traded)[i] ?? 0];
  near(
    figure(reason, /^(?:Buy|Sell) for EUR (\d+\.\d\d)/),
    Math.abs(shares) * r.priceOf(i),
    0.011,
    action,
  );
  near(figure(reason, /weight (\d+\.\d) %/), before * 100, 0.051, action);
  near(figure(reason, /weight \d+\.\d % to (\d+\.\d) %/), after * 100, 0.051, action);
  near(
    figure(reason, /target (\d+\.\d) %/),
    (r.problem.instruments[i]?.target ?? 0) * 100,
    0.051,
    action,
  );
  near(
    figure(reason, /implied return (-?\d+\.\d) %/),
    (r.problem.moments.expected[i] ?? 0) * 100,
    0.051,
    action,
  );
  near(figure(reason, /adds (-?\d+\.\d) bp a year/), -r.gain(i, 0).after, 0.051, action);
  near(figure(reason, /its cost of EUR (\d+\.\d\d)/), r.cost(shares, i), 0.031, action);
}

describe('plans for odd accounts', () => {
  const rules = new Map<string, number>();

  test('say nothing that their numbers do not say', () => {
    for (let k = 0; k < ACCOUNTS; k += 1) {
      const problem = account(`odd account ${k}`);
      const plan = buildPlan(problem, decided(problem));
      const recomputed = new Recomputed(problem, plan.actions);
      for (const action of plan.actions) judgeAction(recomputed, action);
      for (const one of plan.notTaken) {
        const i = problem.instruments.findIndex(({ isin }) => isin === one.isin);
        const judge = judges[one.rule];
        expect([k, one.rule, judge !== undefined]).toEqual([k, one.rule, true]);
        judge?.(recomputed, i, one);
        rules.set(one.rule, (rules.get(one.rule) ?? 0) + 1);
      }
      judgeSummary(recomputed, plan);
    }
  });

  test('come across most rules', () => {
    expect(rules.size).toBeGreaterThanOrEqual(12);
  });
});

function judgeSummary(r: Recomputed, plan: ReturnType<typeof buildPlan>): void {
  const { summary, actions } = plan;
  if (actions.length === 0) {
    expect(summary).toMatch(/^Hold: /);
    return;
  }
  const total = (r.utility(r.traded) - r.utility([])) * 1e4 - (r.costs(r.traded) / r.value) * 1e4;
  near(figure(summary, /gains (-?\d+\.\d) bp a year over holding/), total, 0.051, summary);
  near(
    figure(summary, /after a cost of EUR (\d+\.\d\d)/),
    r.costs(r.traded),
    0.031 * actions.length,
    summary,
  );
  for (const [side, verb] of [
    ['BUY', 'Buy'],
    ['SELL', 'Sell'],
  ] as const) {
    const of = actions.filter((one) => one.side === side);
    const worth = Money.sum(
      of.map(({ value }) => value),
      r.problem.base,
    );
    if (of.length > 0) expect(summary).toContain(`${verb} ${of.length} `);
    if (of.length > 0) expect(summary).toContain(`for ${worth}`);
  }
}
