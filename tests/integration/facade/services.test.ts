/** Each service over a real channel: what the wire cannot say in JSON comes through as it was. */
import { status } from '@grpc/grpc-js';
import {
  GatewayServiceClient,
  ProcessDepositRequest,
  TriggerJobRequest,
  TriggerTradingCycleRequest,
} from '#protos/gen/gateway.ts';
import {
  CalculateRebalancingRequest,
  OptimizationServiceClient,
  OptimizeAllocationRequest,
} from '#protos/gen/optimization.ts';
import { CreatePlanRequest, PlanningServiceClient } from '#protos/gen/planning.ts';
import {
  GetPerformanceRequest,
  PortfolioServiceClient,
  UpdatePositionsRequest,
} from '#protos/gen/portfolio.ts';
import {
  BatchScoreSecuritiesRequest,
  ScoreSecurityRequest,
  ScoringServiceClient,
} from '#protos/gen/scoring.ts';
import {
  ExecuteTradeRequest,
  GetTradeHistoryRequest,
  TradingServiceClient,
} from '#protos/gen/trading.ts';
import {
  GetMarketDataRequest,
  SyncPricesRequest,
  UniverseServiceClient,
} from '#protos/gen/universe.ts';
import { detailsOf } from '../../support/endpoints/read-error-details.ts';
import { openFacadeFixture, type FacadeFixture } from '../../support/endpoints/facade-fixture.ts';
import { all, plain, unary } from '../../support/endpoints/grpc.ts';

let at: FacadeFixture;
let universe: UniverseServiceClient;
let portfolio: PortfolioServiceClient;
let scoring: ScoringServiceClient;
let optimization: OptimizationServiceClient;
let planning: PlanningServiceClient;
let trading: TradingServiceClient;
let gateway: GatewayServiceClient;

beforeAll(async () => {
  at = await openFacadeFixture();
  universe = new UniverseServiceClient(at.address('universe'), plain);
  portfolio = new PortfolioServiceClient(at.address('portfolio'), plain);
  scoring = new ScoringServiceClient(at.address('scoring'), plain);
  optimization = new OptimizationServiceClient(at.address('optimization'), plain);
  planning = new PlanningServiceClient(at.address('planning'), plain);
  trading = new TradingServiceClient(at.address('trading'), plain);
  gateway = new GatewayServiceClient(at.address('gateway'), plain);
});
afterAll(async () => {
  for (const client of [universe, portfolio, scoring, optimization, planning, trading, gateway])
    client.close();
  await at.close();
});

const security = (index: number) => {
  const found = at.listed[index];
  if (!found) throw new Error('the market has twelve securities');
  return found;
};

async function violationsOf(call: Promise<unknown>): Promise<string[]> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: status.INVALID_ARGUMENT });
  const { details } = detailsOf(error as never);
  const { fieldViolations } = details['BadRequest'] as { fieldViolations: { field: string }[] };
  return fieldViolations.map(({ field }) => field);
}

describe('universe', () => {
  test('gives volumes as int64, in text', async () => {
    const request = GetMarketDataRequest.fromJSON({ isin: security(0).isin, days: 10 });
    const { response } = await unary(universe, universe.getMarketData, request);
    expect(response.history.length).toBeGreaterThan(3);
    for (const bar of response.history) expect(bar.volume).toMatch(/^\d+$/);
    expect(response.history[0]?.date).toEqual({
      seconds: expect.stringMatching(/^\d+$/),
      nanos: 0,
    });
  });

  test('leaves out what is not known: beta, without a benchmark', async () => {
    const request = GetMarketDataRequest.fromJSON({ isin: security(0).isin, days: 10 });
    const { response } = await unary(universe, universe.getMarketData, request);
    expect(response.metrics?.volatility).toBeGreaterThan(0);
    expect(response.metrics && 'beta' in response.metrics).toBe(true);
  });

  test('streams the sync of prices, and ends', async () => {
    const request = SyncPricesRequest.fromJSON({ isins: [security(0).isin, security(1).isin] });
    const updates = await all(universe.syncPrices(request));
    expect(updates.at(-1)).toMatchObject({ complete: true, synced: 2, progressPct: 100 });
    expect(updates.at(-1)?.barsStored).toMatch(/^\d+$/);
  });

  test('refuses a stream before its first message, by field', async () => {
    const request = SyncPricesRequest.fromJSON({ isins: ['US0378331005', 'nonsense'] });
    expect(await violationsOf(all(universe.syncPrices(request)))).toEqual(['isins[1]']);
  });
});

