/** Who may call what over gRPC with TLS: every operation, every client certificate, alone and with a token. */
import { Client, type ServiceError } from '@grpc/grpc-js';
import { openFacade, type Facade } from '#gateway/facade/facade.ts';
import { services } from '#gateway/facade/services.ts';
import { channelCredentials } from '#shared/clients/grpc/channel-credentials.ts';
import { FunctionsClient } from '#shared/clients/functions-client.ts';
import { operations } from '#shared/contract/catalogue.ts';
import type { Effect, Operation } from '#shared/contract/row.ts';
import { silentLog } from '#shared/process/log.ts';
import { WatchedTls } from '#shared/process/watched-tls.ts';
import {
  openCertificates,
  today,
  type TestCertificates,
} from '../support/endpoints/test-certificates.ts';
import { metadataOf } from '../support/endpoints/grpc.ts';

const tokens = {
  read: 'a-read-token-of-some-length',
  write: 'a-write-token-of-some-length',
  trade: 'a-trade-token-of-some-length',
};
const names = ['server', 'nobody', 'reader', 'writer', 'trader'] as const;
const grants = { reader: 'read', writer: 'write', trader: 'trade' } as const;
const ranks = { nothing: -1, read: 0, write: 1, trade: 2 } as const;
const needs: Readonly<Record<Effect, number>> = { reads: 0, writes: 1, trades: 2 };

type Verdict = 'in' | 'UNAUTHENTICATED' | 'NOT_ALLOWED';
type Token = keyof typeof tokens | 'unknown' | undefined;

/** The larger of certificate and token counts; an unknown token adds nothing and takes nothing. */
function expected(
  { effect }: Operation,
  name: (typeof names)[number],
  token: Token,
  readAccess: 'open' | 'token',
): Verdict {
  if (effect === 'reads' && readAccess === 'open') return 'in';
  const granted = ranks[name in grants ? grants[name as keyof typeof grants] : 'nothing'];
  const isKnown = token !== undefined && token !== 'unknown';
  const given = isKnown && (token !== 'read' || readAccess === 'token') ? ranks[token] : -1;
  if (Math.max(granted, given) >= needs[effect]) return 'in';
  return granted < 0 && given < 0 ? 'UNAUTHENTICATED' : 'NOT_ALLOWED';
}

let certificates: TestCertificates;
const watched = new Map<string, WatchedTls>();
const tlsOf = (name: string): WatchedTls => {
  const tls = watched.get(name);
  if (!tls) throw new Error(`${name} has a certificate`);
  return tls;
};

beforeAll(async () => {
  certificates = await openCertificates();
  for (const name of names) {
    await certificates.store.issue({ name, sans: [] }, today());
    watched.set(name, await WatchedTls.open(certificates.filesOf(name), { log: silentLog }));
  }
});
afterAll(async () => {
  for (const tls of watched.values()) tls.close();
  await certificates.remove();
});

describe.each(['open', 'token'] as const)('with READ_ACCESS=%s', (readAccess) => {
  let facade: Facade;

  beforeAll(async () => {
    facade = await openFacade({
      portBase: -1,
      sharedPort: 0,
      tls: tlsOf('server'),
      access: { tokens, readAccess, certificateScopes: new Map(Object.entries(grants)) },
      functions: new FunctionsClient(() => Promise.resolve({ status: 200, body: empty() })),
      log: silentLog,
    });
  });
  afterAll(() => facade.close());

  const cases = (['nobody', 'reader', 'writer', 'trader'] as const).flatMap((name) =>
    ([undefined, 'unknown', 'read', 'write', 'trade'] as const).map(
      (token) => [name, token] as const,
    ),
  );

  it.each(cases)('admits %s with the token %s where it should', async (name, token) => {
    const client = new Client(`127.0.0.1:${facade.sharedPort}`, channelCredentials(tlsOf(name)), {
      'grpc.use_local_subchannel_pool': 1,
      'grpc.ssl_target_name_override': 'localhost',
    });
    const text = token === 'unknown' ? 'nobody-knows-this-token-at-all' : token && tokens[token];
    const found: Record<string, Verdict> = {};
    for (const operation of operations)
      found[operation.name] = await verdict(client, operation, text);
    client.close();
    const right = operations.map((one) => [one.name, expected(one, name, token, readAccess)]);
    expect(found).toEqual(Object.fromEntries(right));
  });
});

async function* empty(): AsyncGenerator<string> {
  yield '{}';
}

async function verdict(
  client: Client,
  operation: Operation,
  token: string | undefined,
): Promise<Verdict> {
  const error = await called(client, operation, token);
  const code = error?.metadata.get('failure-code')[0];
  // Not answered by the facade.
  if (error && code === undefined) throw error;
  return code === 'UNAUTHENTICATED' || code === 'NOT_ALLOWED' ? code : 'in';
}

function called(
  client: Client,
  { service, rpc, streams }: Operation,
  token: string | undefined,
): Promise<ServiceError | null> {
  const method = services[service][rpc];
  if (!method) throw new Error(`${rpc} has a method`);
  const metadata = metadataOf(token === undefined ? {} : { authorization: `Bearer ${token}` });
  const bytes = (): Buffer => Buffer.alloc(0);
  const read = (answer: Buffer): Buffer => answer;
  return new Promise((resolve) => {
    if (!streams)
      return void client.makeUnaryRequest(method.path, bytes, read, {}, metadata, resolve);
    client
      .makeServerStreamRequest(method.path, bytes, read, {}, metadata)
      .on('error', (error) => resolve(error as ServiceError))
      .on('end', () => resolve(null))
      .resume();
  });
}
