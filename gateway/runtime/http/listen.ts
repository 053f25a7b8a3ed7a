/** A server on a port that the operator may choose, and its end. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerMalformedRequests } from './malformed-requests.ts';
import { Failure } from '#shared/kernel/failure.ts';

export interface ListenOptions {
  readonly address: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** The setting to change when the port is taken. */
  readonly portSetting: string;
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
  const server = createServer(handler);
  answerMalformedRequests(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(refusalOf(cause, options)));
    server.listen(port, address, resolve);
  });
  const taken = (server.address() as AddressInfo).port;
  return {
    port: taken,
    url: `http://${hostText(address)}:${taken}`,
    close: (graceMs) => drain(server, graceMs),
  };
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
