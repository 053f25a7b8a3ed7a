/** A server that keeps what is posted to it: the mock of ntfy, Telegram and webhooks. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Answer {
  readonly status?: number;
  readonly body?: string;
  readonly headers?: Record<string, string>;
}

interface Received {
  readonly path: string;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
}

/** Takes what is posted, and answers as configured, then 200. */
export class Receiver {
  readonly received: Received[] = [];
  /** By method of Telegram, such as getUpdates; else what `answers` holds next, then 200. */
  readonly byPath = new Map<string, () => string>();
  answers: Answer[] = [];
  private readonly server: Server;

  constructor() {
    this.server = createServer((incoming, response) => {
      let text = '';
      incoming.on('data', (chunk: Buffer) => (text += String(chunk)));
      incoming.on('end', () => {
        const { url: path = '', headers } = incoming;
        this.received.push({ path, headers, text });
        const named = this.byPath.get(path.split('/').at(-1) ?? '')?.();
        const next = named === undefined ? this.answers.shift() : { status: 200, body: named };
        const { status = 200, body = '{"ok":true}', headers: more } = next ?? ({} as Answer);
        response.writeHead(status, more).end(body);
      });
    }).listen(0, '127.0.0.1');
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async listening(): Promise<void> {
    if (!this.server.listening) await once(this.server, 'listening');
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}
