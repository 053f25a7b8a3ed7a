/** What leads to CPU-bound operations has a thread made ready for them. */
import { leadsTo } from '#gateway/runtime/executors/cpu-bound.ts';
import { FunctionExecutors } from '#gateway/runtime/executors/function-executors.ts';
import { WorkerPool } from '#gateway/runtime/executors/worker-pool.ts';
import type { Deployment } from '#gateway/runtime/deployments/deployment.ts';
import { catalogueImages, Images } from '#gateway/runtime/deployments/runnable-images.ts';
import { FunctionLogs } from '#gateway/runtime/observe/function-logs.ts';
import { operations } from '#shared/contract/catalogue.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { optimization } from '#shared/contract/optimization.ts';
import { planning } from '#shared/contract/planning.ts';
import { scoring } from '#shared/contract/scoring.ts';
import { silentLog } from '#shared/process/log.ts';

const CYCLE = gateway.triggerTradingCycle.name;
const asRun = { 'x-run-id': 'run-1' };
const images = new Images(catalogueImages());

let prepared: Parameters<WorkerPool['prepare']>[0][];

beforeEach(() => {
  prepared = [];
  jest
    .spyOn(WorkerPool.prototype, 'prepare')
    .mockImplementation((preparation) => void prepared.push(preparation));
});
afterEach(() => jest.restoreAllMocks());

function deployed(name: string, environment: Deployment['environment'] = {}): Deployment {
  const createdAt = new Date().toISOString();
  return {
    ...{ name, image: name, environment, labels: {}, annotations: {}, secrets: [], createdAt },
  };
}

async function call(functions: readonly Deployment[], path: string, headers = {}): Promise<void> {
  const executors = new FunctionExecutors(
    {
      images,
      load: async () => async () => ({}),
      log: silentLog,
      threads: { file: 'worker.js', root: '.', operationsMax: 1 },
    },
    new FunctionLogs(),
    (name) => functions.find((one) => one.name === name),
  );
  const [first] = functions;
  if (!first) throw new Error('nothing is deployed');
  const executor = executors.executorOf(first, images.require(first.image));
  const event = { method: 'POST', path, query: new URLSearchParams(), headers, body: Buffer.of() };
  await executor.run(event, { callId: 'call-1', signal: new AbortController().signal });
  await executors.close();
}

const heavy = operations.filter(({ weight }) => weight === 'heavy');

it('names CPU-bound operations only', () => {
  const named = operations.flatMap(({ leadsTo: names = [] }) => names);
  expect(heavy.map(({ name }) => name)).toEqual(expect.arrayContaining(named));
  expect(named.length).toBeGreaterThan(0);
});

it('is asked of the run of a cycle, and not of the call that queues one or of another operation', () => {
  expect(leadsTo(CYCLE, '/', asRun)).toEqual(gateway.triggerTradingCycle.leadsTo);
  expect(leadsTo('gateway', '/trigger-trading-cycle', asRun)).toEqual(leadsTo(CYCLE, '/', asRun));
  expect(leadsTo(CYCLE, '/', {})).toEqual([]);
  expect(leadsTo(CYCLE, '/_/ready', asRun)).toEqual([]);
  expect(leadsTo(gateway.getSystemStatus.name, '/', {})).toEqual([]);
});

it('prepares a thread for the operations of a cycle that such a thread runs', async () => {
  const all = [CYCLE, ...heavy.map(({ name }) => name)].map((name) => deployed(name));
  await call(all, '/', asRun);
  const { batchScoreSecurities } = scoring;
  const { optimizeAllocation } = optimization;
  const { createPlan } = planning;
  const folders = [batchScoreSecurities, optimizeAllocation, createPlan].map((one) => one.folder);
  expect(prepared).toEqual([{ folders, far: [] }]);
  await call(all, '/');
  expect(prepared).toHaveLength(1);
});

it('leaves out what has settings of its own or is not deployed', async () => {
  const { optimizeAllocation } = optimization;
  const { batchScoreSecurities } = scoring;
  const own = deployed(optimizeAllocation.name, { RISK_AVERSION: '5' });
  await call([deployed(CYCLE), own, deployed(batchScoreSecurities.name)], '/', asRun);
  expect(prepared.map(({ folders }) => folders)).toEqual([[batchScoreSecurities.folder]]);
  expect(prepared[0]?.far).toEqual(
    expect.arrayContaining([optimizeAllocation.name, planning.createPlan.name]),
  );
  await call([deployed(CYCLE)], '/', asRun);
  expect(prepared).toHaveLength(1);
});
