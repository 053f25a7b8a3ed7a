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
  /** Which event made it idle, of all that did so. */
  idleSince: number;
}

/** By addresses and ports. */
type HeldConnections = Map<string, Held>;

let idleEvents = 0;

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
    held.set(key, { socket, address, idleSince: (idleEvents += 1) });
    count(address, 1);
    socket.once('close', () => {
      if (held.get(key)?.socket === socket) held.delete(key);
      count(address, -1);
    });
    const ofAddress = (perAddress.get(address) ?? 0) > max.ofAddress;
    if (ofAddress) closeOldest(held, key, address);
    else if (held.size > max.all) closeOldest(held, key, undefined);
  });
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    const one = bySocket.get(socket) ?? held.get(keyOf(socket));
    if (!one) return;
    bySocket.set(socket, one);
    one.request = request;
    response.on('close', answered);
  });
}

/** Of the socket that requests come from: with TLS it is another one than that of the connection. */
const bySocket = new WeakMap<Socket, Held>();

/** One function for all answers, as there is one for each call. */
function answered(this: ServerResponse): void {
  const one = bySocket.get(this.req.socket);
  if (one?.request !== this.req) return;
  one.request = undefined;
  one.idleSince = idleEvents += 1;
}

/** Closes the connection that has been idle longest; the new one where all others are busy. */
function closeOldest(held: HeldConnections, newest: string, address: string | undefined): void {
  let oldest = newest;
  let idleSince = Infinity;
  for (const [key, one] of held) {
    const isCandidate = address === undefined || one.address === address;
    if (!isCandidate || isWorkedOn(one) || one.idleSince >= idleSince) continue;
    oldest = key;
    ({ idleSince } = one);
  }
  held.get(oldest)?.socket.destroy();
  held.delete(oldest);
}

/** A request that has arrived whole; one that has not waits for its caller. */
function isWorkedOn({ request }: Held): boolean {
  return request?.complete === true;
}

/** Of a TLS connection the same as of the one below it. */
function keyOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress}:${remotePort}`;
}
