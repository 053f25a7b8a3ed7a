/**
 * How many connections a facade holds. Beyond the limit the one that has been idle longest is closed, so that
 * the new one is served; connections with a call that is being answered are kept. The gateway does the same.
 */
import type { Socket } from 'node:net';

export interface ConnectionLimits {
  readonly all: number;
  readonly ofAddress: number;
}

const LIMITS: ConnectionLimits = { all: 1_024, ofAddress: 512 };

interface Held {
  readonly socket: Socket;
  readonly address: string;
  /** Calls whose request has arrived whole. */
  calls: number;
}

export class HeldConnections {
  private readonly limits: ConnectionLimits;
  /** Longest idle first. */
  private readonly held = new Set<Held>();
  /** A port of a peer may be connected to several of ours. */
  private readonly byPeer = new Map<string, readonly Held[]>();
  private readonly perAddress = new Map<string, number>();

  constructor(limits: ConnectionLimits = LIMITS) {
    this.limits = limits;
  }

  add(socket: Socket): void {
    const { remoteAddress: address = '', remotePort } = socket;
    const peer = `${address}:${remotePort}`;
    const own: Held = { socket, address, calls: 0 };
    this.held.add(own);
    this.byPeer.set(peer, [...(this.byPeer.get(peer) ?? []), own]);
    this.count(address, 1);
    socket.once('close', () => {
      this.held.delete(own);
      const others = (this.byPeer.get(peer) ?? []).filter((one) => one !== own);
      if (others.length > 0) this.byPeer.set(peer, others);
      else this.byPeer.delete(peer);
      this.count(address, -1);
    });
    if ((this.perAddress.get(address) ?? 0) > this.limits.ofAddress) this.closeOldest(own, address);
    else if (this.held.size > this.limits.all) this.closeOldest(own, undefined);
  }

  /** @param peer as gRPC names it, `address:port` @returns ends it */
  begin(peer: string): () => void {
    const busy = this.byPeer.get(peer) ?? [];
    for (const one of busy) one.calls += 1;
    return () => {
      for (const one of busy) this.endOf(one);
    };
  }

  closeAll(): void {
    for (const { socket } of this.held) socket.destroy();
  }

  private endOf(one: Held): void {
    one.calls -= 1;
    if (one.calls > 0 || !this.held.delete(one)) return;
    this.held.add(one);
  }

  private count(address: string, by: number): void {
    const left = (this.perAddress.get(address) ?? 0) + by;
    if (left === 0) this.perAddress.delete(address);
    else this.perAddress.set(address, left);
  }

  /** Closes the connection that has been idle longest; the new one where all others are busy. */
  private closeOldest(newest: Held, address: string | undefined): void {
    for (const one of this.held) {
      const isCandidate = one === newest || address === undefined || one.address === address;
      if (!isCandidate || one.calls > 0) continue;
      this.held.delete(one);
      one.socket.destroy();
      return;
    }
  }
}
