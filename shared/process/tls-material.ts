/** Certificate, key and CA as read from their files, and verified to match. */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { invalidRequest, type FieldViolation } from '#shared/kernel/failure.ts';
import { instantOf, isoText, type Instant } from '#shared/kernel/instant.ts';
import { tlsSettingOf, type TlsFiles } from './tls-settings.ts';

export interface TlsMaterial {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca: Buffer | undefined;
  /** Hexadecimal, of the board's own certificate. */
  readonly serial: string;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  /** When the last CA of the bundle ends. */
  readonly caNotAfter: Instant | undefined;
}

type Part = keyof TlsFiles;
type Complain = (part: Part, message: string) => undefined;

/** A file's content, or why it could not be read. */
type ReadPart = Buffer | NodeJS.ErrnoException;

export interface ReadTls {
  readonly cert: ReadPart;
  readonly key: ReadPart;
  readonly ca: ReadPart | undefined;
}

export async function readTls(files: TlsFiles): Promise<ReadTls> {
  const [cert, key, ca] = await Promise.all([
    readPart(files.cert),
    readPart(files.key),
    files.ca === undefined ? undefined : readPart(files.ca),
  ]);
  return { cert, key, ca };
}

function readPart(path: string): Promise<ReadPart> {
  return readFile(path).catch((cause: NodeJS.ErrnoException) => cause);
}

export function hasTheFiles(material: TlsMaterial, { cert, key, ca }: ReadTls): boolean {
  const same = (kept: Buffer | undefined, read: ReadPart | undefined): boolean =>
    kept && Buffer.isBuffer(read) ? kept.equals(read) : kept === read;
  return same(material.cert, cert) && same(material.key, key) && same(material.ca, ca);
}

/**
 * Validates all files together. A certificate that is not valid yet passes: a board without a
 * battery-backed clock boots in the past, until it has synchronised its clock.
 * @throws Failure INVALID_REQUEST with every complaint, each naming the setting and the file
 */
export function validateTls(files: TlsFiles, read: ReadTls, now: Instant): TlsMaterial {
  const complaints: FieldViolation[] = [];
  const complain: Complain = (part, message) =>
    void complaints.push({ field: tlsSettingOf[part], message: `${files[part]} ${message}` });
  const material = validate(read, now, complain);
  // What OpenSSL would reject later, such as a weak key, is rejected here.
  if (material && complaints.length === 0) tryOut(material, complain);
  if (complaints.length > 0 || !material) throw invalidRequest(...complaints);
  return material;
}

function validate(read: ReadTls, now: Instant, complain: Complain): TlsMaterial | undefined {
  const chain = certificatesOf('cert', read.cert, complain);
  const key = keyOf(read.key, complain);
  const authorities = read.ca === undefined ? [] : certificatesOf('ca', read.ca, complain);
  const [own] = chain;
  if (own && key && !own.checkPrivateKey(key)) complain('key', 'does not fit the certificate');
  if (own && endOf(own) <= now) complain('cert', `expired on ${isoText(endOf(own))}`);
  const caNotAfter = lastEnd(authorities);
  if (caNotAfter !== undefined && caNotAfter <= now)
    complain('ca', `expired on ${isoText(caNotAfter)}`);
  for (const one of authorities)
    if (!one.ca) complain('ca', `holds ${nameOf(one)}, which is no certificate authority`);
  if (!own || !key || !Buffer.isBuffer(read.cert) || !Buffer.isBuffer(read.key)) return undefined;
  const ca = Buffer.isBuffer(read.ca) ? read.ca : undefined;
  const notBefore = instantOf(Date.parse(own.validFrom));
  const material = { cert: read.cert, key: read.key, ca, serial: own.serialNumber, notBefore };
  return { ...material, notAfter: endOf(own), caNotAfter };
}

/** Every certificate of a PEM file; none, with a complaint, if one of them is broken. */
function certificatesOf(part: Part, read: ReadPart, complain: Complain): X509Certificate[] {
  if (!Buffer.isBuffer(read)) return complain(part, `cannot be read (${read.code})`) ?? [];
  const text = read.toString('latin1');
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const begun = text.split('-----BEGIN').length - 1;
  if (blocks.length === 0 || blocks.length !== begun)
    return complain(part, 'is no PEM certificate, or only a part of one') ?? [];
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    return complain(part, 'holds a certificate that does not parse') ?? [];
  }
}

function keyOf(read: ReadPart, complain: Complain): KeyObject | undefined {
  if (!Buffer.isBuffer(read)) return complain('key', `cannot be read (${read.code})`);
  try {
    return createPrivateKey(read);
  } catch {
    // The cause is dropped, since it may quote the file, which is secret.
    return complain('key', 'is no PEM private key without a passphrase, or only a part of one');
  }
}

function tryOut({ cert, key, ca }: TlsMaterial, complain: Complain): void {
  try {
    createSecureContext({ cert, key, ...(ca && { ca }) });
  } catch (thrown) {
    complain('cert', `cannot be used: ${(thrown as Error).message}`);
  }
}

function nameOf({ subject }: X509Certificate): string {
  return subject.replaceAll('\n', ', ');
}

function endOf(certificate: X509Certificate): Instant {
  return instantOf(Date.parse(certificate.validTo));
}

function lastEnd(certificates: readonly X509Certificate[]): Instant | undefined {
  if (certificates.length === 0) return undefined;
  return instantOf(Math.max(...certificates.map(endOf)));
}
