/**
 * End-to-end use of an installation: a trading cycle, and reads and writes of each service. The
 * results must be the same wherever the services run.
 */
import type { ServiceClients } from '#shared/clients/grpc/service-clients.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { serviceNames } from '#shared/contract/names.ts';
import { until } from '../until.ts';

/** Results that must not depend on the split. */
export interface Outcome {
  readonly universe: readonly string[];
  readonly planned: readonly string[];
  readonly holdings: readonly string[];
  readonly grades: readonly string[];
}

export async function runEndToEnd(clients: ServiceClients): Promise<Outcome> {
  await expectHealth(clients);
  const universe = await readUniverse(clients);
  const planned = await makePlan(clients);
  const holdings = await runCycle(clients);
  const grades = await scoreAndOptimise(clients);
  await tradeOnce(clients);
  await depositOnce(clients);
  await runJob(clients);
  await expectRefusals(clients);
  return { universe, planned, holdings, grades };
}

async function expectHealth(clients: ServiceClients): Promise<void> {
  for (const service of serviceNames)
    expect(await clients[service].healthCheck({})).toMatchObject({ healthy: true });
  const health = await clients.gateway.getServicesHealth({ forceCheck: true });
  expect(health).toMatchObject({ allHealthy: true, healthyCount: 7 });
  expect(health.services.map(({ serviceName }) => serviceName)).toEqual([...serviceNames]);
}

async function readUniverse({ universe }: ServiceClients): Promise<string[]> {
  const updates = [];
  for await (const update of universe.syncPrices({})) updates.push(update);
  expect(updates.at(-1)).toMatchObject({ complete: true, failed: 0 });
  const { securities, total } = await universe.getUniverse({ limit: 100 });
  expect(securities).toHaveLength(total);
  const [first] = securities;
  const isin = first?.isin ?? '';
  const { security } = await universe.getSecurity({ isin });
  expect(security?.symbol).toBe(first?.symbol);
  expect((await universe.getMarketData({ isin, days: 60 })).history.length).toBeGreaterThan(20);
  const found = await universe.searchSecurities({ query: first?.symbol ?? '' });
  expect(found.securities[0]?.isin).toBe(isin);
  const again = await universe.addSecurity({ isin, symbol: 'AGAIN', name: 'Again' });
  expect(again.success).toBe(false);
  return securities.map((one) => one.isin);
}

async function makePlan({ planning }: ServiceClients): Promise<string[]> {
  let last;
  for await (const update of planning.createPlan({})) last = update;
  const plan = last?.plan;
  expect(last).toMatchObject({ complete: true, progressPct: 100 });
  expect(await planning.getPlan({ planId: plan?.id ?? '' })).toMatchObject({ found: true });
  expect((await planning.listPlans({ limit: 5 })).total).toBeGreaterThan(0);
  const best = await planning.getBestResult({ portfolioHash: plan?.portfolioHash ?? '' });
  expect(best).toMatchObject({ found: true });
  return (plan?.actions ?? []).map(({ side, isin, quantity }) => `${side} ${quantity} ${isin}`);
}

async function runCycle({ gateway, portfolio, trading }: ServiceClients): Promise<string[]> {
  let result;
  const steps: string[] = [];
  for await (const update of gateway.triggerTradingCycle({}, { timeoutMs: 120_000 })) {
    steps.push(update.step);
    result = update.result ?? result;
  }
  expect(result).toMatchObject({ success: true, tradesFailed: 0, dryRun: false });
  expect(result?.tradesExecuted).toBeGreaterThan(0);
  expect(new Set(steps).size).toBeGreaterThan(4);
  const { positions } = await portfolio.getPositions({});
  expect(positions).toHaveLength(result?.after?.holdings.length ?? -1);
  const summary = await portfolio.getSummary({});
  expect(summary).toMatchObject({ positionCount: positions.length, simulated: true });
  expect(summary.portfolioHash).toBe(result?.after?.portfolioHash);
  const [held] = positions;
  expect(await portfolio.getPosition({ isin: held?.isin ?? '' })).toMatchObject({ found: true });
  expect((await portfolio.getPerformance({})).history.length).toBeGreaterThan(0);
  const { total, executions } = await trading.getTradeHistory({ limit: 50 });
  expect(total).toBe(result?.tradesExecuted);
  const tradeId = executions[0]?.tradeId ?? '';
  expect(await trading.getTradeStatus({ tradeId })).toMatchObject({ found: true });
  return positions.map(({ isin, quantity }) => `${quantity} ${isin}`);
}

