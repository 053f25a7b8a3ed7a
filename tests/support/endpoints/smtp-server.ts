/** A mail server that keeps what it is given; it speaks as much SMTP as a client needs. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export class SmtpServer {
  /** With their headers. */
  readonly mails: string[] = [];
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  /** @param answerToMail what it says to the sender's address */
  constructor(answerToMail = '250 ok') {
    this.server = createServer((socket) => this.talk(socket, answerToMail));
  }

  async listening(): Promise<this> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  get url(): string {
    const { port } = this.server.address() as AddressInfo;
    return `smtp://127.0.0.1:${port}?ignoreTLS=true`;
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }

  private talk(socket: Socket, answerToMail: string): void {
    this.sockets.add(socket);
    let mail: string | undefined;
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      const text = String(chunk);
      if (mail === undefined) {
        if (/^DATA/.test(text)) mail = '';
        return void socket.write(`${answerTo(text, answerToMail)}\r\n`);
      }
      mail += text;
      if (!mail.endsWith('\r\n.\r\n')) return;
      this.mails.push(mail);
      mail = undefined;
      socket.write('250 queued\r\n');
    });
    socket.write('220 test\r\n');
  }
}

function answerTo(command: string, answerToMail: string): string {
  if (/^EHLO/.test(command)) return '250 test';
  if (/^MAIL/.test(command)) return answerToMail;
  if (/^DATA/.test(command)) return '354 go on';
  return /^QUIT/.test(command) ? '221 bye' : '250 ok';
}
