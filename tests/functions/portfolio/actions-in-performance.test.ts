/** Over a corporate action of any kind the account keeps its value, and nothing is gained or lost. */
import getPerformance from '../../../functions/portfolio/get-performance/handler.ts';
import getPositions from '../../../functions/portfolio/get-positions/handler.ts';
import getSummary from '../../../functions/portfolio/get-summary/handler.ts';
import updatePositions from '../../../functions/portfolio/update-positions/handler.ts';
import verifyLedger from '../../../functions/portfolio/verify-ledger/handler.ts';
import type { StatedAction } from '#shared/kernel/corporate-action.ts';
import { parseDay } from '#shared/kernel/calendar-day.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { DAY_MS } from '#shared/kernel/instant.ts';
import { Price } from '#shared/kernel/price.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import type { PaperFixture } from '../../support/brokers/paper-fixture.ts';
import { seedMarket } from '../../support/markets/seed-market.ts';
import { ALPHA, BETA, GAMMA } from '../../support/markets/set-market.ts';
import { ask, openAccount } from './portfolio-fixture.ts';

const NEXT_DAY = parseDay('2024-03-05');
const [USD, GBP] = [0.9, 1.2];

const ratio = (newShares: string, oldShares: string) => ({
  newShares: Decimal.parse(newShares),
  oldShares: Decimal.parse(oldShares),
});
const eur = (amount: string) => Price.parse(amount, 'EUR');
const into = (newIsin: typeof ALPHA, newSymbol: string) => ({ newIsin, newSymbol });

let redis: TestRedis;
let on: PaperFixture;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  on = await openAccount(redis);
});
afterEach(() => on.dependencies.close());

type Closes = Readonly<Record<string, number>>;

/** 10 shares at 100 before the day; prices in the securities' own currencies after it. */
const kinds: readonly (readonly [string, Partial<StatedAction>, Closes])[] = [
  ['split', ratio('4', '1'), { [ALPHA]: 25 }],
  ['split', { ...ratio('1', '4'), fractionPrice: eur('400') }, { [ALPHA]: 400 }],
  ['stock-dividend', ratio('1', '4'), { [ALPHA]: 80 }],
  ['dividend', { amount: eur('2') }, { [ALPHA]: 98 }],
  ['rename', into(BETA, 'BETA'), { [BETA]: 100 / USD }],
  ['rename', { newSymbol: 'OMEGA' }, { [ALPHA]: 100 }],
  [
    'spin-off',
    { ...ratio('1', '2'), ...into(BETA, 'BETA'), costRatio: Decimal.parse('0.3') },
    { [ALPHA]: 70, [BETA]: 60 / USD },
  ],
  ['merger', { ...ratio('2', '1'), ...into(GAMMA, 'GAMMA') }, { [GAMMA]: 50 / GBP }],
  [
    'merger',
    { ...ratio('2', '1'), ...into(GAMMA, 'GAMMA'), amount: eur('30') },
    { [GAMMA]: 35 / GBP },
  ],
  ['merger', { amount: eur('100') }, {}],
  ['delisting', { amount: eur('100') }, {}],
];

it.each(kinds)('a %s keeps value and return: %j', async (kind, terms, closes) => {
  const averagePrice = { amount: '100', currency: 'EUR' };
  const positions = [{ isin: ALPHA, symbol: 'ALPHA', quantity: 10, averagePrice }];
  await ask(updatePositions, on, { positions });
  const before = (await ask(getSummary, on)).body;
  on.market.setAction({
    kind: kind as StatedAction['kind'],
    isin: ALPHA,
    day: NEXT_DAY,
    source: 'test',
    ...terms,
  });
  on.advance(DAY_MS);
  for (const [isin, close] of Object.entries(closes))
    on.market.setClose(isin as typeof ALPHA, NEXT_DAY, close);
  on.market.setRate('GBP', 'EUR', NEXT_DAY, GBP).setRate('USD', 'EUR', NEXT_DAY, USD);
  await seedMarket(on.dependencies, 0.1);
  expect((await ask(updatePositions, on, { forceSync: true })).body.externalBooked).toBe(0);
  const after = (await ask(getSummary, on)).body;
  expect(Number(after.totalValue.amount)).toBeCloseTo(Number(before.totalValue.amount), 2);
  const { metrics, contributions, history } = (await ask(getPerformance, on)).body;
  expect(metrics.totalReturnPct).toBeCloseTo(0, 4);
  expect(metrics.maxDrawdownPct).toBeCloseTo(0, 4);
  for (const { contributionPct } of contributions) expect(contributionPct).toBeCloseTo(0, 4);
  expect(history.at(-1).value).toEqual(after.totalValue);
  const shown = (await ask(getPositions, on)).body.positions as { pricedAtCost: boolean }[];
  expect(shown.some(({ pricedAtCost }) => pricedAtCost)).toBe(false);
  expect((await ask(verifyLedger, on)).body).toMatchObject({ correct: true, findings: [] });
});
