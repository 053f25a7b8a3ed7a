/** Each field of an investment policy changes what it is documented to change; none is left out. */
import supertest from 'supertest';
import type { Plan, PlanUpdate } from '#protos/gen/planning.ts';
import type { ListedSecurity } from '#shared/clients/market-data/market-data.ts';
import { present } from '#shared/kernel/assert.ts';
import { daysBetween, dayOf } from '#shared/kernel/calendar-day.ts';
import { Money } from '#shared/kernel/money.ts';
import { lotGains, saleTaxes } from '#shared/planning/model/taxes/sale-tax.ts';
import { saleOrder } from '#shared/portfolio/model/lots.ts';
import { gainRatioOf } from '#shared/portfolio/model/tax/tax-rules.ts';
import { taxReport, yearSoFar } from '#shared/portfolio/model/tax/tax-report.ts';
import { decideTrust } from '#shared/gateway/model/trust.ts';
import {
  effectivePolicy,
  type PolicyTax,
  type PolicyTrust,
} from '#shared/portfolio/model/policy/policy.ts';
import { defaultPolicy } from '#shared/portfolio/policy/default-policy.ts';
import { parsePolicy, policyJsonSchema } from '#shared/portfolio/policy/policy-document.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { SecurityStore } from '#shared/universe/security-store.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import type { FunctionHandler } from '#template/function.ts';
import calculateRebalancing from '../../../functions/optimization/calculate-rebalancing/handler.ts';
import createPlan from '../../../functions/planning/create-plan/handler.ts';
import importTransactions from '../../../functions/portfolio/import-transactions/handler.ts';
import updatePolicy from '../../../functions/portfolio/update-policy/handler.ts';
import updatePositions from '../../../functions/portfolio/update-positions/handler.ts';
import { endpointOf, inProcess } from '../../support/host.ts';
import { seedMarket } from '../../support/markets/seed-market.ts';
import { ALPHA, BETA } from '../../support/markets/set-market.ts';
import { at, bookOf, day, EUR, line, trade } from '../../unit/portfolio/lines.ts';
import {
  openTestDependencies,
  startTestRedis,
  steppingClock,
  type TestRedis,
} from '../../support/dependencies.ts';

const CASH = 25_000;

let redis: TestRedis;
let dependencies: Dependencies;
let listed: readonly ListedSecurity[];
let prices: ReadonlyMap<string, number>;
let [runs, version] = [0, 0];
const clock = steppingClock('2024-06-27T21:00:00Z');

const call = (handler: FunctionHandler, body: object) =>
  supertest(endpointOf(handler, dependencies))
    .post('/')
    .set('x-run-id', `run-${(runs += 1)}`)
    .send(body);
const under = async (document: string) => {
  const { body } = await call(updatePolicy, { document, expectedVersion: version });
  expect(body).toMatchObject({ success: true });
  version = (body as { version: number }).version;
};
const planUnder = async (document: string, body: object = {}): Promise<Plan> => {
  await under(document);
  const answer = await call(createPlan, body);
  expect(answer.body).not.toHaveProperty('code');
  const plan = present((answer.body as PlanUpdate).plan, 'the last message carries the plan');
  expect(plan.policyVersion).toBe(version);
  return plan;
};
const security = (index: number) => present(listed[index], 'it is seeded');
const isin = (index: number) => security(index).isin;

const bought = (plan: Plan) => plan.actions.filter(({ side }) => side === 'BUY');
const value = ({ value: of }: Plan['actions'][number]) => Number(of?.amount);
const cashAfter = (plan: Plan) => Number(plan.cashAfter?.amount);
const weightOf = (plan: Plan, among: (one: ListedSecurity) => boolean) =>
  listed
    .filter(among)
    .reduce(
      (sum, { isin: of }) =>
        sum + (plan.actions.find((one) => one.isin === of)?.weightAfterRatio ?? 0),
      0,
    );
const ruleOf = (plan: Plan, of: string) =>
  plan.notTaken.filter((one) => one.isin === of).map(({ rule }) => rule);

/** Fields that a test below is about; the last one compares them with the schema. */
const covered = new Set<string>();

