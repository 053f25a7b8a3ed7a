/**
 * A client that knows nothing but the original contract: its descriptors, without a line of our
 * code, make the clients that call all 45 rpcs.
 */
import { readFileSync } from 'node:fs';
import {
  loadPackageDefinition,
  status,
  type Client,
  type ClientReadableStream,
  type GrpcObject,
  type ServiceClientConstructor,
} from '@grpc/grpc-js';
import { loadFileDescriptorSetFromBuffer } from '@grpc/proto-loader';
import { operations } from '#shared/contract/catalogue.ts';
import { serviceNames, type ServiceName } from '#shared/contract/names.ts';
import { openFacadeFixture, type FacadeFixture } from '../../support/endpoints/facade-fixture.ts';
import { all, plain, unary } from '../../support/endpoints/grpc.ts';

type Message = Record<string, unknown>;
type Method = ServiceClientConstructor['service'][string] & { readonly responseStream: boolean };

const definitions = loadFileDescriptorSetFromBuffer(readFileSync('protos/contract.binpb'), {
  keepCase: true,
  longs: String,
  enums: String,
  arrays: true,
});
const packages = loadPackageDefinition(definitions)['arduino_trader'] as GrpcObject;

let at: FacadeFixture;
const clients = new Map<ServiceName, Client>();
const called = new Set<string>();

function constructorOf(service: ServiceName): ServiceClientConstructor {
  const name = `${service[0]?.toUpperCase()}${service.slice(1)}Service`;
  return (packages[service] as GrpcObject)[name] as ServiceClientConstructor;
}

const rpcs = serviceNames.flatMap((service) =>
  Object.keys(constructorOf(service).service).map((rpc) => `${service}/${rpc}`),
);

beforeAll(async () => {
  at = await openFacadeFixture();
  for (const service of serviceNames)
    clients.set(service, new (constructorOf(service))(at.address(service), plain));
});
afterAll(async () => {
  for (const client of clients.values()) client.close();
  await at.close();
});

/** Calls an rpc by its name. @returns its messages; one, where it does not stream */
async function call(rpc: string, request: Message = {}): Promise<Message[]> {
  called.add(rpc);
  const [service, name = ''] = rpc.split('/') as [ServiceName, string];
  const client = clients.get(service) as unknown as Record<string, never>;
  const method = constructorOf(service).service[name] as Method;
  const begin = client[name] as unknown as (request: Message) => ClientReadableStream<Message>;
  if (method.responseStream) return all(begin.call(client, request));
  return [(await unary(client as never, client[name] as never, request)).response as Message];
}

async function one(rpc: string, request: Message = {}): Promise<Message> {
  return (await call(rpc, request)).at(-1) ?? {};
}

/** 38 operations and seven health checks: the contract as it was published, which never grows. */
const CONTRACT_RPCS = 45;

test('each rpc of the original contract is an operation or a health check', () => {
  expect(rpcs).toHaveLength(CONTRACT_RPCS);
  const offered = new Set([
    ...operations.map(
      ({ service, rpc }) => `${service}/${rpc.charAt(0).toUpperCase()}${rpc.slice(1)}`,
    ),
    ...serviceNames.map((service) => `${service}/HealthCheck`),
  ]);
  expect(rpcs.filter((rpc) => !offered.has(rpc))).toEqual([]);
});

