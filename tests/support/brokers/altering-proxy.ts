/**
 * Stands between an adapter and a simulated broker, and alters the answers: another mock of the same description, which
 * uses what the description leaves open. Numbers keep all their digits.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parse, stringify } from 'lossless-json';

export type Fields = Record<string, unknown>;
/** @param path of the call, with its query */
export type Alteration = (body: unknown, path: string) => unknown;

export class AlteringProxy {
  /** Of each JSON answer of a read. */
  json: Alteration = (body) => body;
  /** Of each other text. */
  text: (body: string) => string = (body) => body;
  private target = '';
  private readonly server = createServer((request, response) => void this.pass(request, response));

  /** @returns where it listens */
  async start(target: string): Promise<string> {
    this.target = target;
    await new Promise<void>((done) => this.server.listen(0, '127.0.0.1', done));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  private async pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { host: _host, connection: _connection, ...headers } = request.headers;
    const { method = 'GET', url = '/' } = request;
    const answered = await fetch(`${this.target}${url}`, {
      ...{ method, headers: headers as Record<string, string> },
      ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
    });
    const type = answered.headers.get('content-type') ?? '';
    const date = answered.headers.get('date') ?? new Date().toUTCString();
    const body = await answered.text();
    const isJson = type.includes('json');
    response.writeHead(answered.status, { ...(type && { 'Content-Type': type }), date });
    response.end(isJson ? stringify(this.json(parse(body), url)) : this.text(body));
  }
}

/** Alters every object in a body, the inner ones first. */
export function eachObject(body: unknown, change: (fields: Fields) => unknown): unknown {
  if (Array.isArray(body)) return body.map((one) => eachObject(one, change));
  if (typeof body !== 'object' || body === null || 'isLosslessNumber' in body) return body;
  const inner = Object.entries(body).map(([name, value]) => [name, eachObject(value, change)]);
  return change(Object.fromEntries(inner) as Fields);
}
