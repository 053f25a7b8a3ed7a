/**
 * The owner's page under a short path of its own, `/trader/`, where the function that serves it is deployed.
 * Its session's cookie is for that path alone, so that no other function is ever sent it.
 */
import type { IncomingMessage } from 'node:http';
import { pageFunction } from '#shared/contract/names.ts';
import type { FunctionHost } from './function-host.ts';

export const PAGE_PATH = '/trader/';
/** Header that gives the page its public path; set by the gateway only. */
const BASE_HEADER = 'x-page-base';

/** @returns what turns a request for the page into a call of its function, and leaves every other one */
export function pageRoute(host: FunctionHost): (request: IncomingMessage) => void {
  return (request) => {
    const { url = '/', headers } = request;
    // Deleting what is not there takes its time, too.
    if (headers[BASE_HEADER] !== undefined) delete headers[BASE_HEADER];
    if (!url.startsWith(PAGE_PATH) || !host.find(pageFunction.name)) return;
    request.url = `/function/${pageFunction.name}/${url.slice(PAGE_PATH.length)}`;
    request.headers[BASE_HEADER] = PAGE_PATH;
    const { encrypted } = request.socket as { encrypted?: boolean };
    if (encrypted) request.headers['x-forwarded-proto'] = 'https';
  };
}
