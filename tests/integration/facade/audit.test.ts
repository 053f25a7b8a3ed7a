/** The audit as a client of gRPC lists it: filtered, paged and checked, with this client's own calls in it. */
import { credentials } from '@grpc/grpc-js';
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
