import {
  cycleText,
  moneyText,
  nextText,
  percentColumn,
  planText,
  portfolioTable,
} from '#gateway/embedded/console/cycle-text.ts';
import type { PortfolioSnapshot, TradingCycleResult } from '#protos/gen/gateway.ts';
import type { NotTaken, Plan, PlannedAction } from '#protos/gen/planning.ts';

const eur = (amount: string) => ({ amount, currency: 'EUR' });

const action: PlannedAction = {
  side: 'BUY',
  symbol: 'ASML',
  isin: 'NL0010273215',
  quantity: 12,
  estimatedPrice: eur('640.10'),
  estimatedCost: eur('17.36'),
  reason: 'underweight: 0.0 % to 30.7 %',
  priority: 1,
  value: eur('7681.20'),
  weightBeforeRatio: 0,
  ...{ realisedGain: undefined, tax: undefined, taxSaved: undefined },
  weightAfterRatio: 0.307,
};

const plan: Plan = {
  id: 'plan-1',
  portfolioHash: 'h',
  actions: [action],
  score: 1,
  expectedCost: eur('17.36'),
  expectedValue: eur('1'),
  createdAt: undefined,
  status: 'READY',
  notTaken: [],
  search: undefined,
  portfolioValue: eur('25000.00'),
  cashBefore: eur('25000.00'),
  cashAfter: eur('17301.44'),
  summary: 'Buy one security.',
  accountId: 'default',
  pricesEnd: '2024-03-08',
  warnings: [],
  limitPrices: [],
  changedFrom: '',
  rates: [],
};

const notTaken = (symbol: string, rule: string, side: NotTaken['side'] = 'BUY'): NotTaken => ({
  isin: '',
  symbol,
  side,
  rule,
  reason: 'because.',
});

const before: PortfolioSnapshot = {
  portfolioHash: 'a',
  totalValue: eur('25000.00'),
  cash: eur('20000.00'),
  holdings: [
    { isin: '1', symbol: 'OLD', quantity: 2.5, marketValue: eur('5000.00'), weightRatio: 0.2 },
  ],
};
const after: PortfolioSnapshot = {
  portfolioHash: 'b',
  totalValue: eur('24982.64'),
  cash: eur('17301.44'),
  holdings: [
    { isin: '2', symbol: 'ASML', quantity: 12, marketValue: eur('7681.20'), weightRatio: 0.307461 },
  ],
};

it.each([
  ['25000.00', 'EUR 25,000.00'],
  ['-1234567.8', 'EUR -1,234,567.8'],
  ['999', 'EUR 999'],
  ['0.00012345', 'EUR 0.00012345'],
])('writes %s as %s', (amount, text) => {
  expect(moneyText(eur(amount))).toBe(text);
});

it('writes a dash for an amount that is not there', () => {
  expect(moneyText(undefined)).toBe('–');
});

it('aligns percentages', () => {
  expect([0, 42, 100].map(percentColumn)).toEqual(['  0 %', ' 42 %', '100 %']);
});

it('prints each order with its price, value, cost and reason', () => {
  expect(planText(plan, false)).toEqual([
    'Plan plan-1: one order',
    '  Buy one security.',
    '  1. BUY 12 ASML at EUR 640.10, value EUR 7,681.20, cost EUR 17.36',
    '     underweight: 0.0 % to 30.7 %',
  ]);
});

it('says that a dry run sent nothing', () => {
  expect(planText({ ...plan, actions: [action, action] }, true)[0]).toBe(
    'Plan plan-1: 2 orders, not sent',
  );
});

it('says so when there is nothing to do', () => {
  expect(planText({ ...plan, actions: [], summary: '' }, false)).toEqual([
    'Plan plan-1: nothing to buy or sell',
  ]);
});

it('prints five rejected securities, the evaluated ones first, and counts the rest by rule', () => {
  const many = [
    notTaken('A', 'no-target', 'TRADE_SIDE_UNSPECIFIED'),
    notTaken('B', 'no-target', 'TRADE_SIDE_UNSPECIFIED'),
    notTaken('C', 'no-target', 'TRADE_SIDE_UNSPECIFIED'),
    notTaken('D', 'cost-exceeds-gain'),
    notTaken('E', 'below-minimum-order', 'SELL'),
    notTaken('F', 'sector-limit'),
    notTaken('G', 'sector-limit'),
    notTaken('H', 'order-count'),
    notTaken('I', 'cash-reserve'),
  ];
  expect(planText({ ...plan, actions: [], summary: '', notTaken: many }, false).slice(1)).toEqual([
    '',
    'Not taken, and why',
    '  BUY D (cost-exceeds-gain): because.',
    '  SELL E (below-minimum-order): because.',
    '  BUY F (sector-limit): because.',
    '  BUY G (sector-limit): because.',
    '  BUY H (order-count): because.',
    '  and 4 more: 3 × no-target, 1 × cash-reserve',
  ]);
});

