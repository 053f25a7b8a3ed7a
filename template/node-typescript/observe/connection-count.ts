/**
 * How many connections a server holds. Beyond the limit the oldest idle connection is closed, so
 * that the new one is served. Connections with a request in progress are kept.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface ConnectionCount {
  readonly all: number;
  readonly ofAddress: number;
}

const CONNECTIONS_MAX: ConnectionCount = { all: 1_024, ofAddress: 512 };

interface Held {
  readonly socket: Socket;
  readonly address: string;
  /** Its current request, until it is answered. */
  request?: IncomingMessage | undefined;
}

/** Longest idle first. */
type HeldConnections = Map<string, Held>;

export function limitConnections(server: Server, max = CONNECTIONS_MAX): void {
  const held: HeldConnections = new Map();
  const perAddress = new Map<string, number>();
  const count = (address: string, by: number): void => {
    const left = (perAddress.get(address) ?? 0) + by;
    if (left === 0) perAddress.delete(address);
    else perAddress.set(address, left);
  };
  server.on('connection', (socket: Socket) => {
    const { remoteAddress: address = '' } = socket;
    const key = keyOf(socket);
    held.set(key, { socket, address });
    count(address, 1);
    socket.once('close', () => {
      if (held.get(key)?.socket === socket) held.delete(key);
      count(address, -1);
    });
    const ofAddress = (perAddress.get(address) ?? 0) > max.ofAddress;
    if (ofAddress) closeOldest(held, key, address);
    else if (held.size > max.all) closeOldest(held, key, undefined);
  });
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) =>
    follow(held, request, response),
  );
}

function follow(held: HeldConnections, request: IncomingMessage, response: ServerResponse): void {
  const key = keyOf(request.socket);
  const one = held.get(key);
  if (!one) return;
  one.request = request;
  response.once('close', () => {
    if (held.get(key) !== one || one.request !== request) return;
    one.request = undefined;
    held.delete(key);
    held.set(key, one);
  });
}

/** Closes the connection that has been idle longest; the new one where all others are busy. */
function closeOldest(held: HeldConnections, newest: string, address: string | undefined): void {
  for (const [key, one] of held) {
    const isCandidate = key === newest || address === undefined || one.address === address;
    if (!isCandidate || (key !== newest && isWorkedOn(one))) continue;
    held.delete(key);
    one.socket.destroy();
    return;
  }
}

/** A request that has arrived whole; one that has not waits for its caller. */
function isWorkedOn({ request }: Held): boolean {
  return request?.complete === true;
}

/** Of a TLS connection the same as of the one below it. */
function keyOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress}:${remotePort}`;
}
