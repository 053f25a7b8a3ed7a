/** What travels between the facade and functions that are not in its process, new ones and such as know only JSON. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { credentials, status } from '@grpc/grpc-js';
import {
  GetPlanRequest,
  PlanningServiceClient,
  type GetPlanResponse,
} from '#protos/gen/planning.ts';
import { UniverseServiceClient, type SyncPricesUpdate } from '#protos/gen/universe.ts';
import { openFacade, type Facade } from '#gateway/facade/facade.ts';
import { FunctionsClient, type Transport } from '#shared/clients/functions-client.ts';
import { httpTransport } from '#shared/clients/http-transport.ts';
import { openRoutes, type Routes } from '#shared/clients/open-routes.ts';
import { planning } from '#shared/contract/planning.ts';
import { universe } from '#shared/contract/universe.ts';
import { notFound } from '#shared/kernel/failure.ts';
import { allLocal, type RemotePlace } from '#shared/placement/placement.ts';
import { silentLog } from '#shared/process/log.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { handle } from '#shared/runtime/handle.ts';
import { endpointOf } from '../../support/host.ts';
import {
  openTestDependencies,
  startTestRedis,
  type TestRedis,
} from '../../support/dependencies.ts';

const ISIN = 'US0378331005';
const UPDATE = {
  ...{
    progressPct: 0,
    synced: 0,
    failed: 0,
    total: 2,
    currentIsin: '',
    complete: false,
    error: '',
  },
  ...{ problems: [], setAside: [], priceDoubts: [], barsStored: '0', barsSetAside: '0' },
};

let redis: TestRedis;
let dependencies: Dependencies;
let server: Server;
let url: string;
/** Whether the functions know only JSON, as those of an older version. */
let isOld = false;
/** Whether a stream is cut off after its first message. */
let isCutOff = false;
let seen: { readonly type: string | undefined; readonly body: Buffer }[] = [];
const closers: (() => unknown)[] = [];

const getPlan = handle(planning.getPlan, async ({ planId }) => {
  if (planId === 'absent') throw notFound('plan', planId);
  return { found: false, plan: undefined };
});
const syncPrices = handle(universe.syncPrices, async function* ({ isins }) {
  yield UPDATE;
  if (isins.length > 0) throw notFound('security', ISIN);
  yield { ...UPDATE, progressPct: 100, complete: true };
});

beforeAll(async () => {
  redis = await startTestRedis();
  dependencies = await openTestDependencies(redis);
  const endpoints = new Map([
    ['/function/planning-get-plan', endpointOf(getPlan, dependencies)],
    ['/function/universe-sync-prices', endpointOf(syncPrices, dependencies)],
  ]);
  server = createServer((request, response) => {
    const { headers } = request;
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    const chunks: Buffer[] = [];
    request.on('end', () =>
      seen.push({ type: headers['content-type'], body: Buffer.concat(chunks) }),
    );
    headers['x-run-id'] = 'run-1';
    if (isOld && headers['content-type'] !== 'application/json') return refuse(response);
    if (isOld) headers.accept = headers.accept?.split(', ').at(-1);
    if (isCutOff) cutAfterFirst(response);
    const endpoint = endpoints.get(request.url ?? '');
    return endpoint ? endpoint(request, response) : void response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  seen = [];
  isOld = isCutOff = false;
});
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await dependencies.close();
  await redis.stop();
});

/** As a function answers a body that is not JSON, of a version that knows nothing else. */
function refuse(response: ServerResponse): void {
  response.writeHead(400, { 'content-type': 'application/json' });
  response.end('{"code":"INVALID_REQUEST","message":"body: is not JSON in UTF-8","field":"body"}');
}

function cutAfterFirst(response: ServerResponse): void {
  const write = response.write.bind(response) as (chunk: unknown) => boolean;
  response.write = (chunk: unknown) => {
    // What follows is lost, and the answer ends as if it were whole.
    response.write = () => true;
    return write(chunk);
  };
}

async function facadeOver(transport: Transport): Promise<Facade> {
  const functions = new FunctionsClient(transport);
  const facade = await openFacade({ portBase: 0, access: null, functions, log: silentLog });
  closers.push(() => facade.close());
  return facade;
}

async function routedTo(protocol: 'http' | 'grpc', ports?: Facade['ports']): Promise<Transport> {
  const device = { name: 'state', roles: ['state'] as const, gateway: url, facadePortBase: 0 };
  const place = (service: 'planning' | 'universe'): RemotePlace => ({
    ...{ mode: 'remote', service, device, protocol, retries: 0 },
    address: ports ? `127.0.0.1:${ports[service]}` : url,
    timeoutMs: 2_000,
    ...{ healthCheck: { intervalMs: 0, timeoutMs: 100 }, staleMsMax: 60_000 },
  });
  const places = {
    ...allLocal.places,
    planning: place('planning'),
    universe: place('universe'),
  };
  const placement = { device: 'compute', places, breaker: { failures: 20, pauseMs: 1_000 } };
  const local: Transport = () => Promise.reject(new Error('nothing is here'));
  const routes: Routes = await openRoutes({ placement, settings: {}, log: silentLog, local });
  closers.push(() => routes.close());
  return routes.transport;
}