/** The plans under two policies that differ in one field. */
function effect(
  field: string,
  documents: () => readonly [string, string],
  check: (without: Plan, under: Plan) => void,
  body: () => object = () => ({}),
): void {
  covered.add(field);
  test(field, async () => {
    const [before, after] = documents();
    check(await planUnder(before, body()), await planUnder(after, body()));
  });
}

/** Most that may be taken, by a field that limits a part of the securities. */
function limit(
  field: string,
  document: () => string,
  most: number,
  part: (one: ListedSecurity) => unknown,
): void {
  effect(
    field,
    () => ['', document()],
    (free, plan) => {
      const parts = new Set(listed.map(part));
      const greatest = (of: Plan) =>
        Math.max(...[...parts].map((name) => weightOf(of, (one) => part(one) === name)));
      const named = (of: Plan) => weightOf(of, (one) => part(one) === part(security(topOf(free))));
      const measured = /(securities|sectors|countries|currencies)$/.test(field) ? named : greatest;
      expect(measured(free)).toBeGreaterThan(most);
      expect(measured(plan)).toBeLessThanOrEqual(most + 1e-6);
    },
  );
}

const top = { index: 0 };
const topOf = (plan: Plan) => listed.findIndex((one) => one.isin === bought(plan)[0]?.isin);
const best = () => security(top.index);

beforeAll(async () => {
  redis = await startTestRedis();
  const host = inProcess();
  dependencies = await openTestDependencies(
    redis,
    { MAXIMUM_ORDER_RATIO: '0.5', WEIGHT_MAX_RATIO: '0.5', PAPER_OPENING_CASH: String(CASH) },
    { now: clock.now, transport: host.transport },
  );
  host.into(dependencies);
  listed = await seedMarket(dependencies, 5.2, (_, index) => index < 8);
  await call(updatePositions, { forceSync: true });
  const market = new StoredMarket(dependencies.database);
  const quotes = await market.quotes(listed.map((one) => one.isin));
  prices = new Map([...quotes].map(([of, { price }]) => [of, price.toEstimate()]));
  top.index = topOf(await planUnder(''));
});
afterAll(async () => {
  await dependencies.close();
  await redis.stop();
});

/** Targets differ: they are what an objective sets, and the reasons state them. */
const differ = (without: Plan, plan: Plan): void =>
  expect(figures(plan, /target (\d+\.\d) %/)).not.toEqual(figures(without, /target (\d+\.\d) %/));
const figures = (plan: Plan, pattern: RegExp) =>
  plan.actions.map(({ isin: of, reason }) => `${of} ${pattern.exec(reason)?.[1] ?? ''}`).sort();

describe('what is aimed at', () => {
  effect('objective', () => ['objective: MAXIMUM_SHARPE', 'objective: MINIMUM_VOLATILITY'], differ);
  effect(
    'riskAversion',
    () => ['riskAversion: 4', 'riskAversion: 60'],
    (free, plan) => {
      const implied = /implied return (-?\d+\.\d) % a year/;
      expect(figures(plan, implied)).not.toEqual(figures(free, implied));
    },
  );
  const target = (kind: string, field: string, ratio: number) =>
    `objective: ${kind}\n${field}: ${ratio}`;
  effect(
    'targetReturnRatio',
    () => [2, 4].map((k) => target('TARGET_RETURN', 'targetReturnRatio', k / 100)) as never,
    differ,
  );
  effect(
    'targetVolatilityRatio',
    () => [5, 12].map((k) => target('TARGET_RISK', 'targetVolatilityRatio', k / 100)) as never,
    differ,
  );
  effect(
    'targets.securities',
    () => ['', `targets: { securities: { ${isin(1)}: 0.3 } }`],
    (_, plan) => expect(weightOf(plan, ({ isin: of }) => of === isin(1))).toBeCloseTo(0.3, 1),
  );
  effect(
    'targets.groups',
    () => ['', `targets: { groups: [{ name: one, weightRatio: 0.4, isins: [${isin(2)}] }] }`],
    (_, plan) => expect(weightOf(plan, ({ isin: of }) => of === isin(2))).toBeCloseTo(0.4, 1),
  );
  for (const list of ['excluded', 'sellOnly', 'frozen'] as const)
    effect(
      list,
      () => ['', `${list}: [${best().isin}]`],
      (free, plan) => {
        expect(bought(free).map((one) => one.isin)).toContain(best().isin);
        expect(bought(plan).map((one) => one.isin)).not.toContain(best().isin);
        expect(ruleOf(plan, best().isin)).toEqual([list === 'sellOnly' ? 'no-target' : list]);
      },
    );
});

