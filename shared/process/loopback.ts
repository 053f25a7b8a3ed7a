/** Loopback addresses. */
import { BlockList, isIP } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** @param host a name or an address, IPv6 with or without its brackets */
export function isLoopback(host: string): boolean {
  const bare = withoutBrackets(host);
  const version = isIP(bare);
  if (version === 0) return bare.toLowerCase() === 'localhost';
  return loopback.check(bare, version === 4 ? 'ipv4' : 'ipv6');
}

/** `::1` and 50051 → `[::1]:50051`, as gRPC takes an address to listen on. */
export function hostPort(host: string, port: number): string {
  const bare = withoutBrackets(host);
  return isIP(bare) === 6 ? `[${bare}]:${port}` : `${bare}:${port}`;
}

export function withoutBrackets(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}
