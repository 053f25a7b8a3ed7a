import {
  credentials,
  Metadata,
  status,
  type ClientUnaryCall,
  type ServiceError,
} from '@grpc/grpc-js';
import type { HealthCheckResponse } from '#protos/gen/common/common.ts';
import { GatewayServiceClient, type ListJobsResponse } from '#protos/gen/gateway.ts';
import { PlanningServiceClient, type GetPlanResponse } from '#protos/gen/planning.ts';
import {
  UniverseServiceClient,
  type GetUniverseResponse,
  type SyncPricesUpdate,
} from '#protos/gen/universe.ts';
import { CallCounts } from '#gateway/facade/call-counts.ts';
import { openFacade, type Facade } from '#gateway/facade/facade.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { silentLog } from '#shared/process/log.ts';
import { inProcess } from '../../support/host.ts';
import {
  openTestDependencies,
  startTestRedis,
  type TestRedis,
} from '../../support/dependencies.ts';

let redis: TestRedis;
let dependencies: Dependencies;
let facade: Facade;
let universe: UniverseServiceClient;
let planning: PlanningServiceClient;
const calls = new CallCounts();

beforeAll(async () => {
  redis = await startTestRedis();
  const host = inProcess();
  dependencies = await openTestDependencies(redis, {}, { transport: host.transport });
  host.into(dependencies);
  facade = await openFacade({
    portBase: 0,
    access: null,
    functions: dependencies.functions,
    log: silentLog,
    calls,
  });
  const at = (port: number): string => `127.0.0.1:${port}`;
  universe = new UniverseServiceClient(at(facade.ports.universe), credentials.createInsecure());
  planning = new PlanningServiceClient(at(facade.ports.planning), credentials.createInsecure());
});

afterAll(async () => {
  universe.close();
  planning.close();
  await facade.close();
  await dependencies.close();
  await redis.stop();
});

type Done<Response> = (error: ServiceError | null, response: Response) => void;

/** A unary call as a promise of its answer and the metadata that came with it. */
function unary<Response>(
  begin: (metadata: Metadata, done: Done<Response>) => ClientUnaryCall,
  headers: Record<string, string> = {},
): Promise<{ response: Response; metadata: Metadata }> {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return new Promise((resolve, reject) => {
    let received = new Metadata();
    const call = begin(metadata, (error, response) =>
      error ? reject(error) : resolve({ response, metadata: received }),
    );
    call.on('metadata', (answered) => (received = answered));
  });
}

const page = { tradableOnly: false, sector: '', exchange: '', limit: 5, offset: 0 };

test('a streaming rpc sends every message, in order', async () => {
  const messages: SyncPricesUpdate[] = [];
  for await (const message of universe.syncPrices({ isins: [], forceRefresh: false }))
    messages.push(message as SyncPricesUpdate);
  expect(messages.length).toBeGreaterThan(30);
  expect(messages.at(-1)).toMatchObject({ complete: true, failed: 0, progressPct: 100 });
  const progress = messages.map((message) => message.progressPct);
  expect(progress).toEqual(progress.toSorted((a, b) => a - b));
});

test('a unary rpc answers as its function does, and keeps the request id', async () => {
  const { response, metadata } = await unary<GetUniverseResponse>(
    (metadata, done) => universe.getUniverse(page, metadata, done),
    { 'x-request-id': 'call-7' },
  );
  expect(response.securities).toHaveLength(5);
  expect(response.total).toBeGreaterThan(30);
  expect(metadata.get('x-request-id')).toEqual(['call-7']);
});

test.each([
  ['a bad field', { ...page, limit: 5000 }, status.INVALID_ARGUMENT, /limit: at most 1000/],
  ['a negative offset', { ...page, offset: -1 }, status.INVALID_ARGUMENT, /offset/],
])('%s is refused with its name', async (_name, request, code, details) => {
  const call = unary<GetUniverseResponse>((meta, done) =>
    universe.getUniverse(request, meta, done),
  );
  await expect(call).rejects.toMatchObject({ code, details: expect.stringMatching(details) });
});

test('a domain "no" is an answer, not an error', async () => {
  const { response } = await unary<GetPlanResponse>((meta, done) =>
    planning.getPlan({ planId: 'plan-none' }, meta, done),
  );
  expect(response).toEqual({ found: false, plan: undefined });
});

test('every service answers its health check', async () => {
  const { response } = await unary<HealthCheckResponse>((meta, done) =>
    universe.healthCheck({}, meta, done),
  );
  expect(response).toMatchObject({ healthy: true });
  expect(response.version).toMatch(/^\d+\.\d+\.\d+/);
});

test('the seven services listen on seven ports', () => {
  expect(new Set(Object.values(facade.ports)).size).toBe(7);
});

test('a taken port is refused by name', async () => {
  const base = facade.ports.planning;
  const twice = openFacade({
    portBase: base,
    access: null,
    functions: dependencies.functions,
    log: silentLog,
  });
  await expect(twice).rejects.toMatchObject({ facts: { rule: 'port-busy' } });
});

test('calls are counted by their status, without spans too', async () => {
  const find = (planId: string) => unary((meta, done) => planning.getPlan({ planId }, meta, done));
  const countOf = async (code: string): Promise<number> => {
    const labels = `grpc_method="GetPlan",grpc_code="${code}"`;
    return Number(new RegExp(`${labels}} (\\d+)`).exec(await calls.text())?.[1] ?? 0);
  };
  const before = [await countOf('OK'), await countOf('INVALID_ARGUMENT')] as const;
  await find('none');
  await expect(find('')).rejects.toThrow('INVALID_ARGUMENT');
  const after = [await countOf('OK'), await countOf('INVALID_ARGUMENT')];
  expect(after).toEqual([before[0] + 1, before[1] + 1]);
});

test('the gateway service answers over gRPC as well', async () => {
  const address = `127.0.0.1:${facade.ports.gateway}`;
  const client = new GatewayServiceClient(address, credentials.createInsecure());
  const { response } = await unary<ListJobsResponse>((meta, done) =>
    client.listJobs({ statusFilter: '' }, meta, done),
  );
  expect(response.jobs.map((job) => job.jobName)).toContain('trading-cycle');
  client.close();
});
