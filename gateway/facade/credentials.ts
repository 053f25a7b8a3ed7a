/** With what the facade's ports prove who they are, and whom they let in. */
import { ServerCredentials } from '@grpc/grpc-js';

/** Plain text: for this machine only. */
export function serverCredentials(): ServerCredentials {
  return ServerCredentials.createInsecure();
}
