import { X509Certificate } from 'node:crypto';
import { appendFile, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DAY_MS, instantOf, later } from '#shared/kernel/instant.ts';
import { issueAuthority } from '../../../scripts/certificates/issue.ts';
import { CertificateStore } from '../../../scripts/certificates/store.ts';
import {
  openCertificates,
  type TestCertificates,
} from '../../support/endpoints/test-certificates.ts';

const now = instantOf(Date.parse('2031-03-04T05:06:07Z'));
let certificates: TestCertificates;
let store: CertificateStore;
let opened = 0;

beforeAll(async () => {
  certificates = await openCertificates();
});

beforeEach(async () => {
  opened += 1;
  store = new CertificateStore(join(certificates.dir, `store-${opened}`));
  await store.createAuthority(now);
});

afterAll(() => certificates.remove());

async function pem(...path: string[]): Promise<X509Certificate> {
  return new X509Certificate(await readFile(join(store.dir, ...path)));
}

test('the CA lives ten years and signs leaves only', async () => {
  const ca = await pem('ca', 'ca.pem');
  expect(ca.ca).toBe(true);
  expect(Date.parse(ca.validFrom)).toBe(now - DAY_MS);
  expect(Math.round((Date.parse(ca.validTo) - now) / DAY_MS)).toBe(3652);
  expect(ca.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
});

test('a second CA never takes the place of the first', async () => {
  const before = await pem('ca', 'ca.pem');
  await expect(store.createAuthority(now)).rejects.toMatchObject({ facts: { rule: 'ca-exists' } });
  expect((await pem('ca', 'ca.pem')).serialNumber).toBe(before.serialNumber);
  expect(await readdir(store.dir)).toEqual(['ca']);
});

test('a board gets a certificate for 60 days, for both ends of a call, under all its names', async () => {
  await store.issue({ name: 'board-1', sans: ['board-1.local', '10.0.0.2', 'fd00::2'] }, now);
  const [ca, cert] = [await pem('ca', 'ca.pem'), await pem('board-1', 'current', 'cert.pem')];
  expect(cert.verify(ca.publicKey)).toBe(true);
  expect(cert.checkIssued(ca)).toBe(true);
  expect(cert.ca).toBe(false);
  expect(Date.parse(cert.validFrom)).toBe(now - DAY_MS);
  expect(Date.parse(cert.validTo)).toBe(now + 60 * DAY_MS);
  expect(cert.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
  for (const name of ['board-1', 'board-1.local', 'localhost'])
    expect(cert.checkHost(name)).toBe(name);
  for (const ip of ['10.0.0.2', 'fd00::2', '127.0.0.1']) expect(cert.checkIP(ip)).toBe(ip);
  expect(cert.checkHost('board-2')).toBeUndefined();
});

test('keys and folders are for the owner only', async () => {
  await store.issue({ name: 'board-1', sans: [] }, now);
  const mode = async (...path: string[]) => (await stat(join(store.dir, ...path))).mode & 0o777;
  expect(await mode('ca', 'ca-key.pem')).toBe(0o600);
  expect(await mode('board-1', 'current', 'key.pem')).toBe(0o600);
  for (const folder of [[], ['ca'], ['board-1'], ['board-1', 'versions'], ['board-1', 'current']])
    expect(await mode(...folder)).toBe(0o700);
});

test('a renewal is due when two thirds of the life are over, and keeps the names', async () => {
  const first = await store.issue({ name: 'board-1', sans: ['10.0.0.2', 'fd00::2'] }, now);
  const dueAt = later(first.notBefore, (61 * DAY_MS * 2) / 3);
  expect(await store.renew(later(dueAt, -1))).toEqual([]);
  const [renewed] = await store.renew(dueAt);
  expect(renewed).toMatchObject({ name: 'board-1', isDue: false });
  expect(renewed?.serial).not.toBe(first.serial);
  const cert = await pem('board-1', 'current', 'cert.pem');
  for (const ip of ['10.0.0.2', 'fd00::2', '127.0.0.1']) expect(cert.checkIP(ip)).toBe(ip);
});

test('a renewal is due when the CAs to trust have changed, and brings them along', async () => {
  await store.issue({ name: 'board-1', sans: [] }, now);
  const next = await issueAuthority(now);
  await appendFile(join(store.dir, 'ca', 'ca.pem'), next.certPem);
  expect(await store.renew(now)).toHaveLength(1);
  expect(await readFile(join(store.dir, 'board-1', 'current', 'ca.pem'), 'utf8')).toMatch(
    /END CERTIFICATE[^]+END CERTIFICATE/,
  );
  expect(await store.renew(now)).toEqual([]);
});

test('the first CA of the list signs, and only with its own key', async () => {
  await store.issue({ name: 'board-1', sans: [] }, now);
  const [old, next] = [
    await readFile(join(store.dir, 'ca', 'ca.pem'), 'utf8'),
    await issueAuthority(now),
  ];
  await writeFile(join(store.dir, 'ca', 'ca-key.pem'), next.keyPem);
  await expect(store.renew(now)).rejects.toMatchObject({ facts: { rule: 'ca-key-mismatch' } });
  await writeFile(join(store.dir, 'ca', 'ca.pem'), next.certPem + old);
  await store.renew(now);
  const cert = await pem('board-1', 'current', 'cert.pem');
  expect(cert.verify(new X509Certificate(next.certPem).publicKey)).toBe(true);
});

test('the set in use and the one before it are kept, each whole', async () => {
  const serials: string[] = [];
  for (let version = 0; version < 4; version += 1)
    serials.push((await store.issue({ name: 'board-1', sans: [] }, now)).serial);
  const versions = join(store.dir, 'board-1', 'versions');
  expect((await readdir(versions)).sort()).toEqual(serials.slice(2).sort());
  for (const serial of serials.slice(2))
    expect(await readdir(join(versions, serial))).toEqual(['ca.pem', 'cert.pem', 'key.pem']);
});

test('a certificate never outlives its CA', async () => {
  const ca = await pem('ca', 'ca.pem');
  const { notAfter } = await store.issue({ name: 'board-1', sans: [] }, later(now, 3640 * DAY_MS));
  expect(notAfter).toBe(Date.parse(ca.validTo));
});

test.each(['ca', '', 'Board', '../x', 'a/b', '-a', 'a_b', 'x'.repeat(64)])(
  '"%s" is no name of a board',
  async (name) => {
    await expect(store.issue({ name, sans: [] }, now)).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    });
    expect(await readdir(store.dir)).toEqual(['ca']);
  },
);

test.each(['a b', '*', 'x, DNS:y', ''])('"%s" is no further name', async (san) => {
  await expect(store.issue({ name: 'board-1', sans: [san] }, now)).rejects.toMatchObject({
    code: 'INVALID_REQUEST',
  });
});

test('without a CA nothing is made', async () => {
  const empty = new CertificateStore(join(certificates.dir, 'empty'));
  await expect(empty.issue({ name: 'board-1', sans: [] }, now)).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
});