describe('an owner who has only the original contract', () => {
  const isin = (index: number): string => at.listed[index]?.isin ?? '';

  test.each(serviceNames)('finds %s healthy', async (service) => {
    expect(await one(`${service}/HealthCheck`)).toMatchObject({ healthy: true });
  });

  test('reads the universe, and syncs it', async () => {
    const universe = await one('universe/GetUniverse', { limit: 5 });
    expect(universe['securities']).toHaveLength(5);
    const { security } = await one('universe/GetSecurity', { isin: isin(0) });
    expect(security).toMatchObject({ isin: isin(0) });
    const { symbol } = security as Message;
    expect(await one('universe/SearchSecurities', { query: symbol, limit: 3 })).toMatchObject({
      securities: [{ isin: isin(0) }],
    });
    const prices = await call('universe/SyncPrices', { isins: [isin(0), isin(1)] });
    expect(prices.at(-1)).toMatchObject({ complete: true, synced: 2 });
    const fundamentals = await call('universe/SyncFundamentals', { isins: [isin(0)] });
    expect(fundamentals.at(-1)).toMatchObject({ complete: true });
    const data = await one('universe/GetMarketData', { isin: isin(0), days: 20 });
    expect(data).toMatchObject({ isin: isin(0) });
    expect(data['history']).not.toEqual([]);
  });

  test('adds a security that is not held, and removes it again', async () => {
    const { success } = await one('universe/RemoveSecurity', { isin: isin(11), reason: 'a test' });
    expect(success).toBe(true);
    const added = await one('universe/AddSecurity', { isin: isin(11), sync_immediately: false });
    expect(added).toMatchObject({ success: true });
  });

  test('deposits, and reads the account', async () => {
    expect(await one('portfolio/UpdatePositions', { force_sync: true })).toMatchObject({
      success: true,
    });
    const paid = { amount: { amount: '1000.00', currency: 'EUR' }, auto_invest: false };
    expect(await one('gateway/ProcessDeposit', paid)).toMatchObject({ success: true });
    const { cash_balance: cash } = await one('portfolio/GetSummary');
    expect(cash).toEqual({ amount: '26000.00', currency: 'EUR' });
    await one('portfolio/GetCashBalance');
  });

  test('has the universe scored, and reads the scores', async () => {
    const score = await one('scoring/ScoreSecurity', { isin: isin(0) });
    expect(score).toMatchObject({ found: true, score: { isin: isin(0) } });
    const { scores } = await one('scoring/BatchScoreSecurities', { isins: [isin(0), isin(1)] });
    expect(scores).toHaveLength(2);
    await one('scoring/ScorePortfolio');
    await one('scoring/GetScoreHistory', { isin: isin(0), days: 30 });
  });

  test('computes an allocation, its orders and their cost', async () => {
    expect(await one('optimization/OptimizeAllocation')).toMatchObject({ success: true });
    const target = { isin: isin(0), symbol: at.listed[0]?.symbol, target_weight: 0.1 };
    await one('optimization/CalculateRebalancing', { target_allocations: [target] });
    await one('optimization/OptimizeExecution', {});
  });

  test('has a plan made, and finds it again', async () => {
    const updates = await call('planning/CreatePlan');
    const { plan, complete } = updates.at(-1) as { plan: Message; complete: boolean };
    expect(complete).toBe(true);
    expect((plan['actions'] as Message[]).length).toBeGreaterThan(0);
    expect(await one('planning/GetPlan', { plan_id: plan['id'] })).toMatchObject({ found: true });
    const { plans } = await one('planning/ListPlans', { limit: 10 });
    expect(plans).toHaveLength(1);
    await one('planning/GetBestResult', { portfolio_hash: plan['portfolio_hash'] });
  });

  test('trades, asks about trades and cancels one', async () => {
    const order = { isin: isin(0), symbol: at.listed[0]?.symbol, side: 'BUY', quantity: 1 };
    expect(await one('trading/ValidateTrade', order)).toMatchObject({ valid: true });
    const market = { ...order, order_type: 'MARKET', time_in_force: 'DAY' };
    const traded = await one('trading/ExecuteTrade', market);
    expect(traded).toMatchObject({ success: true });
    const trade_id = traded['trade_id'];
    await one('trading/BatchExecuteTrades', {
      trades: [{ ...market, isin: isin(1), symbol: at.listed[1]?.symbol }],
    });
    expect(await one('trading/GetTradeStatus', { trade_id })).toMatchObject({ found: true });
    const { total } = await one('trading/GetTradeHistory', { limit: 10 });
    expect(total).toBe(2);
    await one('trading/CancelTrade', { trade_id, reason: 'too late' });
    await one('portfolio/UpdatePositions', { force_sync: true });
    const { positions } = await one('portfolio/GetPositions');
    expect((positions as Message[]).map((held) => held['isin'])).toContain(isin(0));
    expect(await one('portfolio/GetPosition', { isin: isin(0) })).toMatchObject({ found: true });
    await one('portfolio/GetPerformance', { days: 30 });
  });

  test('follows a trading cycle, and operates the system', async () => {
    const updates = await call('gateway/TriggerTradingCycle', { dry_run: true });
    expect(updates.at(-1)).toMatchObject({ complete: true, progress_pct: 100 });
    const system = await one('gateway/GetSystemStatus', { include_details: true });
    expect(system['uptime_seconds'] ?? '0').toMatch(/^\d+$/);
    const { jobs } = await one('gateway/ListJobs');
    expect((jobs as Message[]).map((job) => job['job_name'])).toContain('trading-cycle');
    await one('gateway/GetJobStatus', { job_name: 'trading-cycle' });
    await one('gateway/TriggerJob', { job_name: 'maintenance' });
    await one('gateway/GetServicesHealth', { force_check: true });
  });

  test('has called every rpc', () => {
    expect(rpcs.filter((rpc) => !called.has(rpc))).toEqual([]);
  });
});

/** Rpcs that need something said; every other one takes an empty request for what is usual. */
const demanding = [
  'universe/GetSecurity',
  'universe/SearchSecurities',
  'universe/GetMarketData',
  'universe/AddSecurity',
  'universe/RemoveSecurity',
  'portfolio/GetPosition',
  'scoring/ScoreSecurity',
  'scoring/GetScoreHistory',
  'planning/GetPlan',
  'planning/GetBestResult',
  'trading/ExecuteTrade',
  'trading/GetTradeStatus',
  'trading/CancelTrade',
  'trading/ValidateTrade',
  'gateway/ProcessDeposit',
  'gateway/GetJobStatus',
  'gateway/TriggerJob',
];

test.each(rpcs)('%s answers an empty request, or names the missing fields', async (rpc) => {
  const code = await call(rpc).then(
    () => status.OK,
    (error: { code: number }) => error.code,
  );
  expect(code).toBe(demanding.includes(rpc) ? status.INVALID_ARGUMENT : status.OK);
});
