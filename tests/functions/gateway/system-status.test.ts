import { mkdtemp, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import supertest from 'supertest';
import { note } from '#gateway/embedded/redis-files.ts';
import type { GetServicesHealthResponse, GetSystemStatusResponse } from '#protos/gen/gateway.ts';
import type { FunctionCall, Transport } from '#shared/clients/functions-client.ts';
import { writeBackup } from '#shared/gateway/backup/backup-file.ts';
import { exported } from '#shared/gateway/backup/export.ts';
import { unavailable } from '#shared/kernel/failure.ts';
import { portOffsets, serviceNames } from '#shared/contract/names.ts';
import { jobs } from '#shared/contract/jobs.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import getHealth from '../../../functions/gateway/get-services-health/handler.ts';
import getStatus from '../../../functions/gateway/get-system-status/handler.ts';
import { endpointOf } from '../../support/host.ts';
import {
  openTestDependencies,
  startTestRedis,
  steppingClock,
  type TestRedis,
} from '../../support/dependencies.ts';

let redis: TestRedis;
let dependencies: Dependencies;
let away: (call: FunctionCall) => string | undefined;
const clock = steppingClock('2024-06-27T09:00:00Z');

const answers: Record<string, object> = {
  'portfolio-get-summary': {
    positionCount: 3,
    totalValue: { amount: '25000.00', currency: 'EUR' },
  },
  'trading-get-trade-history': { executions: [], total: 12 },
  'trading-get-trading-state': { state: 'ACTIVE', restrictions: [] },
};

/** Functions that are all ready, but for those that are away. */
const transport: Transport = (call) => {
  const why = away(call);
  if (why === 'unreachable') return Promise.reject(unavailable(`The function ${call.name}`));
  if (why !== undefined) return Promise.resolve({ status: 503, body: text(why) });
  const [name = ''] = call.name.split('/');
  const body = call.name.endsWith('/_/ready') ? 'OK' : JSON.stringify(answers[name] ?? {});
  return Promise.resolve({ status: 200, body: text(body) });
};

async function* text(body: string): AsyncGenerator<string> {
  yield body;
}

beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  away = () => undefined;
  dependencies = await openTestDependencies(redis, {}, { now: clock.now, transport });
});
afterEach(() => dependencies.close());

const health = async (): Promise<GetServicesHealthResponse> =>
  (await supertest(endpointOf(getHealth, dependencies)).post('/').send({}))
    .body as GetServicesHealthResponse;
const status = async (body: object = {}): Promise<GetSystemStatusResponse> =>
  (await supertest(endpointOf(getStatus, dependencies)).post('/').send(body))
    .body as GetSystemStatusResponse;

describe('gateway-get-services-health', () => {
  it('lists each service with its port, its latency and the time of the check', async () => {
    const answer = await health();
    expect(answer).toMatchObject({ allHealthy: true, healthyCount: 7, unhealthyCount: 0 });
    expect(answer.services.map(({ serviceName, port }) => [serviceName, port])).toEqual(
      serviceNames.map((name) => [name, 50_051 + portOffsets[name]]),
    );
    for (const service of answer.services) {
      expect(service.latencyMs).toBeGreaterThanOrEqual(0);
      expect(service.lastCheck?.seconds).toBe(String(clock.now() / 1000));
      expect(service.status).toMatch(/^all \d+ functions answer$/);
    }
  });

  it('names the function that is not ready, and why', async () => {
    away = ({ name }) =>
      name.startsWith('trading-cancel-trade/') ? 'broker did not answer' : undefined;
    const answer = await health();
    expect(answer).toMatchObject({ allHealthy: false, healthyCount: 6, unhealthyCount: 1 });
    expect(answer.services.find(({ serviceName }) => serviceName === 'trading')).toMatchObject({
      healthy: false,
      status: 'trading-cancel-trade: broker did not answer',
    });
  });

  it('reports once what all functions of a service are missing', async () => {
    away = ({ name }) => (name.startsWith('scoring-') ? 'redis did not answer' : undefined);
    const { services } = await health();
    const scoring = services.find(({ serviceName }) => serviceName === 'scoring');
    expect(scoring?.status).toBe('redis did not answer');
  });

  it('counts an unreachable function as not ready', async () => {
    away = ({ name }) => (name.startsWith('planning-get-plan/') ? 'unreachable' : undefined);
    const { services } = await health();
    const planning = services.find(({ serviceName }) => serviceName === 'planning');
    expect(planning).toMatchObject({
      healthy: false,
      status: expect.stringMatching(/^planning-get-plan: The function .* did not answer/),
    });
  });
});

