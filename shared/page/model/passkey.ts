/** A passkey: a key pair of which the browser's authenticator keeps the secret half. */
import type { Instant } from '#shared/kernel/instant.ts';
import type { Role } from './session.ts';

export interface Passkey {
  /** Of the credential, base64url. */
  readonly id: string;
  /** COSE, base64url. */
  readonly publicKey: string;
  /** How often the authenticator says it was used; 0 for ever where it does not count. */
  readonly counter: number;
  readonly transports: readonly string[];
  /** The host name it is for; a browser offers it nowhere else. */
  readonly host: string;
  /** What a session that it begins may do at most. */
  readonly role: Role;
  /** Browser and system it was added with. */
  readonly device: string;
  readonly addedAt: Instant;
  readonly usedAt?: Instant | undefined;
}

/** More than a household has. */
export const PASSKEYS_MAX = 20;

const IPV4 = /^\d+(\.\d+){3}$/;

/**
 * Whether browsers allow passkeys at an address: a name over TLS, or `localhost`; never a bare address
 * (W3C Web Authentication Level 3, 5.1.3: the RP id is a valid domain string).
 */
export function allowsPasskeys({ protocol, hostname }: URL): boolean {
  if (IPV4.test(hostname) || hostname.startsWith('[')) return false;
  return protocol === 'https:' || hostname === 'localhost' || hostname.endsWith('.localhost');
}