const ways = {
  'of this board': async () => httpTransport(url, ''),
  'of another board, over HTTP': () => routedTo('http'),
  'of another board, over gRPC': async () =>
    routedTo('grpc', (await facadeOver(httpTransport(url, ''))).ports),
};

interface Clients {
  readonly getPlan: (planId: string) => Promise<GetPlanResponse>;
  readonly syncPrices: (isins?: readonly string[]) => AsyncIterable<SyncPricesUpdate>;
}

async function open(way: keyof typeof ways): Promise<Clients> {
  const { ports } = await facadeOver(await ways[way]());
  const at = (port: number) => [`127.0.0.1:${port}`, credentials.createInsecure()] as const;
  const plans = new PlanningServiceClient(...at(ports.planning));
  const securities = new UniverseServiceClient(...at(ports.universe));
  closers.push(
    () => plans.close(),
    () => securities.close(),
  );
  return {
    getPlan: (planId) =>
      new Promise((resolve, reject) => {
        plans.getPlan({ planId }, (error, answer) => (error ? reject(error) : resolve(answer)));
      }),
    syncPrices: (isins = []) => securities.syncPrices({ isins: [...isins], forceRefresh: false }),
  };
}

const typesSeen = (): unknown[] => seen.map(({ type }) => type);
const [JSON_TYPE, PROTOBUF] = ['application/json', 'application/x-protobuf'];

describe.each(Object.keys(ways) as (keyof typeof ways)[])('a function %s', (way) => {
  test('gets the caller’s bytes once it has answered in protobuf', async () => {
    const { getPlan } = await open(way);
    for (let call = 1; call <= 2; call += 1)
      expect(await getPlan('a-plan')).toMatchObject({ found: false });
    expect(typesSeen()).toEqual([JSON_TYPE, PROTOBUF]);
    const bytes = Buffer.from(GetPlanRequest.encode({ planId: 'a-plan' }).finish());
    expect(seen[1]?.body).toEqual(bytes);
  });

  test('is called in JSON where it knows nothing else, and where it does so no more', async () => {
    const { getPlan } = await open(way);
    isOld = true;
    for (let call = 1; call <= 2; call += 1) await getPlan('a-plan');
    isOld = false;
    for (let call = 1; call <= 2; call += 1) await getPlan('a-plan');
    isOld = true;
    expect(await getPlan('a-plan')).toMatchObject({ found: false });
    await getPlan('a-plan');
    expect(typesSeen()).toEqual([
      ...[JSON_TYPE, JSON_TYPE],
      ...[JSON_TYPE, PROTOBUF],
      ...[PROTOBUF, JSON_TYPE, JSON_TYPE],
    ]);
  });

  test('refuses a request and a call once, by the field and by the code', async () => {
    const { getPlan } = await open(way);
    await getPlan('a-plan');
    seen = [];
    await expect(getPlan('')).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringContaining('planId'),
    });
    await expect(getPlan('absent')).rejects.toMatchObject({ code: status.NOT_FOUND });
    expect(typesSeen()).toEqual([PROTOBUF, PROTOBUF]);
  });

  test.each([false, true])('streams message by message (knows only JSON: %s)', async (old) => {
    const { syncPrices } = await open(way);
    isOld = old;
    for (let call = 1; call <= 2; call += 1) {
      const progress: number[] = [];
      for await (const { progressPct } of syncPrices()) progress.push(progressPct);
      expect(progress).toEqual([0, 100]);
    }
    expect(typesSeen()).toEqual([JSON_TYPE, old ? JSON_TYPE : PROTOBUF]);
  });

  test('ends a stream with the failure that ended it', async () => {
    const { syncPrices } = await open(way);
    const progress: number[] = [];
    const read = async (): Promise<void> => {
      for await (const { progressPct } of syncPrices([ISIN])) progress.push(progressPct);
    };
    await expect(read()).rejects.toMatchObject({ code: status.NOT_FOUND });
    expect(progress).toEqual([0]);
  });
});

test('a stream that is cut off does not end well', async () => {
  const functions = new FunctionsClient(httpTransport(url, ''));
  const { InProtobuf } = await import('#gateway/facade/protobuf-exchange.ts');
  isCutOff = true;
  const method = {
    name: 'universe-sync-prices',
    encode: () => Buffer.alloc(0),
    takesProtobuf: true,
  };
  const request = { bytes: Buffer.alloc(0), message: {} };
  // Not an operation with a queue, which would take up the stream again.
  const operation = { ...universe.syncPrices, queue: null };
  const options = { signal: new AbortController().signal, requestId: 'r-1' };
  const messages: Buffer[] = [];
  const read = async (): Promise<void> => {
    for await (const message of functions.exchangeEach(
      operation,
      new InProtobuf(method, request),
      options,
    ))
      messages.push(message);
  };
  const why = 'The answer of universe-sync-prices was cut off before its end.';
  await expect(read()).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN', facts: { why } });
  expect(messages).toHaveLength(1);
});