describe('portfolio', () => {
  test('keeps money to the cent, and maps of shares', async () => {
    const forced = UpdatePositionsRequest.fromJSON({ forceSync: true });
    await unary(portfolio, portfolio.updatePositions, forced);
    const { response } = await unary(portfolio, portfolio.getSummary, { accountId: '' });
    expect(response.cashBalance).toEqual({ amount: '25000.00', currency: 'EUR' });
    expect(response.sectorAllocation).toEqual({ Cash: 1 });
  });

  test('omits a return that cannot be computed', async () => {
    const request = GetPerformanceRequest.fromJSON({ days: 30 });
    const { response } = await unary(portfolio, portfolio.getPerformance, request);
    expect(response.metrics?.moneyWeightedReturnPct).toBeUndefined();
  });

  test('says a domain "no" in its answer', async () => {
    const request = { accountId: '', isin: security(3).isin };
    const { response } = await unary(portfolio, portfolio.getPosition, request);
    expect(response).toEqual({ found: false, position: undefined, rates: [], warnings: [] });
  });
});

describe('scoring', () => {
  test('answers maps of figures', async () => {
    const request = ScoreSecurityRequest.fromJSON({ isin: security(0).isin });
    const { response } = await unary(scoring, scoring.scoreSecurity, request);
    const parts = response.score?.componentScores ?? {};
    expect(parts['momentum']).toBeGreaterThanOrEqual(0);
    expect(parts['momentum']).toBeLessThanOrEqual(1);
    expect(response.score?.calculatedAt?.seconds).toBe(
      String(Date.parse('2024-06-27T09:00:00Z') / 1000),
    );
  });

  test('takes maps of filters, and refuses those it does not have', async () => {
    const known = { isins: [], filters: { sector: security(0).sector } };
    const { response } = await unary(
      scoring,
      scoring.batchScoreSecurities,
      BatchScoreSecuritiesRequest.fromJSON(known),
    );
    expect(response.scores.length).toBeGreaterThan(0);
    const unknown = BatchScoreSecuritiesRequest.fromJSON({ filters: { colour: 'red' } });
    const [field] = await violationsOf(unary(scoring, scoring.batchScoreSecurities, unknown));
    expect(field).toMatch(/filters/);
  });
});

describe('optimization', () => {
  const reserve = async (cashReserveRatio: number | undefined): Promise<number> => {
    const objective = 'MINIMUM_VOLATILITY';
    const request = {
      ...OptimizeAllocationRequest.fromJSON({ objective }),
      cashReserveRatio,
    };
    const { response } = await unary(optimization, optimization.optimizeAllocation, request);
    expect(response.objective).toBe('MINIMUM_VOLATILITY');
    return Object.values(response.targetWeights ?? {}).reduce((sum, weight) => sum + weight, 0);
  };

  test('distinguishes an optional 0 from an absent value', async () => {
    const [none, absent] = [await reserve(0), await reserve(undefined)];
    expect(none).toBeGreaterThan(absent);
  });

  test('uses the securities and weights of a caller', async () => {
    const { isin, symbol } = security(0);
    const request = CalculateRebalancingRequest.fromJSON({
      targetAllocations: [{ isin, symbol, targetWeight: 0.1 }],
    });
    const { response } = await unary(optimization, optimization.calculateRebalancing, request);
    expect(response).toBeTruthy();
    const wrong = CalculateRebalancingRequest.fromJSON({
      targetAllocations: [{ isin, symbol, targetWeight: 7 }],
    });
    const call = unary(optimization, optimization.calculateRebalancing, wrong);
    expect((await violationsOf(call))[0]).toMatch(/^targetAllocations\[0\]/);
  });
});