const until = (day: string) =>
  `excluded: [${best().isin}]\nrestrictedUntil: { ${best().isin}: ${day} }`;
describe('restrictions that end', () => {
  effect(
    'restrictedUntil',
    () => [until('2024-06-26'), until('2024-12-31')],
    (ended, plan) => {
      expect(bought(ended).map((one) => one.isin)).toContain(best().isin);
      expect(ruleOf(plan, best().isin)).toEqual(['excluded']);
    },
  );
});

describe('limits', () => {
  const isins = (one: ListedSecurity) => one.isin;
  const sector = (one: ListedSecurity) => one.sector;
  const country = (one: ListedSecurity) => one.country;
  const currency = (one: ListedSecurity) => one.currency;
  limit('limits.securityMaxRatio', () => 'limits: { securityMaxRatio: 0.06 }', 0.06, isins);
  limit('limits.sectorMaxRatio', () => 'limits: { sectorMaxRatio: 0.06 }', 0.06, sector);
  limit('limits.countryMaxRatio', () => 'limits: { countryMaxRatio: 0.06 }', 0.06, country);
  limit('limits.currencyMaxRatio', () => 'limits: { currencyMaxRatio: 0.06 }', 0.06, currency);
  const single = (list: string, name: () => string | undefined) => () =>
    `limits: { ${list}: { ${name() ?? ''}: 0.04 } }`;
  limit(
    'limits.securities',
    single('securities', () => best().isin),
    0.04,
    isins,
  );
  limit(
    'limits.sectors',
    single('sectors', () => best().sector),
    0.04,
    sector,
  );
  limit(
    'limits.countries',
    single('countries', () => best().country),
    0.04,
    country,
  );
  limit(
    'limits.currencies',
    single('currencies', () => best().currency),
    0.04,
    currency,
  );
  effect(
    'limits.positionsMax',
    () => ['', 'limits: { positionsMax: 2 }'],
    (free, plan) => {
      expect(free.actions.length).toBeGreaterThan(2);
      expect(plan.actions.length).toBeLessThanOrEqual(2);
    },
  );
});

