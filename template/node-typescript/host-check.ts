/**
 * Whether a request names a host that this server is known by. A page that lets its own name resolve
 * to this machine (DNS rebinding) sends that name; a server that answers it hands its data to the page.
 */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

const AUTHORITY = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i;
const ABSOLUTE_TARGET = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i;

/** Names and addresses in lower case, IPv6 without brackets, without a port. */
export type HostNames = ReadonlySet<string>;

/**
 * @param names known beside the names and addresses of loopback and the address that the connection
 *   came in at, which no other site's page can have as its name
 * @returns false too where there is no `Host`, or more than one
 */
export function isAllowedHost(request: IncomingMessage, names: HostNames): boolean {
  if (countOf(request.rawHeaders, 'host') !== 1) return false;
  const { url = '', headers } = request;
  const ofTarget = url.startsWith('/') ? undefined : ABSOLUTE_TARGET.exec(url)?.[1];
  return (
    isOurs(headers.host ?? '', request, names) &&
    (ofTarget === undefined || isOurs(ofTarget, request, names))
  );
}

function isOurs(authority: string, { socket }: IncomingMessage, names: HostNames): boolean {
  const host = hostIn(authority);
  if (host === undefined) return false;
  return (
    isLoopbackName(host) || names.has(host) || host === withoutMapping(socket.localAddress ?? '')
  );
}

/** @param headers name and value in turns, as they came */
function countOf(headers: readonly string[], name: string): number {
  let count = 0;
  for (let i = 0; i < headers.length; i += 2)
    if (headers[i]?.length === name.length && headers[i]?.toLowerCase() === name) count += 1;
  return count;
}

/** Whether the connection came from this machine, as a browser's on it does. */
export function cameByLoopback({ socket }: IncomingMessage): boolean {
  return isLoopbackAddress(socket.localAddress ?? '');
}

/** @param text names and addresses, separated by comma; undefined for what is none */
export function hostNames(text: string): HostNames | undefined {
  const hosts = text.split(',').map((name) => hostOf(bracketed(name.trim())));
  return hosts.every((host) => host !== undefined) ? new Set(hosts) : undefined;
}

/** `Board.local.:8080` → `board.local`, `[::1]:8080` → `::1`; undefined where it is no authority. */
function hostOf(authority: string): string | undefined {
  const [, address, name] = AUTHORITY.exec(authority) ?? [];
  if (address !== undefined) return isIP(address) === 6 ? address.toLowerCase() : undefined;
  return name?.toLowerCase().replace(/\.$/, '') || undefined;
}

function isLoopbackHost(host: string): boolean {
  const version = isIP(host);
  if (version === 0) return host === 'localhost';
  return loopback.check(host, version === 4 ? 'ipv4' : 'ipv6');
}

/** Requests mostly name the host that the one before named, and a block list makes an object for each check. */
const hostIn = lastOf(hostOf);
const isLoopbackName = lastOf(isLoopbackHost);
const isLoopbackAddress = lastOf((address) => isLoopbackHost(withoutMapping(address)));

/** The same function, which remembers its last answer. */
function lastOf<T>(answer: (text: string) => T): (text: string) => T {
  let last: { readonly text: string; readonly answer: T } | undefined;
  return (text) => (last?.text === text ? last : (last = { text, answer: answer(text) })).answer;
}

function bracketed(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}

/** An IPv4 connection at a socket of IPv6. */
function withoutMapping(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}
