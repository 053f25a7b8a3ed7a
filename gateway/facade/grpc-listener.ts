/** Listens for a gRPC server, so that its connections can be counted before it has them. */
import type { Server } from '@grpc/grpc-js';
import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import {
  createServer,
  isIP,
  type AddressInfo,
  type Server as NetServer,
  type Socket,
} from 'node:net';
import { withoutBrackets } from '#shared/process/loopback.ts';
import type { WatchedTls } from '#shared/process/watched-tls.ts';
import { serverCredentials } from './credentials.ts';
import type { HeldConnections } from './held-connections.ts';

export interface GrpcListenOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly tls: WatchedTls | undefined;
  readonly connections: HeldConnections;
}

export interface GrpcListener {
  readonly port: number;
  /** Takes no new connections. */
  close(): void;
}

/**
 * On every address of the host, as far as they can be had.
 * @throws as `listen` does, when none can: the port is taken, or the address is none of this machine
 */
export async function listenForGrpc(
  server: Server,
  options: GrpcListenOptions,
): Promise<GrpcListener> {
  const { tls, connections } = options;
  const injector = server.createConnectionInjector(serverCredentials(tls));
  const take = (socket: Socket): void => {
    // The server reports what a connection fails with; a reset before it has it would end the process.
    socket.on('error', () => undefined);
    connections.add(socket);
    if (!socket.destroyed) injector.injectConnection(socket);
  };
  const host = withoutBrackets(options.host);
  const addresses = isIP(host) ? [host] : (await lookup(host, { all: true })).map(addressOf);
  const listeners: NetServer[] = [];
  const refusals: unknown[] = [];
  let { port } = options;
  for (const address of addresses) {
    try {
      const listener = await listenAt(address, port, take);
      port = (listener.address() as AddressInfo).port;
      listeners.push(listener);
    } catch (thrown) {
      refusals.push(thrown);
    }
  }
  if (listeners.length === 0) throw refusals[0];
  return { port, close: () => listeners.forEach((listener) => listener.close()) };
}

const addressOf = ({ address }: LookupAddress): string => address;

async function listenAt(
  host: string,
  port: number,
  take: (socket: Socket) => void,
): Promise<NetServer> {
  const listener = createServer({ noDelay: true }, take).listen({ host, port });
  await once(listener, 'listening');
  return listener;
}