describe('cash, band and orders', () => {
  effect(
    'cash.reserveRatio',
    () => ['', 'cash: { reserveRatio: 0.8 }'],
    (free, plan) => {
      expect(cashAfter(free)).toBeLessThan(0.8 * CASH);
      expect(cashAfter(plan)).toBeGreaterThanOrEqual(0.8 * CASH);
    },
  );
  effect(
    'cash.reserveAmount',
    () => ['', 'cash: { reserveAmount: 21000 }'],
    (free, plan) => {
      expect(cashAfter(free)).toBeLessThan(21_000);
      expect(cashAfter(plan)).toBeGreaterThanOrEqual(21_000);
    },
  );
  const targets = () => `targets: { securities: { ${isin(1)}: 0.3 } }`;
  effect(
    'cash.monthlyDeposit',
    () => [targets(), `${targets()}\ncash: { monthlyDeposit: 9000 }`],
    (free, plan) => {
      expect(ruleOf(free, isin(1))).not.toContain('deposit-first');
      expect(ruleOf(plan, isin(1))).toContain('deposit-first');
    },
    () => ({
      positions: [{ ...positionOf(1, 12_000) }],
      availableCash: { amount: '18000.00', currency: 'EUR' },
    }),
  );
  for (const field of ['totalRatio', 'positionRatio']) {
    covered.add(`band.${field}`);
    test(`band.${field}`, async () => {
      const needs = async (ratio: number) => {
        const other = field === 'totalRatio' ? 'positionRatio' : 'totalRatio';
        await under(`band: { ${field}: ${ratio}, ${other}: 1 }`);
        const body = {
          currentPositions: [{ isin: isin(1), quantity: positionOf(1, 5000).quantity }],
          availableCash: { amount: '5000.00', currency: 'EUR' },
          targetAllocations: [{ isin: isin(1), targetWeight: 0.4 }],
        };
        return (await call(calculateRebalancing, body)).body.needsRebalancing as boolean;
      };
      expect([await needs(0.01), await needs(1)]).toEqual([true, false]);
    });
  }
  effect(
    'orders.minimum',
    () => ['', 'orders: { minimum: 3000 }'],
    (free, plan) => {
      expect(Math.min(...free.actions.map(value))).toBeLessThan(3000);
      expect(Math.min(...plan.actions.map(value))).toBeGreaterThanOrEqual(3000);
    },
  );
  effect(
    'orders.maximumRatio',
    () => ['', 'orders: { maximumRatio: 0.05 }'],
    (free, plan) => {
      expect(Math.max(...free.actions.map(value))).toBeGreaterThan(0.05 * CASH);
      expect(Math.max(...plan.actions.map(value))).toBeLessThanOrEqual(0.05 * CASH);
    },
  );
  effect(
    'orders.dayTurnoverMaxRatio',
    () => ['', 'orders: { dayTurnoverMaxRatio: 0.1 }'],
    (free, plan) => {
      const traded = (of: Plan) => of.actions.map(value).reduce((a, b) => a + b, 0);
      expect(traded(free)).toBeGreaterThan(0.1 * CASH);
      expect(traded(plan)).toBeLessThanOrEqual(0.1 * CASH);
    },
  );
  for (const field of ['perDayMax', 'perPlanMax'])
    effect(
      `orders.${field}`,
      () => ['', `orders: { ${field}: 1 }`],
      (free, plan) => {
        expect(free.actions.length).toBeGreaterThan(1);
        expect(plan.actions).toHaveLength(1);
      },
    );
  const fractional = (allowed: boolean) =>
    `targets: { securities: { ${isin(4)}: 0.2 } }\norders: { fractionalShares: ${allowed} }`;
  effect(
    'orders.fractionalShares',
    () => [fractional(true), fractional(false)],
    (free, plan) => {
      const part = (of: Plan) => (of.actions[0]?.quantity ?? 0) % 1;
      expect([part(free) > 0, part(plan)]).toEqual([true, 0]);
    },
  );
  beforeAll(async () => {
    const store = new SecurityStore(dependencies.database);
    await store.describe(isin(4), { lot: Decimal.parse('0.001') });
  });
});

/** So many shares of a security as are worth about so much. */
function positionOf(index: number, worth: number) {
  const { isin: of, symbol } = security(index);
  return { isin: of, symbol, quantity: Math.floor(worth / (prices.get(of) ?? 1)) };
}

describe('what was traded before, and taxes', () => {
  /** Two securities in euros, one far above and one far below what was paid. */
  const euros = () => listed.filter(({ currency }) => currency === 'EUR');
  const [winner, loser, sold] = [0, 1, 2].map((k) => () => present(euros()[k], 'it is seeded'));
  beforeAll(async () => {
    await under('');
    const row = (on: string, kind: string, of: ListedSecurity, worth: number, ratio: number) => {
      const price = prices.get(of.isin) ?? 1;
      const quantity = Math.max(1, Math.round(worth / price));
      const amount = (kind === 'buy' ? -1 : 1) * quantity * price * ratio;
      return `${on},${kind},${of.isin},${quantity},${amount.toFixed(2)},EUR`;
    };
    const [a, b, c] = [winner?.(), loser?.(), sold?.()] as [
      ListedSecurity,
      ListedSecurity,
      ListedSecurity,
    ];
    const content = [
      'date,kind,isin,quantity,amount,currency',
      '2020-01-02,deposit,,,40000,EUR',
      row('2020-02-03', 'buy', a, 12_000, 0.3),
      row('2020-02-04', 'buy', b, 12_000, 1.5),
      row('2020-02-05', 'buy', c, 4_000, 0.5),
      row('2023-03-01', 'buy', c, 1_000, 2),
      row('2023-03-02', 'sell', c, 4_000, 0.4),
      `2024-03-04,dividend,${a.isin},,600,EUR`,
      row('2024-05-06', 'sell', c, 1_000, 2.8),
      row('2024-06-10', 'buy', a, 8_000, 0.95),
      row('2024-06-11', 'buy', b, 1_000, 1),
      row('2024-06-12', 'sell', b, 500, 0.9),
    ].join('\n');
    const { body } = await call(importTransactions, { content: `${content}\n`, apply: true });
    expect(body).toMatchObject({ applied: true, leftRows: [] });
  });

  const selling = (tax: string, more = '') =>
    `excluded: [${winner?.().isin ?? ''}, ${loser?.().isin ?? ''}]\nriskAversion: 80\n` +
    `orders: { maximumRatio: 0.3, cooldownDays: 0, minimumHoldDays: 0${more} }\n` +
    `tax: { gainRatio: 0.2${tax} }`;
  effect(
    'orders.switchingMarginRatio',
    () => [selling(''), selling('', ', switchingMarginRatio: 1')],
    (without, plan) => {
      const sales = (of: Plan) => of.actions.filter(({ side }) => side === 'SELL').length;
      expect([sales(without) > 0, sales(plan)]).toEqual([true, 0]);
    },
  );
  effect(
    'orders.cooldownDays',
    () => [0, 60].map((days) => `orders: { cooldownDays: ${days} }`) as never,
    (without, plan) => {
      const of = sold?.().isin ?? '';
      expect(ruleOf(without, of)).not.toContain('cooldown');
      expect(ruleOf(plan, of)).toContain('cooldown');
    },
  );
  effect(
    'orders.minimumHoldDays',
    () => [selling(''), selling('').replace('minimumHoldDays: 0', 'minimumHoldDays: 3000')],
    (without, plan) => {
      const of = winner?.().isin ?? '';
      expect(without.actions.map((one) => one.isin)).toContain(of);
      expect(ruleOf(plan, of)).toContain('minimum-hold');
    },
  );
});