async function scoreAndOptimise(clients: ServiceClients): Promise<string[]> {
  const { scoring, optimization, portfolio, universe } = clients;
  const { scores } = await scoring.batchScoreSecurities({});
  expect(scores.length).toBeGreaterThan(30);
  const isin = scores[0]?.isin ?? '';
  expect(await scoring.scoreSecurity({ isin })).toMatchObject({ found: true });
  expect((await scoring.getScoreHistory({ isin })).scores.length).toBeGreaterThan(0);
  const { positions } = await portfolio.getPositions({});
  const mine = await scoring.scorePortfolio({ isins: positions.map((one) => one.isin) });
  expect(mine.securityScores).toHaveLength(positions.length);
  const { securities } = await universe.getUniverse({ limit: 10 });
  const targetAllocations = securities.map((one) => ({ isin: one.isin, maxWeight: 0.3 }));
  const allocation = await optimization.optimizeAllocation({
    targetAllocations,
    objective: 'MINIMUM_VOLATILITY',
  });
  expect(allocation).toMatchObject({ success: true });
  const drift = await optimization.calculateRebalancing({
    currentPositions: positions,
    targetAllocations: targetAllocations.map((one) => ({ ...one, targetWeight: 0.05 })),
  });
  expect(drift.totalDriftPct).toBeGreaterThan(0);
  const order = { isin, side: 'BUY', quantity: 10 } as const;
  expect((await optimization.optimizeExecution({ orders: [order] })).success).toBe(true);
  return scores.map((score) => `${score.isin} ${score.grade}`).sort();
}

/** An order sent twice under one key is one order. */
async function tradeOnce({ trading, portfolio }: ServiceClients): Promise<void> {
  const { positions } = await portfolio.getPositions({});
  const isin = positions[0]?.isin ?? '';
  const sale = { isin, side: 'SELL', quantity: 1, orderType: 'MARKET' } as const;
  expect(await trading.validateTrade(sale)).toMatchObject({ errors: expect.anything() });
  const before = (await trading.getTradeHistory({ limit: 1 })).total;
  const key = { idempotencyKey: 'one-sale' };
  const first = await trading.executeTrade(sale, key);
  const second = await trading.executeTrade(sale, key);
  expect(second).toEqual(first);
  expect((await trading.getTradeHistory({ limit: 1 })).total).toBe(
    before + (first.tradeId ? 1 : 0),
  );
  const dry = await trading.batchExecuteTrades({ trades: [{ ...sale, dryRun: true }] });
  expect(dry.results).toHaveLength(1);
  const cancelled = trading.cancelTrade({ tradeId: 'trade-nobody-made', reason: 'a test' });
  expect(await cancelled.catch((thrown: Failure) => thrown.code)).toBeDefined();
}

async function depositOnce({ gateway, portfolio }: ServiceClients): Promise<void> {
  const deposit = { amount: { amount: '100.00', currency: 'EUR' } };
  const key = { idempotencyKey: 'one-deposit' };
  const first = await gateway.processDeposit(deposit, key);
  expect(first).toMatchObject({ success: true });
  expect(await gateway.processDeposit(deposit, key)).toEqual(first);
  await portfolio.updatePositions({ forceSync: true });
  const cash = await portfolio.getCashBalance({});
  expect(Number(cash.cashBalance?.amount)).toBeGreaterThan(100);
}

/** A job goes through the queue of the board that has the gateway service. */
async function runJob({ gateway }: ServiceClients): Promise<void> {
  expect((await gateway.listJobs({})).jobs.length).toBeGreaterThan(5);
  const runs = async (): Promise<number> =>
    (await gateway.getJobStatus({ jobName: 'sync-positions' })).job?.successCount ?? 0;
  const before = await runs();
  const triggered = await gateway.triggerJob({ jobName: 'sync-positions', force: true });
  expect(triggered).toMatchObject({ success: true });
  // Not one more exactly: its own schedule may come meanwhile.
  await until(async () => (await runs()) > before);
  expect(await gateway.getSystemStatus({})).toMatchObject({ simulated: true });
}

/** Refusals keep their code, their words and their fields on the way. */
async function expectRefusals({ universe, planning }: ServiceClients): Promise<void> {
  const bad = await universe.getUniverse({ limit: 5_000 }).catch((thrown: Failure) => thrown);
  expect(bad).toBeInstanceOf(Failure);
  expect(bad).toMatchObject({ code: 'INVALID_REQUEST', message: 'limit: at most 1000' });
  expect((bad as Failure).facts['violations']).toEqual([
    { field: 'limit', message: 'at most 1000' },
  ]);
  const none = await planning.getBestResult({ portfolioHash: 'nobody-has-this' });
  expect(none).toMatchObject({ found: false });
}