describe('planning', () => {
  test('streams a plan with counts as int64 and sides as enums', async () => {
    const updates = await all(planning.createPlan(CreatePlanRequest.fromJSON({})));
    const { plan } = updates.at(-1) ?? {};
    expect(plan?.status).toBe('READY');
    expect(plan?.actions.map(({ side }) => side)).toContain('BUY');
    expect(JSON.stringify(updates)).toMatch(/"sequencesEvaluated":"\d+"/);
    const { response } = await unary(planning, planning.getPlan, { planId: plan?.id ?? '' });
    expect(response.plan).toEqual(plan);
  });

  test('takes a map of constraints', async () => {
    const request = CreatePlanRequest.fromJSON({ constraints: { noSells: 'maybe' } });
    const fields = await violationsOf(all(planning.createPlan(request)));
    expect(fields[0]).toMatch(/^constraints/);
  });
});

describe('trading', () => {
  const order = (more: object) =>
    ExecuteTradeRequest.fromJSON({
      isin: security(0).isin,
      symbol: security(0).symbol,
      side: 'BUY',
      quantity: 2,
      orderType: 'MARKET',
      timeInForce: 'DAY',
      ...more,
    });

  test('executes an order once for one key', async () => {
    const key = { 'idempotency-key': 'order-1' };
    const first = await unary(trading, trading.executeTrade, order({}), key);
    const again = await unary(trading, trading.executeTrade, order({}), key);
    expect(first.response).toMatchObject({ success: true });
    expect(again.response).toEqual(first.response);
    const request = GetTradeHistoryRequest.fromJSON({});
    const { response } = await unary(trading, trading.getTradeHistory, request);
    expect(response.total).toBe(1);
    expect(response.executions[0]).toMatchObject({ side: 'BUY', isin: security(0).isin });
    const other = unary(trading, trading.executeTrade, order({ quantity: 3 }), key);
    await expect(other).rejects.toMatchObject({ code: status.ALREADY_EXISTS });
  });

  test('refuses every wrong field at once', async () => {
    const wrong = order({ isin: 'nonsense', quantity: -1, side: 'TRADE_SIDE_UNSPECIFIED' });
    const fields = await violationsOf(unary(trading, trading.executeTrade, wrong));
    expect(fields.toSorted()).toEqual(['isin', 'quantity', 'side']);
  });
});

describe('gateway', () => {
  test('streams a trading cycle, whole plan and snapshots in its last message', async () => {
    const request = TriggerTradingCycleRequest.fromJSON({ dryRun: true });
    const updates = await all(gateway.triggerTradingCycle(request));
    const last = updates.at(-1);
    expect(last).toMatchObject({ complete: true, progressPct: 100, error: '' });
    expect(last?.result).toMatchObject({ dryRun: true, success: true });
    expect(last?.result?.plan?.actions.length).toBeGreaterThan(0);
    expect(last?.result?.before?.cash?.currency).toBe('EUR');
  });

  test('sends uptime and counts as int64', async () => {
    const { response } = await unary(gateway, gateway.getSystemStatus, { includeDetails: true });
    expect(response.metrics?.uptimeSeconds).toMatch(/^\d+$/);
    expect(response.metrics?.totalTrades).toBe('1');
  });

  test('refuses an unknown job, and a deposit of 0', async () => {
    const job = TriggerJobRequest.fromJSON({ jobName: 'no-such-job' });
    const call = unary(gateway, gateway.triggerJob, job);
    await expect(call).rejects.toMatchObject({ code: status.NOT_FOUND });
    const deposit = ProcessDepositRequest.fromJSON({ amount: { amount: '-5', currency: 'EUR' } });
    const [field] = await violationsOf(unary(gateway, gateway.processDeposit, deposit));
    expect(field).toBe('amount');
  });
});
