/** Certificates of our own CA: EC P-256, X.509 v3, PEM. Time is an argument. */
import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';
import { DAY_MS, type Instant } from '#shared/kernel/instant.ts';

export interface PemPair {
  readonly certPem: string;
  readonly keyPem: string;
}

export interface LeafPreferences {
  readonly name: string;
  /** Further DNS names and IP addresses under which the board is called. */
  readonly sans: readonly string[];
  readonly lifetimeMs?: number;
  /** Both by default: a board serves, and calls the other boards. */
  readonly uses?: readonly ('server' | 'client')[];
}

const CA_LIFETIME_MS = 3652 * DAY_MS;
const LEAF_LIFETIME_MS = 60 * DAY_MS;
/** A board whose clock is a little behind must not take a new certificate for one of tomorrow. */
const CLOCK_SLACK_MS = DAY_MS;
const KEYS = { name: 'ECDSA', namedCurve: 'P-256' };
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' };
const ORGANISATION = 'O=Arduino Trader';
const SIGNS_CERTIFICATES = x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign;

/** A root that signs leaves and nothing below them. */
export async function issueAuthority(now: Instant): Promise<PemPair> {
  const keys = await webcrypto.subtle.generateKey(KEYS, true, ['sign', 'verify']);
  const serialNumber = newSerial();
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber,
    // Two CAs must not bear one name while boards trust both.
    name: `CN=Arduino Trader CA ${serialNumber.slice(0, 8)}, ${ORGANISATION}`,
    notBefore: new Date(now - CLOCK_SLACK_MS),
    notAfter: new Date(now + CA_LIFETIME_MS),
    keys,
    signingAlgorithm: SIGNATURE,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(SIGNS_CERTIFICATES, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certPem: pemOf(cert), keyPem: await keyPemOf(keys.privateKey) };
}

/** A board's certificate with a new key; it never outlives its CA. */
export async function issueLeaf(
  ca: PemPair,
  preferences: LeafPreferences,
  now: Instant,
): Promise<PemPair> {
  const issuer = new x509.X509Certificate(ca.certPem);
  const keys = await webcrypto.subtle.generateKey(KEYS, true, ['sign', 'verify']);
  const { name, sans, lifetimeMs = LEAF_LIFETIME_MS, uses = ['server', 'client'] } = preferences;
  const names = [...new Set([name, 'localhost', '127.0.0.1', ...sans])];
  const notAfter = Math.min(now + lifetimeMs, issuer.notAfter.getTime());
  const cert = await x509.X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: `CN=${name}, ${ORGANISATION}`,
    issuer: issuer.subject,
    notBefore: new Date(Math.min(now, notAfter) - CLOCK_SLACK_MS),
    notAfter: new Date(notAfter),
    signingKey: await importKey(ca.keyPem),
    publicKey: keys.publicKey,
    signingAlgorithm: SIGNATURE,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(uses.map((use) => x509.ExtendedKeyUsage[`${use}Auth`])),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value })),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certPem: pemOf(cert), keyPem: await keyPemOf(keys.privateKey) };
}

/** 127 random bits, so that it is positive and never comes twice. */
function newSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

function pemOf(cert: x509.X509Certificate): string {
  return `${cert.toString('pem').trimEnd()}\n`;
}

async function keyPemOf(key: webcrypto.CryptoKey): Promise<string> {
  const der = await webcrypto.subtle.exportKey('pkcs8', key);
  return `${x509.PemConverter.encode(der, 'PRIVATE KEY').trimEnd()}\n`;
}

function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const [der = new ArrayBuffer(0)] = x509.PemConverter.decode(pem);
  return webcrypto.subtle.importKey('pkcs8', der, KEYS, false, ['sign']);
}
