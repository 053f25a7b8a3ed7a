/** Credentials of gRPC clients: their certificate, and the CAs they trust. */
import { credentials, experimental, type ChannelCredentials } from '@grpc/grpc-js';
import type { WatchedTls } from '#shared/process/watched-tls.ts';

/**
 * For the channels of a process; share one instance, so that channels to the same address share a
 * connection. New certificates are used from the next connection on, without failing a call. The
 * name or address that is dialled must be among the names in the server's certificate.
 * @param tls undefined: plain text, for loopback only
 */
export function channelCredentials(tls: WatchedTls | undefined): ChannelCredentials {
  if (!tls) return credentials.createInsecure();
  return experimental.createCertificateProviderChannelCredentials(tls, tls);
}
