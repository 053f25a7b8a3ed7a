/**
 * Runbooks about a board itself, tried on a running system: its certificate, clock, disk and connector. The disk is a
 * small file system of its own; the clock is moved by libfaketime, for the program alone.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmdirSync } from 'node:fs';
import { mkdir, rename, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gateway } from '#shared/contract/gateway.ts';
import { DAY_MS, instantOf, MINUTE_MS } from '#shared/kernel/instant.ts';
import { parseSettings } from '#shared/process/settings.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { keys } from '#shared/redis/keys.ts';
import { openDependencies } from '#shared/runtime/dependencies.ts';
import { CertificateStore } from '../../scripts/certificates/store.ts';
import { beatAt } from '#shared/redis/pulses.ts';
import { startTestRedis, type TestRedis } from '../support/dependencies.ts';
import { testNeeding } from '../support/needing.ts';
import { expectDocumentedMetrics } from '../support/shown-metrics.ts';
import { RunbookReader } from './runbook.ts';
import { buildProgram, freshDataDir, removeDataDirs, type Program, type Run } from './program.ts';

const HERE = 'tests/e2e/runbooks-boards.test.ts';
const PREFIX = 'runbooks-boards';
const DISK_BYTES = 64 * 1024 * 1024;
/** Debian's place for it, on any architecture. */
const faketime = readdirSync('/usr/lib')
  .map((folder) => `/usr/lib/${folder}/faketime/libfaketime.so.1`)
  .find((file) => existsSync(file));
const withoutClock = process.env['FAKETIME']
  ? 'the clock is moved for all tests'
  : faketime
    ? undefined
    : 'no libfaketime is installed (apt-get install libfaketime)';

let program: Program;
let redis: TestRedis;
let run: Run;
let dataDir: string;
let clock: string;
let env: Readonly<Record<string, string>>;
let reader: RunbookReader;
let stored: Dependencies;
let connector: Run | undefined;
const withoutDisk = mounts();

/** @returns why no file system can be mounted here */
function mounts(): string | undefined {
  // A folder of its own: /mnt may be in use.
  const folder = mkdtempSync(join(tmpdir(), 'trader-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'a file system can only be mounted by root';
  } finally {
    rmdirSync(folder);
  }
}

function certificate(name: string): string {
  return join(dataDir, `certificates/board-1/current/${name}.pem`);
}

/** In one step: libfaketime reads the file at each call, and would take an empty one for no offset. */
async function setClock(offset: string): Promise<void> {
  await writeFile(`${clock}.next`, offset);
  await rename(`${clock}.next`, clock);
}

beforeAll(async () => {
  program = buildProgram('runbooks-boards');
  redis = await startTestRedis();
  dataDir = await freshDataDir();
  if (withoutDisk === undefined)
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'none', dataDir]);
  clock = `${await freshDataDir()}/clock`;
  await setClock('+0');
  const fiveDaysLeft = instantOf(Date.now() - 55 * DAY_MS);
  const store = new CertificateStore(join(dataDir, 'certificates'));
  await store.createAuthority(fiveDaysLeft);
  await store.issue({ name: 'board-1', sans: [] }, fiveDaysLeft);
  env = { DATA_DIR: dataDir, REDIS_URL: redis.url, REDIS_KEY_PREFIX: PREFIX };
  run = program.start(['--dry-run', '--verbose'], {
    ...env,
    ...{
      EMBEDDED_PARTS: 'facade',
      GRPC_TLS_CERT: certificate('cert'),
      GRPC_TLS_KEY: certificate('key'),
    },
    GRPC_TLS_CA: certificate('ca'),
    ...(faketime && {
      LD_PRELOAD: faketime,
      FAKETIME_TIMESTAMP_FILE: clock,
      FAKETIME_NO_CACHE: '1',
    }),
    ...(faketime && { FAKETIME_DONT_FAKE_MONOTONIC: '1' }),
  });
  await run.says('Ctrl-C stops');
  const [, url = ''] = /gateway at (\S+)/.exec(run.stdout()) ?? [];
  reader = new RunbookReader({ url, dataDir, here: HERE });
  stored = await openDependencies(parseSettings(env), { tokens: null });
}, 180_000);
afterAll(async () => {
  await stored.close();
  for (const one of [connector, run]) {
    one?.child.kill('SIGTERM');
    await one?.ended;
  }
  if (withoutDisk === undefined) execFileSync('umount', [dataDir]);
  await redis.stop();
  await Promise.all([program.remove(), removeDataDirs()]);
});

afterEach(() => setClock('+0'));

it('certificate ends: it is renewed, and the running program takes it', async () => {
  expect(await reader.firing()).toContain('TraderCertificateEnds');
  expect(run.stderr()).toContain('"event":"certificate-expiring"');
  expect(await reader.follow('certificate-ends')).toContain('board-1');
  expect(await reader.firing()).not.toContain('TraderCertificateEnds');
  await run.says('"event":"tls-files-reloaded"');
});

it('certificate refused: one that is cut off hides nothing else, and is renewed', async () => {
  await writeFile(certificate('key'), 'cut off');
  expect(await reader.firing()).toContain('TraderCertificateRefused');
  expect(await reader.firing()).not.toContain('TraderStatePartUnread');
  await run.says('"event":"tls-files-refused"');
  expect(await reader.follow('certificate-ends')).toContain('board-1');
  expect(await reader.firing()).not.toContain('TraderCertificateRefused');
});

