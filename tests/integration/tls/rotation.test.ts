import { appendFile, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PlanningServiceClient } from '#protos/gen/planning.ts';
import type { Facade } from '#gateway/facade/facade.ts';
import { channelCredentials } from '#shared/clients/grpc/channel-credentials.ts';
import { silentLog } from '#shared/process/log.ts';
import type { TlsFiles } from '#shared/process/tls-settings.ts';
import { WatchedTls } from '#shared/process/watched-tls.ts';
import { issueAuthority, issueLeaf, type PemPair } from '../../../scripts/certificates/issue.ts';
import {
  keptLog,
  openCertificates,
  today,
  type TestCertificates,
} from '../../support/endpoints/test-certificates.ts';
import {
  callOnce,
  openTestFacades,
  planningClient,
  shownSerial,
  tryOnce,
  type TestFacades,
} from '../../support/endpoints/tls-facade.ts';
import { until } from '../../support/until.ts';

const ROTATIONS = 20;
/** Calls between two rotations; about 200 a second where the machine has nothing else to do. */
const CALLS_BETWEEN = 5;
const PAUSE_MS = 20;

let certificates: TestCertificates;
let facades: TestFacades;
const watched: WatchedTls[] = [];

beforeAll(async () => {
  [certificates, facades] = await Promise.all([openCertificates(), openTestFacades()]);
});

afterAll(async () => {
  await facades.close();
  for (const tls of watched) tls.close();
  await certificates.remove();
});

async function watch(files: TlsFiles, log = silentLog, everyMs = 20): Promise<WatchedTls> {
  const tls = await WatchedTls.open(files, { log, everyMs });
  watched.push(tls);
  return tls;
}

async function caPair(): Promise<PemPair> {
  const read = (name: string) => readFile(`${certificates.dir}/store/ca/${name}.pem`, 'utf8');
  return { certPem: await read('ca'), keyPem: await read('ca-key') };
}

/**
 * Five callers, four over standing connections and one over a new one each time. Each waits for its
 * answer before it asks again, so that a slow machine means fewer calls and not a growing heap.
 */
class Load {
  readonly failed: unknown[] = [];
  succeeded = 0;
  private ended = false;
  private readonly callers: Promise<void>[];
  private readonly standing: PlanningServiceClient[];

  constructor(facade: Facade, tls: WatchedTls) {
    const credentials = channelCredentials(tls);
    this.standing = [1, 2, 3, 4].map(() => planningClient(facade, credentials));
    const calls = this.standing.map((client) => () => callOnce(client));
    this.callers = [...calls, () => tryOnce(facade, credentials)].map((call) => this.run(call));
  }

  async untilMore(calls: number): Promise<void> {
    const requested = this.succeeded + calls;
    while (this.succeeded < requested && this.failed.length === 0) await sleep(5);
  }

  async end(): Promise<void> {
    this.ended = true;
    await Promise.all(this.callers);
    for (const client of this.standing) client.close();
  }

  private async run(call: () => Promise<unknown>): Promise<void> {
    while (!this.ended) {
      await call().then(
        () => (this.succeeded += 1),
        (thrown: unknown) => this.failed.push(thrown),
      );
      await sleep(PAUSE_MS);
    }
  }
}

test('twenty rotations under load fail no call, and new connections see the new certificate', async () => {
  const { store, filesOf } = certificates;
  await store.issue({ name: 'server', sans: [] }, today());
  await store.issue({ name: 'caller', sans: [] }, today());
  const [server, caller] = [await watch(filesOf('server')), await watch(filesOf('caller'))];
  const facade = await facades.open(server);
  const load = new Load(facade, caller);
  const shown: string[] = [];
  const issued: string[] = [];
  for (let rotation = 0; rotation < ROTATIONS; rotation += 1) {
    await load.untilMore(CALLS_BETWEEN);
    await store.issue({ name: 'caller', sans: [] }, today());
    const { serial } = await store.issue({ name: 'server', sans: [] }, today());
    await until(() => server.current.serial.toLowerCase() === serial);
    issued.push(serial);
    shown.push(await shownSerial(facade));
  }
  await load.untilMore(CALLS_BETWEEN);
  await load.end();
  expect(load.failed).toEqual([]);
  expect(load.succeeded).toBeGreaterThanOrEqual(ROTATIONS * CALLS_BETWEEN);
  expect(shown).toEqual(issued);
  expect(new Set(shown).size).toBe(ROTATIONS);
});

