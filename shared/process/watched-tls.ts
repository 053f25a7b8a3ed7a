/**
 * A board's TLS files, watched while the process runs: new connections use the newest complete set.
 * Open connections are not touched, so a rotation fails no call.
 */
import { rootCertificates } from 'node:tls';
import type { experimental } from '@grpc/grpc-js';
import { Failure } from '#shared/kernel/failure.ts';
import { DAY_MS, instantOf, isoText, SECOND_MS, type Instant } from '#shared/kernel/instant.ts';
import type { Log } from './log.ts';
import {
  hasTheFiles,
  validateTls,
  readTls,
  type ReadTls,
  type TlsMaterial,
} from './tls-material.ts';
import { tlsSettingOf, type TlsFiles } from './tls-settings.ts';

export interface WatchOptions {
  readonly log: Log;
  readonly now?: () => Instant;
  /** How often the files are read again. They are small and cached: cheaper than missed events. */
  readonly everyMs?: number;
}

type CaListener = experimental.CaCertificateUpdateListener;
type IdentityListener = experimental.IdentityCertificateUpdateListener;

const EXPIRY_NOTICE_MS = 14 * DAY_MS;
const EVERY_MS = 10 * SECOND_MS;

/**
 * grpc-js has a file-watching provider of its own, but it uses whatever it reads: between the new
 * certificate and its key, or with a missing file, it would fail every connection.
 */
export class WatchedTls implements experimental.CertificateProvider {
  private readonly files: TlsFiles;
  private readonly log: Log;
  private readonly now: () => Instant;
  private readonly timer: NodeJS.Timeout;
  private readonly caListeners = new Set<CaListener>();
  private readonly identityListeners = new Set<IdentityListener>();
  private taken: TlsMaterial;
  private reading: Promise<void> | undefined;
  private complaint: string | undefined;
  private remindedAt: Instant | undefined;

  /** @throws Failure INVALID_REQUEST, naming settings and files, if they are unusable now */
  static async open(files: TlsFiles, options: WatchOptions): Promise<WatchedTls> {
    const now = options.now ?? wallClock;
    const read = await readTls(files);
    return new WatchedTls(files, options, now, validateTls(files, read, now()));
  }

  private constructor(
    files: TlsFiles,
    { log, everyMs = EVERY_MS }: WatchOptions,
    now: () => Instant,
    taken: TlsMaterial,
  ) {
    this.files = files;
    this.log = log;
    this.now = now;
    this.taken = taken;
    if (taken.notBefore > now()) this.warnOnce(notYet(taken));
    this.remind();
    this.timer = setInterval(() => void this.refresh(), everyMs);
    this.timer.unref();
  }

  get current(): TlsMaterial {
    return this.taken;
  }

  /** With a CA, callers must show a certificate. */
  get demandsClientCertificate(): boolean {
    return this.files.ca !== undefined;
  }

  /** Reads the files now; if they are broken or do not match, the old ones stay in use. */
  refresh(): Promise<void> {
    this.reading ??= this.read().finally(() => (this.reading = undefined));
    return this.reading;
  }

  close(): void {
    clearInterval(this.timer);
    this.caListeners.clear();
    this.identityListeners.clear();
  }

  addCaCertificateListener(listener: CaListener): void {
    this.caListeners.add(listener);
    process.nextTick(() => this.caListeners.has(listener) && listener(this.caUpdate()));
  }

  removeCaCertificateListener(listener: CaListener): void {
    this.caListeners.delete(listener);
  }

  addIdentityCertificateListener(listener: IdentityListener): void {
    this.identityListeners.add(listener);
    process.nextTick(() => this.identityListeners.has(listener) && listener(this.identity()));
  }

  removeIdentityCertificateListener(listener: IdentityListener): void {
    this.identityListeners.delete(listener);
  }

  private async read(): Promise<void> {
    const read = await readTls(this.files);
    if (hasTheFiles(this.taken, read)) this.complaint = undefined;
    else this.consider(read);
    this.remind();
  }

  private consider(read: ReadTls): void {
    try {
      const found = validateTls(this.files, read, this.now());
      if (found.notBefore > this.now()) this.warnOnce(notYet(found));
      else this.take(found);
    } catch (thrown) {
      this.warnOnce(Failure.from(thrown).message);
    }
  }

  private take(found: TlsMaterial): void {
    this.taken = found;
    this.complaint = undefined;
    this.remindedAt = undefined;
    for (const listener of this.identityListeners) listener(this.identity());
    for (const listener of this.caListeners) listener(this.caUpdate());
    const { serial, notAfter } = found;
    this.log.info('tls-files-reloaded', { serial, notAfter: isoText(notAfter) });
  }

  /** The same error is reported once, not at every poll. */
  private warnOnce(complaint: string): void {
    if (complaint === this.complaint) return;
    this.complaint = complaint;
    this.log.warn('tls-files-refused', { complaint, keptSerial: this.taken.serial });
  }

  /** At the start and then once a day, from 14 days before the end. */
  private remind(): void {
    const now = this.now();
    if (this.remindedAt !== undefined && now - this.remindedAt < DAY_MS) return;
    const { notAfter, caNotAfter } = this.taken;
    const ends = { cert: notAfter, ...(caNotAfter !== undefined && { ca: caNotAfter }) };
    for (const [part, end] of Object.entries(ends) as ['cert' | 'ca', Instant][]) {
      if (end - now > EXPIRY_NOTICE_MS) continue;
      this.remindedAt = now;
      const daysLeft = Math.floor((end - now) / DAY_MS);
      const facts = { setting: tlsSettingOf[part], file: this.files[part], daysLeft };
      this.log.warn('certificate-expiring', { ...facts, notAfter: isoText(end) });
    }
  }

  private identity(): experimental.IdentityCertificateUpdate {
    return { certificate: this.taken.cert, privateKey: this.taken.key };
  }

  /** A client without a CA of its own uses the machine's trust store. */
  private caUpdate(): experimental.CaCertificateUpdate {
    return { caCertificate: this.taken.ca ?? Buffer.from(rootCertificates.join('\n')) };
  }
}

function wallClock(): Instant {
  return instantOf(Date.now());
}

function notYet({ serial, notBefore }: TlsMaterial): string {
  return `certificate ${serial} is not valid before ${isoText(notBefore)}; is the clock right?`;
}
