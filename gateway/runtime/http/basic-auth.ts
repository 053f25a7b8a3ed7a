/** HTTP Basic, in constant time, with the answer OpenFaaS gives. */
import type { RequestHandler } from 'express';
import { Failure } from '#shared/kernel/failure.ts';
import { same } from '#shared/runtime/access.ts';
import { sendError } from './platform-errors.ts';

export interface BasicCredentials {
  readonly user: string;
  readonly password: string;
}

/** @throws Failure REFUSED (`empty-password`): a guard that an empty password opens is none */
export function basicAuth({ user, password }: BasicCredentials): RequestHandler {
  if (password === '')
    throw new Failure('REFUSED', "The gateway's password is empty.", { rule: 'empty-password' });
  return (request, response, next) => {
    if (allowed(request.headers.authorization ?? '', user, password)) return next();
    response.set('www-authenticate', 'Basic realm="Restricted"');
    sendError(response, 401, 'invalid credentials');
  };
}

function allowed(header: string, user: string, password: string): boolean {
  const encoded = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(header)?.[1] ?? '';
  const given = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = given.indexOf(':');
  // Both are always compared, so that timing reveals nothing.
  const userIsRight = same(colon < 0 ? '' : given.slice(0, colon), user);
  const passwordIsRight = same(colon < 0 ? '' : given.slice(colon + 1), password);
  return userIsRight && passwordIsRight;
}
