/** What every gRPC server is expected to have beside its own services. */
import { connect } from 'node:http2';
import {
  loadPackageDefinition,
  status,
  type Client,
  type ClientReadableStream,
} from '@grpc/grpc-js';
import { service as healthDefinition } from 'grpc-health-check';
import { openFacade, type Facade, type FacadeOptions } from '#gateway/facade/facade.ts';
import { GatewayServiceClient } from '#protos/gen/gateway.ts';
import { PlanningServiceClient } from '#protos/gen/planning.ts';
import { FunctionsClient } from '#shared/clients/functions-client.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { serviceNames } from '#shared/contract/names.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { silentLog } from '#shared/process/log.ts';
import { grpcurl, grpcurlPath, plain, unary } from '../../support/endpoints/grpc.ts';
import { inProcess } from '../../support/host.ts';
import { describeNeeding } from '../../support/needing.ts';
import {
  openTestDependencies,
  startTestRedis,
  type TestRedis,
} from '../../support/dependencies.ts';
import { until } from '../../support/until.ts';

const PLANNING = 'arduino_trader.planning.PlanningService';

let redis: TestRedis;
let dependencies: Dependencies;
let facade: Facade;
/** Functions that are away, by the start of their names. */
let away = '';
const opened: Facade[] = [];
const clients: Client[] = [];

async function open(options: Partial<FacadeOptions> = {}): Promise<Facade> {
  const { functions } = dependencies;
  const other = await openFacade({
    portBase: 0,
    access: null,
    functions,
    log: silentLog,
    ...options,
  });
  opened.push(other);
  return other;
}

beforeAll(async () => {
  redis = await startTestRedis();
  const host = inProcess();
  const transport: typeof host.transport = (call) =>
    away !== '' && call.name.startsWith(away)
      ? Promise.reject(new Failure('UNAVAILABLE', 'The board did not answer.'))
      : host.transport(call);
  dependencies = await openTestDependencies(redis, {}, { transport });
  host.into(dependencies);
  facade = await open({ sharedPort: 0 });
});
afterEach(() => {
  away = '';
});
afterAll(async () => {
  for (const client of clients) client.close();
  await Promise.all(opened.map((one) => one.close()));
  await dependencies.close();
  await redis.stop();
});

interface HealthAnswer {
  readonly status: string;
}
interface HealthClient extends Client {
  check(request: object, ...rest: unknown[]): never;
  list(request: object, ...rest: unknown[]): never;
  watch(request: { service: string }): ClientReadableStream<HealthAnswer>;
}
const Health = loadPackageDefinition({ Health: healthDefinition })['Health'] as unknown as new (
  address: string,
  credentials: typeof plain,
) => HealthClient;

function healthAt(port: number): HealthClient {
  const client = new Health(`127.0.0.1:${port}`, plain);
  clients.push(client);
  return client;
}

async function check(port: number, service: string): Promise<string> {
  const client = healthAt(port);
  const { response } = await unary(client, client.check, { service });
  return (response as HealthAnswer).status;
}

describe('standard health', () => {
  test('names the service by its full name, and all of a port as ""', async () => {
    expect(await check(facade.ports.planning, PLANNING)).toBe('SERVING');
    expect(await check(facade.ports.planning, '')).toBe('SERVING');
  });

  test('does not know what another port serves', async () => {
    const asked = check(facade.ports.trading, PLANNING);
    await expect(asked).rejects.toMatchObject({ code: status.NOT_FOUND });
  });

  test('detects an unavailable function within a moment', async () => {
    const other = await open();
    away = 'planning-';
    expect(await check(other.ports.planning, PLANNING)).toBe('NOT_SERVING');
    expect(await check(other.ports.trading, '')).toBe('SERVING');
  });

  test('lists every service of the shared port', async () => {
    const client = healthAt(facade.sharedPort ?? 0);
    const { response } = await unary(client, client.list, {});
    const { statuses } = response as { statuses: Record<string, HealthAnswer> };
    expect(Object.keys(statuses)).toHaveLength(serviceNames.length + 1);
    expect(statuses[PLANNING]).toEqual({ status: 'SERVING' });
  });

  test('notifies watchers of each change once, and of the end of the server', async () => {
    const other = await open();
    const stream = healthAt(other.ports.planning).watch({ service: PLANNING });
    const seen: string[] = [];
    let next: () => void = () => undefined;
    stream.on('data', ({ status }: HealthAnswer) => {
      seen.push(status);
      next();
    });
    const ended = new Promise<{ code: number }>((resolve) => stream.on('error', resolve as never));
    const change = (): Promise<void> => new Promise((resolve) => (next = resolve));
    await change();
    let changed = change();
    away = 'planning-';
    await changed;
    changed = change();
    away = '';
    await changed;
    await other.close();
    expect(seen).toEqual(['SERVING', 'NOT_SERVING', 'SERVING', 'NOT_SERVING']);
    expect((await ended).code).toBe(status.UNAVAILABLE);
  });

  test('answers SERVICE_UNKNOWN to watchers of an unknown service', async () => {
    const stream = healthAt(facade.ports.planning).watch({ service: 'nobody.knows.Me' });
    const first = await new Promise((resolve) => stream.once('data', resolve));
    expect(first).toEqual({ status: 'SERVICE_UNKNOWN' });
    stream.on('error', () => undefined);
    stream.cancel();
  });
});

