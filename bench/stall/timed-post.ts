/** A call over HTTP. */
import { request as httpRequest, type Agent } from 'node:http';

export interface Post {
  readonly url: string;
  readonly body: string;
  readonly token?: string;
  /** Absent: on a connection of its own. */
  readonly agent?: Agent;
}

/** @throws Error when it is not answered with 200 */
export function post({ url, body, token, agent }: Post): Promise<string> {
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', headers, agent: agent ?? false };
    const sent = httpRequest(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const text = Buffer.concat(chunks).toString();
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`${url}: ${response.statusCode} ${text.slice(0, 300)}`));
      });
    });
    sent.once('error', (cause) => {
      // A server that stood still closes, before all else, connections that were idle for too long.
      if (sent.reusedSocket) post({ url, body, ...(token && { token }) }).then(resolve, reject);
      else reject(cause);
    });
    sent.end(body);
  });
}
