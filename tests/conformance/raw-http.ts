/** Requests as they go over the wire, and answers as they come: nothing is joined, hidden or followed. */
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';

export interface WireRequest {
  /** Names and values by turns; a name may come twice. */
  readonly headers?: readonly string[];
  readonly body?: string | Uint8Array;
  /** Instead of the address that is called. */
  readonly host?: string;
  /** Sent in these chunks, without a length. */
  readonly chunks?: readonly (string | Uint8Array)[];
}

export interface WireAnswer {
  readonly status: number;
  readonly body: Buffer;
  /** The value of a header that came at most once. */
  header(name: string): string | undefined;
  /** All values of a header. */
  all(name: string): string[];
}

/** On a connection of its own; the path goes out as it is written. */
export async function wire(
  url: string,
  method: string,
  path: string,
  { headers = [], body, chunks, host: named }: WireRequest = {},
): Promise<WireAnswer> {
  const { hostname, port, host } = new URL(url);
  const length = body === undefined ? [] : ['content-length', String(Buffer.byteLength(body))];
  const chunked = chunks ? ['transfer-encoding', 'chunked'] : [];
  const request = httpRequest({
    hostname,
    port,
    method,
    path,
    agent: false,
    headers: ['host', named ?? host, ...length, ...chunked, ...headers],
  });
  for (const chunk of chunks ?? []) request.write(chunk);
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  // An answer may be whole before the request is, which then cannot go on.
  request.on('error', () => undefined);
  return answerOf(response);
}

async function answerOf(response: IncomingMessage): Promise<WireAnswer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const { rawHeaders, statusCode = 0 } = response;
  const all = (name: string): string[] =>
    rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === name);
  return {
    status: statusCode,
    body: Buffer.concat(chunks),
    all,
    header: (name) => {
      const [value, second] = all(name);
      if (second !== undefined) throw new Error(`${name} came twice`);
      return value;
    },
  };
}

/** Sends text on a connection of its own. @returns all that comes back until it is closed */
export async function spoken(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const heard: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => heard.push(chunk));
  socket.write(text);
  await once(socket, 'close');
  return Buffer.concat(heard).toString('latin1');
}
