/** Paths with `//`, `.` or `..` in them are sent to the path they mean, as Go's router does. */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Paths that the rule applies to; a dot may be written as %2e, as in browsers. */
const UNCLEAN = /\/\/|\/(?:\.|%2e){1,2}(?:\/|$)/i;
const DOT = /^(?:\.|%2e)$/i;
const DOT_DOT = /^(?:\.|%2e){2}$/i;

export function redirectUncleanPaths(
  request: IncomingMessage,
  response: ServerResponse,
  next: () => void,
): void {
  const { url = '/' } = request;
  const cleaned = cleanUrl(url);
  if (cleaned === url) return next();
  response.writeHead(301, { location: cleaned });
  response.end();
}

/** The target without scheme and host, which proxies write and every server must take. */
export function withoutOrigin(target: string): string {
  const rest = target.replace(/^https?:\/\/[^/?#]*/i, '');
  return rest.startsWith('/') || rest === target ? rest : `/${rest}`;
}

/**
 * `path.Clean` of Go, with a slash at the end kept, on the path of a URL; the query stays as it is.
 * A backslash is written as %5C where the path changes: browsers take one for a slash, and two at
 * the beginning of a path for another host.
 */
export function cleanUrl(url: string): string {
  const end = url.search(/[?#]/);
  const path = end < 0 ? url : url.slice(0, end);
  if (path.startsWith('/') && !UNCLEAN.test(path)) return url;
  const kept: string[] = [];
  for (const step of path.split('/')) {
    if (DOT_DOT.test(step)) kept.pop();
    else if (step !== '' && !DOT.test(step)) kept.push(step.replaceAll('\\', '%5C'));
  }
  const trailing = path.endsWith('/') && kept.length > 0 ? '/' : '';
  return `/${kept.join('/')}${trailing}${end < 0 ? '' : url.slice(end)}`;
}
