/** One POST whose answer may take as long as the function does; fetch gives up after five minutes. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface PostAnswer {
  readonly status: number;
  /** `X-OpenFaaS-Internal`: who answered in the function's place. */
  readonly internal: string | undefined;
}

/** @throws what the socket says, or the signal's reason */
export async function post(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
  signal: AbortSignal,
): Promise<PostAnswer> {
  const open = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const length = { 'content-length': String(body.length) };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = open(url, { method: 'POST', headers: { ...headers, ...length }, signal }, resolve);
    sent.once('error', reject);
    sent.end(body);
  });
  // The answer is of no use to a connector, but it is whole only when it was read.
  for await (const _piece of response);
  const internal = response.headers['x-openfaas-internal'];
  return { status: response.statusCode ?? 0, internal: [internal].flat()[0] };
}
