import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { credentials, status } from '@grpc/grpc-js';
import type { Facade } from '#gateway/facade/facade.ts';
import { channelCredentials } from '#shared/clients/grpc/channel-credentials.ts';
import { DAY_MS, later } from '#shared/kernel/instant.ts';
import { silentLog } from '#shared/process/log.ts';
import { WatchedTls } from '#shared/process/watched-tls.ts';
import {
  issueAuthority,
  issueLeaf,
  type LeafPreferences,
  type PemPair,
} from '../../../scripts/certificates/issue.ts';
import {
  openCertificates,
  today,
  type TestCertificates,
} from '../../support/endpoints/test-certificates.ts';
import { openTestFacades, tryOnce, type TestFacades } from '../../support/endpoints/tls-facade.ts';
import { testNeeding } from '../../support/needing.ts';

let certificates: TestCertificates;
let facades: TestFacades;
let guarded: Facade;
let ca: PemPair;
const watched: WatchedTls[] = [];
const absent = { found: false, plan: undefined };

beforeAll(async () => {
  [certificates, facades] = await Promise.all([openCertificates(), openTestFacades()]);
  const { store, dir } = certificates;
  await store.issue({ name: 'board-1', sans: [] }, today());
  await store.issue({ name: 'board-2', sans: [] }, today());
  ca = {
    certPem: await readFile(`${dir}/store/ca/ca.pem`, 'utf8'),
    keyPem: await readFile(`${dir}/store/ca/ca-key.pem`, 'utf8'),
  };
  guarded = await facades.open(await watch('board-1'));
});

afterAll(async () => {
  await facades.close();
  for (const tls of watched) tls.close();
  await certificates.remove();
});

async function watch(board: string, { withCa = true } = {}): Promise<WatchedTls> {
  const { ca: caFile, ...own } = certificates.filesOf(board);
  const tls = await WatchedTls.open(withCa ? { ...own, ca: caFile } : own, { log: silentLog });
  watched.push(tls);
  return tls;
}

/** Credentials of a client that goes by no rule of ours. */
function stranger(pair: PemPair | undefined) {
  const roots = Buffer.from(ca.certPem);
  if (!pair) return credentials.createSsl(roots);
  return credentials.createSsl(roots, Buffer.from(pair.keyPem), Buffer.from(pair.certPem));
}

function leaf(preferences: Partial<LeafPreferences>, daysAgo = 0, by = ca): Promise<PemPair> {
  return issueLeaf(
    by,
    { name: 'board-2', sans: [], ...preferences },
    later(today(), -daysAgo * DAY_MS),
  );
}

test('a board with a certificate of the CA is accepted', async () => {
  const tls = channelCredentials(await watch('board-2'));
  await expect(tryOnce(guarded, tls)).resolves.toEqual(absent);
});

test.each<[string, () => Promise<PemPair | undefined>]>([
  ['no certificate', async () => undefined],
  ['an expired certificate', () => leaf({}, 70)],
  ['a certificate that is not valid yet', () => leaf({}, -3)],
  ['a certificate of a foreign CA', async () => leaf({}, 0, await issueAuthority(today()))],
  ['a certificate of the CA for servers only', () => leaf({ uses: ['server'] })],
  ['a certificate that a board signed', async () => leaf({}, 0, await leaf({ name: 'board-1' }))],
])('a client with %s is refused', async (_what, make) => {
  await expect(tryOnce(guarded, stranger(await make()))).rejects.toMatchObject({
    code: status.UNAVAILABLE,
  });
});

test('a hand-written client with a valid certificate is accepted', async () => {
  await expect(tryOnce(guarded, stranger(await leaf({})))).resolves.toEqual(absent);
});

test('a plain-text client is refused', async () => {
  await expect(tryOnce(guarded, credentials.createInsecure())).rejects.toMatchObject({
    code: status.UNAVAILABLE,
  });
});

test('without a CA the port is encrypted and asks for no certificate', async () => {
  const open = await facades.open(await watch('board-1', { withCa: false }));
  await expect(tryOnce(open, stranger(undefined))).resolves.toEqual(absent);
  await expect(tryOnce(open, credentials.createInsecure())).rejects.toMatchObject({
    code: status.UNAVAILABLE,
  });
});

test('our client refuses a server with another name', async () => {
  const tls = channelCredentials(await watch('board-2'));
  const call = tryOnce(guarded, tls, { 'grpc.ssl_target_name_override': 'board-9' });
  await expect(call).rejects.toMatchObject({
    code: status.UNAVAILABLE,
    details: expect.stringMatching(/board-9/) as unknown,
  });
});

test('our client refuses a server of a foreign CA', async () => {
  const foreign = await issueAuthority(today());
  const pair = await leaf({ name: 'board-1' }, 0, foreign);
  const files = await certificates.write('foreign', pair, ca.certPem);
  const tls = await WatchedTls.open(files, { log: silentLog });
  watched.push(tls);
  const call = tryOnce(await facades.open(tls), channelCredentials(await watch('board-2')));
  await expect(call).rejects.toMatchObject({ code: status.UNAVAILABLE });
});

test.each(['0.0.0.0', '::', '192.0.2.7', 'board-1.local'])(
  'listening on %s without TLS is refused at the start',
  async (host) => {
    await expect(facades.open(undefined, host)).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      facts: { field: 'GRPC_HOST' },
    });
  },
);

test('with TLS the facade listens on every address', async () => {
  const everywhere = await facades.open(await watch('board-1'), '0.0.0.0');
  const tls = channelCredentials(await watch('board-2'));
  await expect(tryOnce(everywhere, tls)).resolves.toEqual(absent);
});

const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((one) => one?.address === '::1');

testNeeding(
  hasIpv6 ? undefined : 'this machine has no IPv6',
  'plain text is served on the loopback of IPv6 as well',
  async () => {
    await expect(facades.open(undefined, '::1')).resolves.toBeDefined();
  },
);
