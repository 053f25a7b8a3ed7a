/** Half-sent bodies and idle connections are closed to make room for new callers. */
import { createServer, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { limitConnections } from '#template/observe/connection-count.ts';
import { openFixtures } from '../fixtures.ts';
import { until } from '../../../support/until.ts';

const open: Socket[] = [];

afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy();
});

async function connected(port: number, text: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  open.push(socket);
  await once(socket, 'connect');
  if (text !== '') socket.write(text);
  return socket;
}

const HALF = 'POST /function/f HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf';

async function ask(url: string): Promise<string> {
  return (await fetch(url, { method: 'POST', headers: { connection: 'close' } })).text();
}

test('300 half-sent bodies and 3,000 idle connections do not block new callers', async () => {
  const runtime = await openFixtures({ f: { handler: () => ({ status: 200, body: 'served' }) } });
  try {
    for (let at = 0; at < 300; at += 50)
      await Promise.all(Array.from({ length: 50 }, () => connected(runtime.port, HALF)));
    for (let at = 0; at < 3_000; at += 100)
      await Promise.all(Array.from({ length: 100 }, () => connected(runtime.port, '')));
    expect(await ask(`${runtime.url}/function/f`)).toBe('served');
    await until(() => open.filter((socket) => !socket.destroyed).length <= 512);
  } finally {
    await runtime.close(100);
  }
});

describe('of a server with room for three connections', () => {
  /** Answers that wait until a test lets them go. */
  const slow: ServerResponse[] = [];
  const letGo = (): void => slow.splice(0).forEach((response) => response.end('slow'));
  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      if (request.url === '/slow') slow.push(response);
      else response.end('quick');
    });
  });
  limitConnections(server, { all: 3, ofAddress: 3 });
  let port = 0;
  beforeAll(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    ({ port } = server.address() as AddressInfo);
  });
  afterAll(() => void server.close().closeAllConnections());

  const head = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
  const textOf = async (socket: Socket): Promise<string> => {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    return chunk.toString();
  };

  test('busy connections stay, idle ones are closed, the oldest first', async () => {
    const working = await connected(port, head('/slow'));
    const answered = textOf(working);
    await until(() => slow.length === 1);
    const [oldest, newer] = [await connected(port, ''), await connected(port, '')];
    const ended = once(oldest, 'close');
    const next = await connected(port, head('/quick'));
    expect(await textOf(next)).toContain('quick');
    await ended;
    expect(newer.destroyed).toBe(false);
    letGo();
    expect(await answered).toContain('slow');
  });

  test('a connection that was used lately stays, one that was idle for longer is closed', async () => {
    const used = await connected(port, '');
    const idle = await connected(port, '');
    const third = await connected(port, head('/quick'));
    await textOf(third);
    used.write(head('/quick'));
    await textOf(used);
    const ended = once(idle, 'close');
    const next = await connected(port, head('/quick'));
    expect(await textOf(next)).toContain('quick');
    await ended;
    expect([used.destroyed, third.destroyed]).toEqual([false, false]);
  });

  test('where all others are busy, the new one is refused', async () => {
    const answered: Promise<string>[] = [];
    for (const count of [1, 2, 3]) {
      answered.push(textOf(await connected(port, head('/slow'))));
      await until(() => slow.length === count);
    }
    const late = await connected(port, '');
    await once(late, 'close');
    letGo();
    expect((await Promise.all(answered)).every((text) => text.includes('slow'))).toBe(true);
  });
});
