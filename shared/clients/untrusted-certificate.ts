/** A TLS handshake that failed for the other side's certificate, in words that say what to do. */

const UNKNOWN_ISSUER = 'set NODE_EXTRA_CA_CERTS to the PEM file of its CA';
const BY_CODE: Readonly<Record<string, string>> = {
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_ISSUER,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_ISSUER,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_ISSUER,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_ISSUER,
  CERT_HAS_EXPIRED: 'it has expired: renew it, or check the clock of this machine',
  CERT_NOT_YET_VALID: 'it is not valid yet: check the clock of this machine',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'it is for other names: issue it with this one, or call it by one of its own',
};

/**
 * @param cause the socket error
 * @param address base address that was called
 * @returns undefined where the failure is none of the certificate
 */
export function untrustedText(cause: unknown, address: string): string | undefined {
  const { code = '' } = (cause ?? {}) as NodeJS.ErrnoException;
  const remedy = BY_CODE[code];
  return remedy && `The certificate of ${address} is not trusted (${code}): ${remedy}.`;
}
