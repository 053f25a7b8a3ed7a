/** The facade's server credentials, and which clients they admit. */
import { experimental, ServerCredentials } from '@grpc/grpc-js';
import { invalidRequest } from '#shared/kernel/failure.ts';
import { hostComplaints } from '#shared/process/tls-settings.ts';
import type { WatchedTls } from '#shared/process/watched-tls.ts';

/**
 * New connections use new certificates; existing ones continue. With a CA, a caller without a valid certificate of it
 * is rejected during the handshake.
 * @param tls undefined: plain text, for this machine only
 */
export function serverCredentials(tls: WatchedTls | undefined): ServerCredentials {
  if (!tls) return ServerCredentials.createInsecure();
  // The first is asked for the server's own certificate, the second for the CA of its callers.
  const callersCa = tls.demandsClientCertificate ? tls : null;
  return experimental.createCertificateProviderServerCredentials(
    tls,
    callersCa,
    callersCa !== null,
  );
}

/**
 * @param isGuarded by TLS, or by a container's port on loopback
 * @throws Failure INVALID_REQUEST naming GRPC_HOST, if plain text would leave the machine
 */
export function requireSafeHost(host: string, isGuarded: boolean): void {
  const complaints = hostComplaints(host, isGuarded);
  if (complaints.length > 0) throw invalidRequest(...complaints);
}
