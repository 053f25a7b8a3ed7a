/** `/function/<name>/…` to the container of that name, as a gateway does; its memory is not counted. */
import { randomUUID } from 'node:crypto';
import { Agent, createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { operationAt } from '#shared/contract/catalogue.ts';

export class Router {
  readonly ports = new Map<string, number>();
  private readonly agent = new Agent({ keepAlive: true });
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => {
      const [, name = '', path = '/'] = /^\/function\/([^/?]+)(.*)$/.exec(request.url ?? '') ?? [];
      const port = this.ports.get(name);
      if (port === undefined) return void response.writeHead(404).end();
      const { method } = request;
      const headers = { ...request.headers, ...runHeader(name, path || '/') };
      const options = { port, path: path || '/', method, headers, agent: this.agent };
      const sent = httpRequest(options, (answered) => {
        response.writeHead(answered.statusCode ?? 502, answered.headers);
        answered.pipe(response);
      });
      sent.once('error', () => response.headersSent || response.writeHead(502).end());
      request.pipe(sent);
    });
  }

  static async open(): Promise<Router> {
    const router = new Router();
    await new Promise<void>((resolve) => router.server.listen(0, '127.0.0.1', resolve));
    return router;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.agent.destroy();
    this.server.close();
    this.server.closeAllConnections();
  }
}

/** There is no connector: what it would carry out is carried out at once, as it would have it. */
function runHeader(name: string, path: string): { readonly 'x-run-id'?: string } {
  const follows = operationAt(name, path)?.operation.queue?.caller === 'follows';
  return follows ? { 'x-run-id': randomUUID() } : {};
}