describe('gateway-get-system-status', () => {
  it('measures the process, the account and the orders', async () => {
    const answer = await status();
    expect(answer).toMatchObject({
      status: 'healthy',
      metrics: {
        totalTrades: '12',
        activePositions: '3',
        totalPortfolioValue: { amount: '25000.00', currency: 'EUR' },
      },
      services: [],
      jobs: [],
      marketData: 'sample',
      broker: 'paper',
      simulated: true,
      version: dependencies.build,
    });
    const metrics = answer.metrics;
    expect(Number(metrics?.uptimeSeconds)).toBeCloseTo(process.uptime(), -1);
    expect(metrics?.memoryUsagePct).toBeGreaterThan(0);
    expect(metrics?.memoryUsagePct).toBeLessThan(100);
    expect(metrics?.cpuUsagePct).toBeGreaterThan(0);
  });

  it('lists services and jobs when it is asked for details', async () => {
    const answer = await status({ includeDetails: true });
    expect(answer.services).toHaveLength(serviceNames.length);
    expect(answer.jobs.map(({ jobName }) => jobName)).toEqual(jobs.map(({ name }) => name));
  });

  it.each([
    ['HALTED', 'halted'],
    ['REDUCING', 'reducing'],
  ])('says that trading is %s, and why', async (state, word) => {
    answers['trading-get-trading-state'] = {
      state,
      restrictions: [{ code: 'file', state, message: 'a drill' }],
    };
    const { status: reported, tradingState, complaints } = await status();
    answers['trading-get-trading-state'] = { state: 'ACTIVE', restrictions: [] };
    expect([reported, tradingState]).toEqual([word, state]);
    expect(complaints).toEqual([`Trading is ${state}: a drill.`]);
  });

  it('is degraded, and omits unknown values, when the portfolio does not answer', async () => {
    away = ({ name }) => (name.startsWith('portfolio-') ? 'unreachable' : undefined);
    const answer = await status();
    expect(answer.status).toBe('degraded');
    expect(answer.metrics?.totalPortfolioValue).toBeUndefined();
    expect(answer.metrics?.totalTrades).toBe('12');
  });

  describe('of an installation with a data folder', () => {
    let dataDir: string;
    let inFolder: Dependencies;

    beforeEach(async () => {
      dataDir = await mkdtemp(join(tmpdir(), 'trader-status-'));
      const env = { DATA_DIR: dataDir };
      inFolder = await openTestDependencies(redis, env, { now: clock.now, transport });
    });
    afterEach(async () => {
      await inFolder.close();
      await rm(dataDir, { recursive: true, force: true });
    });

    const statusThere = async (): Promise<GetSystemStatusResponse> => {
      const response = await supertest(endpointOf(getStatus, inFolder)).post('/').send({});
      return response.body as GetSystemStatusResponse;
    };
    const backUpAs = async (name: string): Promise<string> => {
      const file = join(dataDir, 'backups', name);
      await writeBackup(file, exported(dependencies.database, new AbortController().signal));
      return file;
    };

    it('names the newest backup that can be restored, and each newer one that cannot', async () => {
      expect((await statusThere()).newestBackup).toBeUndefined();
      await backUpAs('2025-01-01T02-00-00.000Z.ndjson.gz');
      const newer = await backUpAs('2025-01-02T02-00-00.000Z.ndjson.gz');
      const { newestBackup: whole, status: reported } = await statusThere();
      expect([whole?.file, reported]).toEqual(['2025-01-02T02-00-00.000Z.ndjson.gz', 'healthy']);
      expect(Number(whole?.sizeBytes)).toBe((await stat(newer)).size);
      await truncate(newer, 40);
      const broken = await statusThere();
      expect(broken.newestBackup?.file).toBe('2025-01-01T02-00-00.000Z.ndjson.gz');
      expect(broken.status).toBe('degraded');
      expect(broken.complaints).toEqual([
        expect.stringMatching(/^The backup 2025-01-02\S+ cannot be restored: /),
      ]);
    });

    it('reports what Redis lost from its file until a person removes the notice', async () => {
      await note(dataDir, ['The append-only file of Redis is 7 bytes shorter than it was.']);
      const { status: reported, complaints } = await statusThere();
      expect(reported).toBe('degraded');
      expect(complaints).toEqual([
        'The append-only file of Redis is 7 bytes shorter than it was. Remove the file REDIS-TRUNCATED in DATA_DIR once you know.',
      ]);
      await rm(join(dataDir, 'REDIS-TRUNCATED'));
      expect((await statusThere()).status).toBe('healthy');
    });
  });

  it('refuses a field it does not have', async () => {
    const response = await supertest(endpointOf(getStatus, dependencies))
      .post('/')
      .send({ all: true });
    expect(response.status).toBe(400);
    expect(response.body).toMatchObject({ code: 'INVALID_REQUEST', field: 'all' });
  });
});
