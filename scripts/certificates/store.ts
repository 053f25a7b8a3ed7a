/**
 * The folder with the CA and the boards:
 *
 *     ca/ca.pem, ca/ca-key.pem              the CA that signs; ca.pem may list further trusted ones
 *     <board>/versions/<serial>/            cert.pem, key.pem, ca.pem: a set that fits
 *     <board>/current → versions/<serial>   swapped in one step, so no reader meets half a set
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdir, open, readdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { isIP } from 'node:net';
import { basename, join } from 'node:path';
import { Failure, notFound, refused } from '#shared/kernel/failure.ts';
import { instantOf, type Instant } from '#shared/kernel/instant.ts';
import { issueAuthority, issueLeaf, type LeafPreferences, type PemPair } from './issue.ts';

export interface BoardCertificate {
  readonly name: string;
  readonly serial: string;
  readonly sans: readonly string[];
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  /** Two thirds of its life are over, or the CAs to trust have changed. */
  readonly isDue: boolean;
}

export class CertificateStore {
  readonly dir: string;

  constructor(dir: string) {
    this.dir = dir;
  }

  /** @throws Failure REFUSED ca-exists: every board would lose the others' trust */
  async createAuthority(now: Instant): Promise<X509Certificate> {
    const { certPem, keyPem } = await issueAuthority(now);
    await mkdir(this.dir, { recursive: true, mode: 0o700 });
    const draft = join(this.dir, `.ca-${process.pid}`);
    await writeSet(draft, { 'ca.pem': certPem, 'ca-key.pem': keyPem });
    try {
      await rename(draft, join(this.dir, 'ca'));
    } catch {
      await rm(draft, { recursive: true });
      throw refused('ca-exists', `${join(this.dir, 'ca')} is there already; it was left alone.`);
    }
    await syncFolder(this.dir);
    return new X509Certificate(certPem);
  }

  async authority(): Promise<X509Certificate> {
    return new X509Certificate((await this.readAuthority()).certPem);
  }

  /** Makes a board's certificate, or the next one. */
  async issue(preferences: LeafPreferences, now: Instant): Promise<BoardCertificate> {
    requireNames(preferences);
    const ca = await this.readAuthority();
    const { certPem, keyPem } = await issueLeaf(ca, preferences, now);
    const serial = new X509Certificate(certPem).serialNumber.toLowerCase();
    const board = join(this.dir, preferences.name);
    const versions = join(board, 'versions');
    await mkdir(versions, { recursive: true, mode: 0o700 });
    const draft = join(versions, `.${serial}`);
    await writeSet(draft, { 'cert.pem': certPem, 'key.pem': keyPem, 'ca.pem': ca.certPem });
    await rename(draft, join(versions, serial));
    await syncFolder(versions);
    await this.makeCurrent(board, serial);
    return this.board(preferences.name, now);
  }

  /** Issues what is due again, under the same names. @returns what was renewed */
  async renew(now: Instant, all = false): Promise<BoardCertificate[]> {
    const due = (await this.boards(now)).filter((board) => all || board.isDue);
    const renewed: BoardCertificate[] = [];
    for (const { name, sans } of due) renewed.push(await this.issue({ name, sans }, now));
    return renewed;
  }

  /** @throws Failure NOT_FOUND */
  async board(name: string, now: Instant): Promise<BoardCertificate> {
    const read = (file: string) => readFile(join(this.dir, name, 'current', file), 'utf8');
    const [certPem, trusted] = await Promise.all([read('cert.pem'), read('ca.pem')]).catch(() => {
      throw notFound('board', name);
    });
    const cert = new X509Certificate(certPem);
    const notBefore = instantOf(Date.parse(cert.validFrom));
    const notAfter = instantOf(Date.parse(cert.validTo));
    const isOld = now >= notBefore + ((notAfter - notBefore) * 2) / 3;
    const isDue = isOld || trusted !== (await this.readAuthority()).certPem;
    const serial = cert.serialNumber.toLowerCase();
    return { name, serial, sans: sansOf(cert), notBefore, notAfter, isDue };
  }

  async boards(now: Instant): Promise<BoardCertificate[]> {
    const entries = await readdir(this.dir, { withFileTypes: true }).catch(() => []);
    const names = entries
      .filter((entry) => entry.isDirectory() && entry.name !== 'ca' && !entry.name.startsWith('.'))
      .map((entry) => entry.name)
      .sort();
    return Promise.all(names.map((name) => this.board(name, now)));
  }

  /** @throws Failure NOT_FOUND; REFUSED ca-key-mismatch when the first CA has another key */
  private async readAuthority(): Promise<PemPair> {
    const read = (file: string) => readFile(join(this.dir, 'ca', file), 'utf8');
    const pair = await Promise.all([read('ca.pem'), read('ca-key.pem')]).catch((cause: unknown) => {
      const hint = 'make one with `npm run certificates -- ca`, or bring the medium it lies on';
      throw new Failure('NOT_FOUND', `There is no CA in ${this.dir}; ${hint}.`, {}, cause);
    });
    const [certPem, keyPem] = pair;
    if (!new X509Certificate(certPem).checkPrivateKey(createPrivateKey(keyPem)))
      throw refused('ca-key-mismatch', 'ca-key.pem is not the key of the first CA in ca.pem.');
    return { certPem, keyPem };
  }

  /** Keeps the set before it, for processes that are reading it now. */
  private async makeCurrent(board: string, serial: string): Promise<void> {
    const current = join(board, 'current');
    const before = await readlink(current).catch(() => undefined);
    const draft = join(board, `.current-${serial}`);
    await symlink(join('versions', serial), draft);
    await rename(draft, current);
    await syncFolder(board);
    const kept = new Set([serial, before === undefined ? serial : basename(before)]);
    const versions = join(board, 'versions');
    for (const old of await readdir(versions))
      if (!kept.has(old)) await rm(join(versions, old), { recursive: true, force: true });
  }
}

/** @throws Failure INVALID_REQUEST */
function requireNames({ name, sans }: LeafPreferences): void {
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name) || name === 'ca')
    throw new Failure('INVALID_REQUEST', `"${name}" is no board: a-z, 0-9 and - within, not "ca".`);
  const wrong = sans.find(
    (san) => isIP(san) === 0 && !/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(san),
  );
  if (wrong !== undefined)
    throw new Failure('INVALID_REQUEST', `"${wrong}" is neither a host name nor an IP address.`);
}

/** `DNS:board-1, IP Address:10.0.0.2` → `board-1`, `10.0.0.2` */
function sansOf(cert: X509Certificate): string[] {
  return (cert.subjectAltName ?? '')
    .split(', ')
    .map((entry) => entry.replace(/^(DNS|IP Address):/, ''))
    .filter((san) => san !== '');
}

/** Whole and on the disk before anything points to it; for the owner's eyes only. */
async function writeSet(dir: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(dir, { mode: 0o700 });
  for (const [name, text] of Object.entries(files)) {
    const file = await open(join(dir, name), 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
  }
  await syncFolder(dir);
}

async function syncFolder(dir: string): Promise<void> {
  const folder = await open(dir, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