const noGrpcurl = grpcurlPath === undefined ? 'there is no ~/go/bin/grpcurl' : undefined;

describeNeeding(noGrpcurl, 'grpcurl without files', () => {
  const at = (port: number | undefined): string => `127.0.0.1:${port}`;

  test('lists the service of a port, with health', async () => {
    const list = await grpcurl(at(facade.ports.planning), 'list');
    expect(list.trim().split('\n')).toEqual([PLANNING, 'grpc.health.v1.Health']);
  });

  test('lists all seven at the shared port', async () => {
    const list = await grpcurl(at(facade.sharedPort), 'list');
    expect(list.trim().split('\n')).toHaveLength(serviceNames.length + 1);
  });

  test.each(serviceNames)('describes every rpc and message of %s', async (name) => {
    const service = `arduino_trader.${name}.${name[0]?.toUpperCase()}${name.slice(1)}Service`;
    const text = await grpcurl(at(facade.ports[name]), 'describe', service);
    const types = [...text.matchAll(/\.(arduino_trader\.[\w.]+)/g)].map(([, type]) => type ?? '');
    expect(types.length).toBeGreaterThan(4);
    const described = await grpcurl(at(facade.ports[name]), 'describe', types[0] ?? '');
    expect(described).toContain('message');
  });

  test('shows comments and optional fields as the protos have them', async () => {
    const type = 'arduino_trader.optimization.OptimizeAllocationRequest';
    const text = await grpcurl(at(facade.ports.optimization), 'describe', type);
    expect(text).toContain('optional double cash_reserve_ratio = 12;');
    expect(text).toContain('// Least cash to keep');
  });

  test('calls an rpc, and the standard health check', async () => {
    const found = await grpcurl(
      '-d',
      '{"plan_id":"none"}',
      '-emit-defaults',
      at(facade.ports.planning),
      `${PLANNING}/GetPlan`,
    );
    expect(JSON.parse(found)).toEqual({ found: false, plan: null });
    const health = await grpcurl(at(facade.ports.planning), 'grpc.health.v1.Health/Check');
    expect(JSON.parse(health)).toEqual({ status: 'SERVING' });
  });

  test('gets nothing when reflection is off', async () => {
    const other = await open({ reflection: false });
    await expect(grpcurl(at(other.ports.planning), 'list')).rejects.toThrow(/does not support/);
  });
});

describe('the shared port', () => {
  test('answers for every service, beside the seven ports or alone', async () => {
    const alone = await open({ portBase: -1, sharedPort: 0 });
    expect(new Set(Object.values(alone.ports))).toEqual(new Set([alone.sharedPort]));
    const address = `127.0.0.1:${alone.sharedPort}`;
    const planning = new PlanningServiceClient(address, plain);
    const gateway = new GatewayServiceClient(address, plain);
    clients.push(planning, gateway);
    const plan = await unary(planning, planning.getPlan, { planId: 'none' });
    expect(plan.response).toEqual({ found: false, plan: undefined });
    const { response } = await unary(gateway, gateway.listJobs, { statusFilter: '' });
    expect(response.jobs.length).toBeGreaterThan(0);
  });

  test('names its own setting when it is in use', async () => {
    const twice = open({ portBase: -1, sharedPort: facade.sharedPort });
    await expect(twice).rejects.toThrow(/GRPC_SHARED_PORT/);
  });
});

test('a client that pings every moment keeps its connection', async () => {
  const session = connect(`http://127.0.0.1:${facade.ports.planning}`);
  await new Promise((resolve) => session.once('connect', resolve));
  const gone = new Promise((resolve) => session.once('goaway', resolve));
  for (let count = 0; count < 50; count += 1)
    await new Promise<void>((resolve, reject) =>
      session.ping((error) => (error ? reject(error) : resolve())),
    );
  const still = new Promise((resolve) => setTimeout(resolve, 100, 'connected'));
  expect(await Promise.race([gone, still])).toBe('connected');
  session.destroy();
});

describe('a facade that closes', () => {
  const slow = (ms: number, arrived: () => void): FunctionsClient =>
    new FunctionsClient(async ({ signal }) => {
      arrived();
      await new Promise((resolve, reject) => {
        setTimeout(resolve, ms).unref();
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
      return {
        status: 200,
        body: (async function* () {
          yield '{"found":false}';
        })(),
      };
    });

  async function callWhileClosing(ms: number) {
    let hasArrived = false;
    const other = await open({ functions: slow(ms, () => (hasArrived = true)) });
    const client = new PlanningServiceClient(`127.0.0.1:${other.ports.planning}`, plain);
    clients.push(client);
    const answer = unary(client, client.getPlan, { planId: 'p' }).then(
      ({ response }) => response,
      (error: unknown) => error,
    );
    await until(() => hasArrived);
    await other.close();
    return answer;
  }

  test('lets a call in flight end', async () => {
    const answer = await callWhileClosing(600);
    expect(answer).toEqual({ found: false, plan: undefined });
  });

  test('ends the remaining calls, with the reason', async () => {
    // The call alone would outlast the test.
    const answer = await callWhileClosing(600_000);
    expect(answer).toMatchObject({ code: status.UNAVAILABLE });
    expect(String(answer)).toContain('This facade stops');
  });
});
