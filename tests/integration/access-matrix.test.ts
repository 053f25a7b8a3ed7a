/**
 * Who may call what, for every endpoint, every operation of the catalogue and every kind of
 * credential. The expectation is written here once more, so that it does not follow the code.
 */
import request from 'supertest';
import { Client, type ServiceError } from '@grpc/grpc-js';
import { openFacade, type Facade } from '#gateway/facade/facade.ts';
import { services } from '#gateway/facade/services.ts';
import { FunctionsClient, type Transport } from '#shared/clients/functions-client.ts';
import { operations } from '#shared/contract/catalogue.ts';
import type { Effect, Operation } from '#shared/contract/row.ts';
import { silentLog } from '#shared/process/log.ts';
import { handle } from '#shared/runtime/handle.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { openTestDependencies, startTestRedis, type TestRedis } from '../support/dependencies.ts';
import { metadataOf, plain } from '../support/endpoints/grpc.ts';
import { endpointOf } from '../support/host.ts';

const tokens = {
  read: 'a-read-token-of-some-length',
  write: 'a-write-token-of-some-length',
  trade: 'a-trade-token-of-some-length',
};

const credentials: Readonly<Record<string, string | undefined>> = {
  nothing: undefined,
  'an unknown token': 'Bearer nobody-knows-this-token-at-all',
  'a token without its scheme': tokens.trade,
  'basic credentials': `Basic ${Buffer.from(`admin:${tokens.trade}`).toString('base64')}`,
  'the read token': `Bearer ${tokens.read}`,
  'the write token': `Bearer ${tokens.write}`,
  'the trade token': `Bearer ${tokens.trade}`,
};

type Verdict = 'in' | 'UNAUTHENTICATED' | 'NOT_ALLOWED';

function expected(effect: Effect, credential: string, readAccess: 'open' | 'token'): Verdict {
  if (effect === 'reads' && readAccess === 'open') return 'in';
  if (credential === 'the trade token') return 'in';
  if (credential === 'the write token') return effect === 'trades' ? 'NOT_ALLOWED' : 'in';
  if (credential !== 'the read token' || readAccess === 'open') return 'UNAUTHENTICATED';
  return effect === 'reads' ? 'in' : 'NOT_ALLOWED';
}

type Caller = (operation: Operation, authorization: string | undefined) => Promise<Verdict>;

/** Every function answers an empty message: what is asked here is only who gets to it. */
const answering: Transport = () => Promise.resolve({ status: 200, body: empty() });

async function* empty(): AsyncGenerator<string> {
  yield '{}';
}

let redis: TestRedis;

beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());

describe.each(['open', 'token'] as const)('with READ_ACCESS=%s', (readAccess) => {
  let dependencies: Dependencies;
  let facade: Facade;
  const clients: Client[] = [];

  beforeAll(async () => {
    dependencies = await openTestDependencies(redis, { READ_ACCESS: readAccess }, { tokens });
    facade = await openFacade({
      portBase: 0,
      sharedPort: 0,
      access: { tokens, readAccess },
      functions: new FunctionsClient(answering),
      log: silentLog,
    });
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    await facade.close();
    await dependencies.close();
  });

  const overHttp: Caller = async (operation, authorization) => {
    const reached = handle(operation, () => {
      throw new Error('in');
    });
    const call = request(endpointOf(reached, dependencies)).post('/').send('{"not":"a field"}');
    call.set('content-type', 'application/json');
    const { body } = await (authorization === undefined
      ? call
      : call.set('authorization', authorization));
    return verdictOf(body.code);
  };

  function overGrpc(portOf: (operation: Operation) => number | undefined): Caller {
    const byPort = new Map<number, Client>();
    return async (operation, authorization) => {
      const port = portOf(operation) ?? 0;
      const client = byPort.get(port) ?? new Client(`127.0.0.1:${port}`, plain);
      byPort.set(port, client);
      clients.push(client);
      const headers = authorization === undefined ? {} : { authorization };
      const error = await called(client, operation, headers);
      return error === null ? 'in' : verdictOf(error.metadata.get('failure-code')[0]);
    };
  }

  const endpoints: Readonly<Record<string, () => Caller>> = {
    'the function over HTTP': () => overHttp,
    'its gRPC port': () => overGrpc(({ service }) => facade.ports[service]),
    'the shared gRPC port': () => overGrpc(() => facade.sharedPort),
  };

  const cases = Object.keys(endpoints).flatMap((endpoint) =>
    Object.keys(credentials).map((credential) => [endpoint, credential] as const),
  );

  it.each(cases)('%s admits the right callers with %s, for every operation', async (end, given) => {
    const call = endpoints[end]?.() ?? overHttp;
    const verdicts: Record<string, Verdict> = {};
    for (const operation of operations)
      verdicts[operation.name] = await call(operation, credentials[given]);
    const right = operations.map(({ name, effect, credential }) => [
      name,
      // Its request carries a credential, which is checked later.
      credential === 'request' && call === overHttp ? 'in' : expected(effect, given, readAccess),
    ]);
    expect(verdicts).toEqual(Object.fromEntries(right));
  });
});

/** A call that passed the check fails, if at all, for the request or for the answer. */
function verdictOf(code: unknown): Verdict {
  return code === 'UNAUTHENTICATED' || code === 'NOT_ALLOWED' ? code : 'in';
}

function called(
  client: Client,
  { service, rpc, streams }: Operation,
  headers: Record<string, string>,
): Promise<ServiceError | null> {
  const method = services[service][rpc];
  if (!method) throw new Error(`${rpc} has a method`);
  const bytes = (): Buffer => Buffer.alloc(0);
  const read = (answer: Buffer): Buffer => answer;
  return new Promise((resolve) => {
    if (!streams)
      return void client.makeUnaryRequest(
        ...([method.path, bytes, read, {}, metadataOf(headers)] as const),
        resolve,
      );
    const stream = client.makeServerStreamRequest(
      ...([method.path, bytes, read, {}, metadataOf(headers)] as const),
    );
    stream.on('error', (error) => resolve(error as ServiceError));
    stream.on('end', () => resolve(null)).resume();
  });
}
