import { FunctionsClient } from '#shared/clients/functions-client.ts';
import { openRoutes, type Routes } from '#shared/clients/open-routes.ts';
import type { Facade } from '#gateway/facade/facade.ts';
import { allLocal, type Placement } from '#shared/placement/placement.ts';
import { planning } from '#shared/contract/planning.ts';
import { silentLog } from '#shared/process/log.ts';
import type { TlsSettings } from '#shared/process/tls-settings.ts';
import { WatchedTls } from '#shared/process/watched-tls.ts';
import {
  openCertificates,
  today,
  type TestCertificates,
} from '../../support/endpoints/test-certificates.ts';
import { openTestFacades, type TestFacades } from '../../support/endpoints/tls-facade.ts';

let certificates: TestCertificates;
let facades: TestFacades;
let facade: Facade;
let tls: WatchedTls;

beforeAll(async () => {
  [certificates, facades] = await Promise.all([openCertificates(), openTestFacades()]);
  for (const name of ['board-1', 'board-2'])
    await certificates.store.issue({ name, sans: [] }, today());
  tls = await WatchedTls.open(certificates.filesOf('board-1'), { log: silentLog });
  facade = await facades.open(tls);
});
afterAll(async () => {
  await facades.close();
  tls.close();
  await certificates.remove();
});

/** Planning is on board-1, as seen from a board with these settings. */
function routesFrom(settings: TlsSettings): Promise<Routes> {
  const device = { name: 'board-1', roles: ['state'], facadePortBase: 0 } as const;
  const place = {
    mode: 'remote',
    service: 'planning',
    device,
    protocol: 'grpc',
    address: `127.0.0.1:${facade.ports.planning}`,
    timeoutMs: undefined,
    retries: 0,
    healthCheck: { intervalMs: 0, timeoutMs: 100 },
    staleMsMax: 0,
  } as const;
  const placement: Placement = {
    ...allLocal,
    device: 'board-2',
    places: { ...allLocal.places, planning: place },
  };
  const local = () => Promise.reject(new Error('nothing is called here'));
  return openRoutes({ placement, local, settings, log: silentLog });
}

async function ask(settings: TlsSettings): Promise<unknown> {
  const routes = await routesFrom(settings);
  const options = { signal: new AbortController().signal, requestId: 'call-1' };
  try {
    const functions = new FunctionsClient(routes.transport);
    return await functions.call(planning.getPlan, { planId: 'plan-none' }, options);
  } finally {
    routes.close();
  }
}

test('boards with certificates of one CA accept each other', async () => {
  const { cert, key, ca } = certificates.filesOf('board-2');
  const settings = { grpcTlsCert: cert, grpcTlsKey: key, grpcTlsCa: ca };
  expect(await ask(settings)).toEqual({ found: false });
});

test('a board without certificates does not get through', async () => {
  await expect(ask({})).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringMatching(/^planning on board-1 does not answer/),
  });
});
