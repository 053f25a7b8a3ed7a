/** HTTP Basic, in constant time, with the answer OpenFaaS gives. */
import type { RequestHandler } from 'express';
import { same } from '#shared/runtime/access.ts';
import { sayError } from './platform-errors.ts';

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

export function basicAuth({ user, password }: Credentials): RequestHandler {
  return (request, response, next) => {
    if (allowed(request.headers.authorization ?? '', user, password)) return next();
    response.set('www-authenticate', 'Basic realm="Restricted"');
    sayError(response, 401, 'invalid credentials');
  };
}

function allowed(header: string, user: string, password: string): boolean {
  const encoded = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(header)?.[1] ?? '';
  const given = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = given.indexOf(':');
  // Both are compared whatever the first says, so that time tells nothing.
  const userIsRight = same(colon < 0 ? '' : given.slice(0, colon), user);
  const passwordIsRight = same(colon < 0 ? '' : given.slice(colon + 1), password);
  return userIsRight && passwordIsRight;
}