describe('taxes of what a plan sells', () => {
  const today = day('2024-06-27');
  const ledger = [
    trade('buy', '100', '50', '-5000.00', { on: '2020-02-03' }),
    trade('buy', '60', '90', '-5400.00', { on: '2024-03-03' }),
    trade('buy', '40', '200', '-8000.00', { isin: BETA, on: '2020-02-03' }),
    trade('sell', '5', '100', '500.00', { isin: BETA, on: '2023-05-03' }),
    line('dividend', '600.00', { isin: ALPHA, symbol: 'ALPHA', happenedAt: at('2024-03-04') }),
    trade('sell', '10', '150', '1500.00', { on: '2024-05-06' }),
    trade('buy', '5', '110', '-550.00', { isin: BETA, on: '2024-06-20' }),
  ];
  /** Tax of selling 120 ALPHA at 100 and 10 BETA at 110, after what the ledger holds. */
  const taxUnder = (text: string): number => {
    const written = parsePolicy(`tax: { ${text} }`, 'policy');
    const { tax: rules } = effectivePolicy(written, defaultPolicy(dependencies.settings));
    const report = taxReport(ledger, EUR, rules);
    const year = {
      ...{ day: today, rules, figures: yearSoFar(report, EUR, rules, today) },
      ...{ realised: report.lots, ledger },
    };
    const sale = (of: typeof ALPHA, quantity: number, proceeds: string) => {
      const lots = saleOrder(bookOf(...ledger).holdings.get(of)?.lots ?? [], rules.lotMethod);
      const taxLots = lots.map(({ lotId, quantity: size, cost, acquiredAt }) => ({
        ...{ lotId, quantity: size, cost, acquiredOn: dayOf(acquiredAt) },
        gainRatio: gainRatioOf(rules, daysBetween(dayOf(acquiredAt), today)),
      }));
      return lotGains(of, taxLots, Decimal.of(quantity), Money.parse(proceeds, 'EUR'), today);
    };
    const sales = [sale(ALPHA, 120, '12000.00'), sale(BETA, 10, '1100.00')];
    return saleTaxes(year, sales).reduce(
      (sum, { tax, saved }) => sum + tax.subtract(saved).toEstimate(),
      0,
    );
  };
  const rows: readonly (readonly [keyof PolicyTax, string, string, 'less' | 'more'])[] = [
    ['gainRatio', 'gainRatio: 0.1', 'gainRatio: 0.2', 'more'],
    ['lotMethod', 'gainRatio: 0.2', 'gainRatio: 0.2, lotMethod: lifo', 'less'],
    ['allowance', 'gainRatio: 0.2', 'gainRatio: 0.2, allowance: 1500', 'less'],
    [
      ...(['dividendRatio', 'gainRatio: 0.2, allowance: 2000'] as const),
      ...(['gainRatio: 0.2, allowance: 2000, dividendRatio: 0.5', 'more'] as const),
    ],
    [
      ...(['yearStartsOn', 'gainRatio: 0.2, allowance: 2000'] as const),
      ...(["gainRatio: 0.2, allowance: 2000, yearStartsOn: '06-25'", 'less'] as const),
    ],
    [
      ...(['holdingPeriods', 'gainRatio: 0.2'] as const),
      ...(['gainRatio: 0.2, holdingPeriods: [{ days: 365, gainRatio: 0 }]', 'less'] as const),
    ],
    ['lossesOffsetGains', 'gainRatio: 0.2', 'gainRatio: 0.2, lossesOffsetGains: false', 'more'],
    [
      ...(['lossesCarriedForward', 'gainRatio: 0.2, allowance: 600'] as const),
      ...(['gainRatio: 0.2, allowance: 600, lossesCarriedForward: false', 'more'] as const),
    ],
    ['washSaleDays', 'gainRatio: 0.2', 'gainRatio: 0.2, washSaleDays: 30', 'more'],
  ];
  for (const [field] of rows) covered.add(`tax.${field}`);
  test.each(rows)('tax.%s', (_field, without, under_, change) => {
    const [before, after] = [taxUnder(without), taxUnder(under_)];
    if (change === 'more') expect(after).toBeGreaterThan(before);
    else expect(after).toBeLessThan(before);
  });
});

