import { readFile, writeFile } from 'node:fs/promises';
import { dayOf } from '#shared/kernel/calendar-day.ts';
import { DAY_MS, HOUR_MS, later, type Instant } from '#shared/kernel/instant.ts';
import { WatchedTls } from '#shared/process/watched-tls.ts';
import {
  issueAuthority,
  issueLeaf,
  type LeafPreferences,
  type PemPair,
} from '../../../scripts/certificates/issue.ts';
import {
  keptLog,
  openCertificates,
  today,
  type TestCertificates,
} from '../../support/endpoints/test-certificates.ts';

let certificates: TestCertificates;
let ca: PemPair;
const watched: WatchedTls[] = [];

beforeAll(async () => {
  certificates = await openCertificates();
  ca = await issueAuthority(today());
});

afterAll(async () => {
  for (const tls of watched) tls.close();
  await certificates.remove();
});

function leaf(at: Instant, preferences: Partial<LeafPreferences> = {}): Promise<PemPair> {
  return issueLeaf(ca, { name: 'board-1', sans: [], ...preferences }, at);
}

/** Watches files under a clock that the test sets. */
async function watch(pair: PemPair, name: string) {
  const files = await certificates.write(name, pair, ca.certPem);
  const clock = { now: today() };
  const kept = keptLog();
  const options = { log: kept.log, now: () => clock.now, everyMs: 3_600_000 };
  const open = async (): Promise<WatchedTls> => {
    const tls = await WatchedTls.open(files, options);
    watched.push(tls);
    return tls;
  };
  return { files, clock, open, ...kept };
}

test('all complaints come together, each with its setting and file', async () => {
  const { files, open } = await watch(await leaf(today()), 'all');
  await writeFile(files.key, (await leaf(today())).keyPem);
  await writeFile(files.ca, 'nothing');
  const one = files.ca.replace('ca.pem', 'none.pem');
  await expect(open()).rejects.toMatchObject({
    code: 'INVALID_REQUEST',
    facts: {
      violations: [
        { field: 'GRPC_TLS_CA', message: expect.stringContaining(files.ca) },
        { field: 'GRPC_TLS_KEY', message: `${files.key} does not fit the certificate` },
      ],
    },
  });
  const missing = WatchedTls.open({ cert: one, key: files.key }, { log: keptLog().log });
  await expect(missing).rejects.toThrow(`GRPC_TLS_CERT: ${one} cannot be read (ENOENT)`);
});

test.each<[string, (pair: PemPair) => Partial<Record<'cert' | 'key' | 'ca', string>>, RegExp]>([
  ['an empty certificate', () => ({ cert: '' }), /CERT: .* is no PEM certificate/],
  ['half a key', ({ keyPem }) => ({ key: keyPem.slice(0, 90) }), /KEY: .* is no PEM private key/],
  ['a key for a certificate', ({ keyPem }) => ({ cert: keyPem }), /CERT: .* is no PEM certificate/],
  ['a leaf for a CA', ({ certPem }) => ({ ca: certPem }), /CA: .* no certificate authority/],
  [
    'damaged base64',
    ({ certPem }) => ({ cert: certPem.replace(/M[A-Z]{2}/, 'AAA') }),
    /CERT: .* does not parse/,
  ],
])('%s stops the start', async (_what, damage, complaint) => {
  const pair = await leaf(today());
  const { files, open } = await watch(pair, 'bad');
  for (const [part, text] of Object.entries(damage(pair)))
    await writeFile(files[part as 'cert'], text);
  await expect(open()).rejects.toThrow(complaint);
});

test('an expired certificate stops the start, with the day it ended', async () => {
  const now = today();
  const { open, files } = await watch(await leaf(later(now, -61 * DAY_MS)), 'expired');
  const ended = dayOf(later(now, -DAY_MS));
  await expect(open()).rejects.toThrow(`GRPC_TLS_CERT: ${files.cert} expired on ${ended}`);
});

test('no complaint quotes a private key', async () => {
  const pair = await leaf(today());
  const { files, open } = await watch(pair, 'secret');
  await writeFile(files.key, pair.keyPem.replace('PRIVATE KEY-----\n', 'PRIVATE KEY-----\n!!'));
  const body = (await readFile(files.key, 'utf8')).split('\n')[1] ?? '';
  const thrown = await open().then(
    () => '',
    (failure: Error) => JSON.stringify(failure) + failure.message,
  );
  expect(thrown).toMatch(/GRPC_TLS_KEY/);
  expect(thrown).not.toContain(body.slice(2, 20));
});

test('the expiry of a certificate is reported from 14 days before, once a day, until it is renewed', async () => {
  const { files, clock, open, lines, events } = await watch(await leaf(today()), 'ends');
  const tls = await open();
  const start = clock.now;
  const poll = async (days: number): Promise<number> => {
    clock.now = later(start, days * DAY_MS + HOUR_MS);
    await tls.refresh();
    return lines.length;
  };
  expect(await poll(45)).toBe(0);
  expect(await poll(46)).toBe(1);
  expect(lines[0]).toMatchObject({
    level: 'warn',
    event: 'certificate-expiring',
    setting: 'GRPC_TLS_CERT',
    file: files.cert,
    daysLeft: 13,
  });
  expect(await poll(46.5)).toBe(1);
  expect(await poll(47)).toBe(2);
  const next = await leaf(clock.now);
  await writeFile(files.cert, next.certPem);
  await writeFile(files.key, next.keyPem);
  expect(await poll(48)).toBe(3);
  expect(events()[2]).toBe('tls-files-reloaded');
  expect(await poll(60)).toBe(3);
});

test('a certificate that expires soon is reported at the start', async () => {
  const { open, events } = await watch(await leaf(today(), { lifetimeMs: 3 * DAY_MS }), 'soon');
  await open();
  expect(events()).toEqual(['certificate-expiring']);
});

test('a clock in the past does not stop the start', async () => {
  const { clock, open, lines } = await watch(await leaf(today()), 'past');
  clock.now = later(clock.now, -400 * DAY_MS);
  await open();
  expect(lines).toMatchObject([
    { event: 'tls-files-refused', complaint: expect.stringMatching(/is the clock right/) },
  ]);
});

test('a new certificate that is not valid yet waits until it is', async () => {
  const { files, clock, open, events } = await watch(await leaf(today()), 'later');
  const tls = await open();
  const old = tls.current.serial;
  const next = await leaf(later(clock.now, 5 * DAY_MS));
  await writeFile(files.cert, next.certPem);
  await writeFile(files.key, next.keyPem);
  await tls.refresh();
  expect(tls.current.serial).toBe(old);
  clock.now = later(clock.now, 5 * DAY_MS);
  await tls.refresh();
  expect(tls.current.serial).not.toBe(old);
  expect(events()).toEqual(['tls-files-refused', 'tls-files-reloaded']);
});
