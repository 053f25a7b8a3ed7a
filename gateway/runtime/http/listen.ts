/** Starts and stops a server on a configurable port. */
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Failure } from '#shared/kernel/failure.ts';
import type { WatchedTls } from '#shared/process/watched-tls.ts';
import { limitConnections } from '#template/observe/connection-count.ts';
import { TLS_HANDSHAKE_MS, waitingLimits } from './connection-limits.ts';
import { answerMalformedRequests } from './malformed-requests.ts';
import { forKnownHosts } from './known-hosts.ts';

export interface ListenOptions {
  readonly address: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** The setting to change when the port is taken. */
  readonly portSetting: string;
  /** Names by which callers may call, beside loopback, `gateway` and the address listened on. */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Absent: plain HTTP. Closed by its owner. */
  readonly tls?: WatchedTls | undefined;
}

export interface Listener {
  readonly port: number;
  readonly url: string;
  /** Takes no new calls, lets running ones end for so long, then cuts them. */
  close(graceMs: number): Promise<void>;
}

/** @throws Failure REFUSED (`port-in-use`, `cannot-listen`) */
export async function listen(handler: RequestListener, options: ListenOptions): Promise<Listener> {
  const { address, port } = options;
  const server = serverOf(forKnownHosts(handler, options), options.tls);
  limitConnections(server);
  answerMalformedRequests(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(refusalOf(cause, options)));
    server.listen(port, address, resolve);
  });
  const taken = (server.address() as AddressInfo).port;
  return {
    port: taken,
    url: `${options.tls ? 'https' : 'http'}://${hostText(address)}:${taken}`,
    close: (graceMs) => drain(server, graceMs),
  };
}

function serverOf(handler: RequestListener, tls: WatchedTls | undefined): Server {
  if (!tls) return createServer(waitingLimits, handler);
  const context = () => ({ cert: tls.current.cert, key: tls.current.key });
  const once = { handshakeTimeout: TLS_HANDSHAKE_MS, minVersion: 'TLSv1.2' } as const;
  const server = createTlsServer({ ...waitingLimits, ...once, ...context() }, handler);
  // New connections are shown the newest certificate; standing ones go on.
  const renew = (): void => server.setSecureContext({ ...context(), minVersion: 'TLSv1.2' });
  tls.addIdentityCertificateListener(renew);
  server.once('close', () => tls.removeIdentityCertificateListener(renew));
  return server;
}

function refusalOf(
  cause: NodeJS.ErrnoException,
  { address, port, portSetting }: ListenOptions,
): Failure {
  if (cause.code === 'EADDRINUSE')
    return new Failure(
      'REFUSED',
      `${portSetting}: port ${port} is taken; name another one, or 0 for a free one.`,
      { rule: 'port-in-use', port },
      cause,
    );
  return new Failure(
    'REFUSED',
    `GATEWAY_HOST, ${portSetting}: cannot listen on ${address}:${port} (${cause.code}).`,
    { rule: 'cannot-listen', port },
    cause,
  );
}

async function drain(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(timer);
}

/** A gateway that listens everywhere is reached from here on the loopback address. */
function hostText(address: string): string {
  if (address === '0.0.0.0' || address === '::') return '127.0.0.1';
  return address.includes(':') ? `[${address}]` : address;
}
