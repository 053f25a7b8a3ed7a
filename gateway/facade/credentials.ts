/** With what the facade's ports prove who they are, and whom they let in. */
import { experimental, ServerCredentials } from '@grpc/grpc-js';
import { invalidRequest } from '#shared/kernel/failure.ts';
import { hostComplaints } from '#shared/process/tls-settings.ts';
import type { WatchedTls } from '#shared/process/watched-tls.ts';

/**
 * New certificates are taken up by the next connection; those that stand go on. With a CA, a caller
 * without a valid certificate of it is turned away while the connection is made.
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

/** @throws Failure INVALID_REQUEST naming GRPC_HOST, if plain text would leave the machine */
export function requireSafeHost(host: string, tls: WatchedTls | undefined): void {
  const complaints = hostComplaints(host, tls !== undefined);
  if (complaints.length > 0) throw invalidRequest(...complaints);
}
