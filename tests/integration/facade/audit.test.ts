/** The audit as a client of gRPC lists it: filtered, paged and checked, with this client's own calls in it. */
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { openFacade } from '#gateway/facade/facade.ts';
import { openServiceClients, type ServiceClients } from '#shared/clients/grpc/service-clients.ts';
import { serviceNames, type ServiceName } from '#shared/contract/names.ts';
import { silentLog } from '#shared/process/log.ts';
import { openFacadeFixture, type FacadeFixture } from '../../support/endpoints/facade-fixture.ts';

let fixture: FacadeFixture;
let clients: ServiceClients;

beforeAll(async () => {
  fixture = await openFacadeFixture();
  const addresses = Object.fromEntries(
    serviceNames.map((name) => [name, fixture.address(name)]),
  ) as Record<ServiceName, string>;
  clients = openServiceClients({
    addresses,
    credentials: credentials.createInsecure(),
    log: silentLog,
  });
});
afterAll(async () => {
  clients.close();
  await fixture.close();
});

it('has a call over gRPC, with the address that it came from', async () => {
  const { gateway, trading } = clients;
  await trading.setTradingState({ state: 'HALTED', reason: 'a test' });
  await trading.setTradingState({ state: 'ACTIVE' });
  const operation = 'trading-set-trading-state';
  const { lines, total, chain } = await gateway.listAudit({ operation, verify: true });
  expect(total).toBe(4);
  expect(lines.map(({ event }) => event)).toEqual(['ended', 'called', 'ended', 'called']);
  expect(lines[0]).toMatchObject({ caller: 'facade', who: expect.stringContaining('127.0.0.1') });
  expect(chain).toMatchObject({ correct: true, sequence: 0 });
  const [second] = (await gateway.listAudit({ operation, limit: 1, offset: 1 })).lines;
  expect(second?.sequence).toBe(lines[1]?.sequence);
  expect((await gateway.listAudit({ who: 'nobody' })).lines).toEqual([]);
});

it('refuses what it cannot list', async () => {
  await expect(clients.gateway.listAudit({ accountId: 'unknown' })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
});

it('has calls that the facade refused itself, for their token or their message, and never the token', async () => {
  const { dependencies } = fixture;
  const tokens = { write: 'write-token-of-a-test', trade: 'trade-token-of-a-test' };
  const guarded = await openFacade({
    ...{ portBase: 0, functions: dependencies.functions, log: silentLog },
    access: { tokens, readAccess: 'open' },
  });
  const client = new Client(`127.0.0.1:${guarded.ports.trading}`, credentials.createInsecure());
  const path = '/arduino_trader.trading.TradingService/SetTradingState';
  const refusedWith = (token: string, bytes: Buffer): Promise<number> =>
    new Promise((resolve) => {
      const metadata = new Metadata();
      metadata.set('authorization', `Bearer ${token}`);
      const answered = (error: ServiceError | null) => resolve(error?.code ?? 0);
      client.makeUnaryRequest(path, Buffer.from, Buffer.from, bytes, metadata, answered);
    });
  expect(await refusedWith('guessed-token-of-a-test', Buffer.alloc(0))).toBe(16);
  expect(await refusedWith(tokens.write, Buffer.alloc(0))).toBe(7);
  expect(await refusedWith(tokens.trade, Buffer.from([0xff, 0xff]))).toBe(3);
  for (let attempt = 0; attempt < 20; attempt += 1) await refusedWith('guess', Buffer.alloc(0));
  client.close();
  // Its end delivers what was only counted.
  await guarded.close();
  const { lines } = await clients.gateway.listAudit({ operation: 'trading-set-trading-state' });
  const refused = lines.filter(({ event }) => event === 'refused').toReversed();
  expect(refused.map(({ token, failureCode, count }) => [token, failureCode, count])).toEqual([
    ['none', 'UNAUTHENTICATED', 0],
    ['write', 'NOT_ALLOWED', 0],
    ['trade', 'INVALID_REQUEST', 0],
    ['none', 'UNAUTHENTICATED', 20],
  ]);
  expect(refused[0]).toMatchObject({ caller: 'facade', who: expect.stringContaining('127.0.0.1') });
  expect(JSON.stringify(lines)).not.toContain('guessed-token');
});