describe('what may be done without asking', () => {
  const euros = (amount: string) => Money.parse(amount, 'EUR');
  const limits = 'orderValueMax: 5000, dayValueMax: 9000';
  const decided = (trust: string) => {
    const defaults = defaultPolicy(dependencies.settings);
    const { trust: stated } = effectivePolicy(
      parsePolicy(`trust: { ${trust} }`, 'policy'),
      defaults,
    );
    return decideTrust({
      ...{ level: stated.level, limits: stated, isLiveBroker: false, isSimulatedMarket: true },
      orders: [
        { side: 'SELL', symbol: 'A', value: euros('2000') },
        { side: 'BUY', symbol: 'B', value: euros('3000') },
      ],
      portfolioValue: euros('20000'),
      ...{ sentToday: [euros('1000')], sentThisMonth: [euros('3000')], unresolved: [] },
      drawdownRatio: 0.1,
    }).kind;
  };
  const rows: readonly (readonly [keyof PolicyTrust, string, string])[] = [
    ['level', `level: within-limits, ${limits}`, 'level: ask'],
    ['orderValueMax', `level: within-limits, ${limits}`, 'orderValueMax: 2500, dayValueMax: 9000'],
    ['dayValueMax', `level: within-limits, ${limits}`, 'orderValueMax: 5000, dayValueMax: 5500'],
    ['ordersPerDayMax', `level: within-limits, ${limits}`, `${limits}, ordersPerDayMax: 2`],
    [
      'monthTurnoverMaxRatio',
      `level: within-limits, ${limits}`,
      `${limits}, monthTurnoverMaxRatio: 0.3`,
    ],
    ['drawdownMaxRatio', `level: within-limits, ${limits}`, `${limits}, drawdownMaxRatio: 0.05`],
    ['sales', `level: within-limits, ${limits}`, `${limits}, sales: false`],
  ];
  for (const [field] of rows) covered.add(`trust.${field}`);
  test.each(rows)('trust.%s', (field, free, strict) => {
    const stated = field === 'level' ? strict : `level: within-limits, ${strict}`;
    expect([decided(free), decided(stated)]).toEqual(['execute', 'ask']);
  });
});

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** Paths of the values: what has no named properties of its own, as a list or a map, is one. */
function fieldsOf({ properties }: Schema, path = ''): readonly string[] {
  return Object.entries(properties ?? {}).flatMap(([name, inner]) => {
    const field = path === '' ? name : `${path}.${name}`;
    return inner.properties ? fieldsOf(inner, field) : [field];
  });
}

test('every field of the schema is among them', () => {
  const fields = fieldsOf(policyJsonSchema());
  expect([...covered].sort()).toEqual([...fields].sort());
});