test('files that are replaced one by one, or partially written, keep the old certificate in use', async () => {
  const ca = await caPair();
  const [first, second] = [await leaf(ca, 'piecemeal'), await leaf(ca, 'piecemeal')];
  const files = await certificates.write('piecemeal', first, ca.certPem);
  const { log, lines } = keptLog();
  const tls = await watch(files, log, 60_000);
  const facade = await facades.open(tls);
  const old = await shownSerial(facade);
  const complaints = [
    [files.cert, second.certPem.slice(0, 300), /GRPC_TLS_CERT: \S+ is no PEM certificate/],
    [files.cert, second.certPem, /GRPC_TLS_KEY: \S+ does not fit the certificate/],
    [files.key, '', /GRPC_TLS_KEY: \S+ is no PEM private key/],
    [files.ca, `${ca.certPem}-----BEGIN CERT`, /GRPC_TLS_CA: \S+ is no PEM certificate/],
  ] as const;
  for (const [file, text, complaint] of complaints) {
    await writeFile(file, text);
    await tls.refresh();
    await tls.refresh();
    expect(lines).toHaveLength(1);
    expect(lines.splice(0)).toMatchObject([
      { level: 'warn', event: 'tls-files-refused', complaint: expect.stringMatching(complaint) },
    ]);
    expect(await shownSerial(facade)).toBe(old);
  }
  expect(await tryOnce(facade, channelCredentials(await watch(await good(ca))))).toBeDefined();
  await writeFile(files.ca, ca.certPem);
  await writeFile(files.key, second.keyPem);
  await tls.refresh();
  expect(lines).toMatchObject([{ level: 'info', event: 'tls-files-reloaded' }]);
  expect(await shownSerial(facade)).not.toBe(old);
});

test('a file that is gone keeps the old certificate in use until it is back', async () => {
  const ca = await caPair();
  const files = await certificates.write('gone', await leaf(ca, 'gone'), ca.certPem);
  const { log, events } = keptLog();
  const tls = await watch(files, log, 60_000);
  const facade = await facades.open(tls);
  const old = await shownSerial(facade);
  await rename(files.key, `${files.key}.away`);
  await tls.refresh();
  expect(events()).toEqual(['tls-files-refused']);
  expect(await shownSerial(facade)).toBe(old);
  await rename(`${files.key}.away`, files.key);
  await tls.refresh();
  await rm(files.key);
  await tls.refresh();
  expect(events()).toEqual(['tls-files-refused', 'tls-files-refused']);
});

test('a CA that is added to the file is trusted, and no longer when it is taken out', async () => {
  const [ca, next] = [await caPair(), await issueAuthority(today())];
  const files = await certificates.write('bundle', await leaf(ca, 'bundle'), ca.certPem);
  const tls = await watch(files, silentLog, 60_000);
  const facade = await facades.open(tls);
  const callerFiles = await certificates.write('next', await leaf(next, 'next'), ca.certPem);
  const caller = channelCredentials(await watch(callerFiles));
  await expect(tryOnce(facade, caller)).rejects.toMatchObject({ code: 14 });
  await appendFile(files.ca, next.certPem);
  await tls.refresh();
  await expect(tryOnce(facade, caller)).resolves.toMatchObject({ found: false });
  await writeFile(files.ca, ca.certPem);
  await tls.refresh();
  await expect(tryOnce(facade, caller)).rejects.toMatchObject({ code: 14 });
});

function leaf(ca: PemPair, name: string): Promise<PemPair> {
  return issueLeaf(ca, { name, sans: [] }, today());
}

async function good(ca: PemPair): Promise<TlsFiles> {
  return certificates.write('good', await leaf(ca, 'good'), ca.certPem);
}