testNeeding(withoutClock, 'clock wrong: trading is halted until it is corrected', async () => {
  const [halt = '', compare = '', resume = ''] = reader.commands('clock-wrong');
  expect(await reader.firing()).not.toContain('TraderClockWrong');
  for (const seconds of ['+600', '-600']) {
    await setClock(seconds);
    await reader.untilFiring('TraderClockWrong');
    await reader.shell(halt);
    expect(await reader.firing()).toContain('TraderHalted');
    let seenSeconds = 0;
    // Node keeps the text of the header Date for a second: the first answer may still have the time of before.
    while (Math.abs(seenSeconds - Number(seconds)) >= 60) {
      const [ours = '', theirs = ''] = (await reader.shell(compare)).split('\n');
      seenSeconds = (Date.parse(theirs.replace(/^date: /i, '')) - Date.parse(ours)) / 1_000;
      expect(seenSeconds).not.toBeNaN();
    }
    await setClock('+0');
    await reader.untilFiring('TraderClockWrong', false);
    await reader.shell(resume);
    expect(await reader.firing()).not.toContain('TraderHalted');
  }
});

testNeeding(withoutDisk, 'disk full: old backups are removed, and the newest stay', async () => {
  const backups = join(dataDir, 'backups');
  await mkdir(backups, { recursive: true });
  const names = [1, 2, 3, 4, 5, 6].map((day) => `trader-2024-01-0${day}T03-00-00Z.ndjson.gz`);
  for (const [index, name] of names.entries()) {
    await writeFile(join(backups, name), Buffer.alloc(DISK_BYTES / 6.4));
    await utimes(join(backups, name), index + 1, index + 1);
  }
  expect(await reader.firing()).toContain('TraderDiskFull');
  expect(await reader.follow('disk-full')).toContain('/backups');
  expect(readdirSync(backups).sort()).toEqual(names.slice(3));
  expect(await reader.firing()).not.toContain('TraderDiskFull');
});

testNeeding(withoutDisk, 'disk read-only: the folder and its errors are read', async () => {
  const board = { at: Date.now(), diskFreeRatio: 0.5, diskWritable: false };
  const figures = keys.runtime.boardFigures();
  await stored.database.redis.hset(figures, 'far', JSON.stringify(board));
  const alert = (await reader.alerts()).find(({ name }) => name === 'TraderDiskReadOnly');
  expect(alert?.labels).toEqual({ board: 'far' });
  expect(reader.commands('disk-full').join('\n')).toContain('df -h');
  await stored.database.redis.hdel(figures, 'far');
});

it('queue stuck: the queue is named, and a connector that starts takes its runs', async () => {
  const asked = reader.call('gateway-trigger-job', { jobName: 'score-refresh', force: true });
  const queue = await stored.runs.queueOf(gateway.triggerJob.topic);
  let [job] = await queue.getWaiting(0, 0);
  while (!job) [job] = await queue.getWaiting(0, 0);
  const key = queue.toKey(job.id ?? '').replace(`${PREFIX}:`, '');
  await stored.database.redis.hset(key, 'timestamp', Date.now() - 31 * MINUTE_MS);
  const alert = (await reader.alerts()).find(({ name }) => name === 'TraderQueueStuck');
  expect(alert?.labels).toEqual({ queue: 'gateway-trigger-job' });
  await beatAt(stored.database, 'connector', instantOf(Date.now() - MINUTE_MS));
  const silent = ['TraderQueueNotWorked', 'TraderConnectorSilent'];
  expect(await reader.firing()).toEqual(expect.arrayContaining(silent));
  expect(await reader.follow('queue-stuck')).toContain('gateway-trigger-job');
  const { url } = reader;
  connector = program.startProcess('gateway/connector/main.js', {
    ...env,
    GATEWAY_URL: url,
    SECRETS_DIR: join(dataDir, 'function-secrets/openfaas-fn'),
    CONNECTOR_METRICS_PORT: '0',
  });
  await connector.says('connector-ready');
  for (const name of ['TraderQueueStuck', ...silent]) await reader.untilFiring(name, false);
  expect(await asked).toMatchObject({ runId: expect.any(String) });
});

it('each process shows metrics that the documents have, those of the state also at the connector', async () => {
  const facade = program.startProcess('gateway/facade/main.js', {
    ...env,
    ...{ GATEWAY_URL: reader.url, FACADE_METRICS_PORT: '0' },
    ...{ GRPC_TLS_CERT: certificate('cert'), GRPC_TLS_KEY: certificate('key') },
    GRPC_TLS_CA: certificate('ca'),
    SECRETS_DIR: join(dataDir, 'function-secrets/openfaas-fn'),
  });
  await facade.says('facade-ready');
  const metricsUrl = ({ stderr }: Run) => /"metricsUrl":"([^"]+)"/.exec(stderr())?.[1] ?? '';
  const [, ofGateway = ''] = /metrics at (\S+?)\)/.exec(run.stdout()) ?? [];
  const ofState = ['trader_state_up', 'trader_queue_oldest_seconds'];
  for (const url of [ofGateway, connector ? metricsUrl(connector) : ''])
    expect(await expectDocumentedMetrics(url)).toEqual(expect.arrayContaining(ofState));
  const ofFacade = await expectDocumentedMetrics(metricsUrl(facade));
  expect(ofFacade).toEqual(
    expect.arrayContaining([
      ...['grpc_server_handled_total', 'process_cpu_seconds_total'],
      'trader_certificate_expires_timestamp_seconds',
    ]),
  );
  expect(ofFacade).not.toContain('trader_state_up');
  facade.child.kill('SIGTERM');
  expect(await facade.ended).toBe(0);
});
