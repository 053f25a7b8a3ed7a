/** Answers only requests whose `Host` is one of ours; what others send is refused unread. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { isAllowedHost } from '#template/host-check.ts';
import { nameRequest } from './call-headers.ts';

/** By this name faasd and Kubernetes know it, and callback addresses call it. */
const GATEWAY_NAME = 'gateway';
const EVERY_ADDRESS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

interface KnownHosts {
  readonly address: string;
  readonly allowedHosts?: readonly string[] | undefined;
}

export function forKnownHosts(
  handler: RequestListener,
  { address, allowedHosts = [] }: KnownHosts,
): RequestListener {
  const bare = address.replace(/^\[|\]$/g, '').toLowerCase();
  const own = EVERY_ADDRESS.has(bare) ? [] : [bare];
  const names = new Set([GATEWAY_NAME, ...own, ...allowedHosts]);
  return (request, response) =>
    isAllowedHost(request, names) ? handler(request, response) : refuse(request, response);
}

const TEXT =
  'the Host of this request is not one of this gateway; ' +
  'GATEWAY_ALLOWED_HOSTS names further ones\n';

/** The connection ends with it: its body is not read. */
function refuse(request: IncomingMessage, response: ServerResponse): void {
  nameRequest(request, response, () => undefined);
  response.writeHead(421, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': String(TEXT.length),
    'x-content-type-options': 'nosniff',
    connection: 'close',
  });
  response.end(TEXT);
}