it('shows what was held beside what is, with cash and total last', () => {
  expect(portfolioTable(before, after)).toEqual([
    'Portfolio',
    '         before                         after',
    '  ASML        –                            12   EUR 7,681.20  30.7 %',
    '  OLD       2.5   EUR 5,000.00  20.0 %      –',
    '  cash           EUR 20,000.00  80.0 %         EUR 17,301.44  69.3 %',
    '  total          EUR 25,000.00                 EUR 24,982.64',
  ]);
});

it('shows one side where nothing was changed', () => {
  expect(portfolioTable(before, undefined)).toEqual([
    'Portfolio',
    '         shares          value  weight',
    '  OLD       2.5   EUR 5,000.00  20.0 %',
    '  cash           EUR 20,000.00  80.0 %',
    '  total          EUR 25,000.00',
  ]);
});

it('names the orders that did not go through', () => {
  const result: TradingCycleResult = {
    success: false,
    tradesExecuted: 0,
    tradesFailed: 1,
    totalInvested: eur('0.00'),
    totalCost: eur('0.00'),
    trades: [
      {
        tradeId: 't',
        symbol: 'ASML',
        side: 'BUY',
        quantity: 12,
        price: undefined,
        success: false,
        error: 'the market is closed',
      },
    ],
    cycleId: 'cycle-1',
    plan: undefined,
    before,
    after: before,
    dryRun: false,
    setAsideBars: [],
    priceDoubts: [],
    proposal: undefined,
  };
  expect(cycleText(result).slice(0, 3)).toEqual([
    '',
    'Did not go through',
    '  BUY ASML: the market is closed',
  ]);
});

it('names the next steps, and never a secret itself', () => {
  const where = { tokensDir: '/data/function-secrets/openfaas-fn', passwordDir: '/data/secrets' };
  const more = { logFile: '/data/log/trader.log', hasPage: true };
  const lines = nextText({ gatewayUrl: 'http://127.0.0.1:8080', ...where, ...more });
  expect(lines[0]).toBe('Where to look next');
  expect(lines.join('\n')).toContain('/data/function-secrets/openfaas-fn');
  expect(lines.join('\n')).toContain('/data/log/trader.log');
  expect(lines.at(-1)).toBe(
    '  Page    http://127.0.0.1:8080/trader/      sign in with: npx trader password',
  );
  const without = nextText({ gatewayUrl: 'x', ...where, logFile: undefined, hasPage: false });
  expect(without.join('\n')).not.toMatch(/trader\.log|\/trader\//);
});

it('says on what prices a plan stands, and what is wrong with them', () => {
  const warned = { ...plan, warnings: ['All prices end on 2024-03-08, 996 days ago.'] };
  expect(planText(warned, true)).toContain(
    '  Warning: All prices end on 2024-03-08, 996 days ago.',
  );
  const bar = { isin: '', symbol: 'AAA', day: '2024-03-08', reason: 'moves -99.0 % in a day' };
  const doubt = { isin: '', symbol: 'BBB', kind: 'suspected-split', day: '2024-03-08' };
  const text = cycleText({
    success: true,
    tradesExecuted: 0,
    tradesFailed: 0,
    totalInvested: eur('0.00'),
    totalCost: eur('0.00'),
    trades: [],
    cycleId: 'cycle-1',
    plan: warned,
    before: undefined,
    after: undefined,
    dryRun: true,
    setAsideBars: [{ ...bar, origin: 'AAA.csv:301' }],
    proposal: undefined,
    priceDoubts: [{ ...doubt, reason: 'It jumps.', question: 'Was there a split?', ratio: 4 }],
  });
  expect(text).toEqual(
    expect.arrayContaining([
      '  AAA: the bar of 2024-03-08, AAA.csv:301 is set aside: moves -99.0 % in a day',
      '  BBB: It jumps. Was there a split?',
    ]),
  );
});
