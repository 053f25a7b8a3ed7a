/** How long a connection of the gateway may wait; how many there may be says the template. */
import type { ServerOptions } from 'node:http';

export const waitingLimits: ServerOptions = {
  // Time for the largest body over a slow line; a request that takes longer is answered 408.
  requestTimeout: 60_000,
  // Counts from the connection too, so that one without any request ends as well.
  headersTimeout: 10_000,
  // Longer than our clients keep an idle connection, so that none calls over a closing one.
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 2_000,
};

export const TLS_HANDSHAKE_MS = 10_000;
