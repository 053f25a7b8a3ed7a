/**
 * Rejects cross-site changes through the operator's browser, which would add the stored credentials
 * (CSRF). Programs send neither of the two headers.
 */
import type { RequestHandler } from 'express';
import { sendError } from './platform-errors.ts';

export const refuseCrossSite: RequestHandler = (request, response, next) => {
  if (request.method === 'GET') return next();
  const { origin, host, 'sec-fetch-site': site = 'none' } = request.headers;
  const isOwnOrigin = origin === undefined || hostOf(origin) === host;
  if (isOwnOrigin && (site === 'none' || site === 'same-origin')) return next();
  sendError(response, 403, 'a page of another site may not change anything here');
};

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
