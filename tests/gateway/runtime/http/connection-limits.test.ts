/** Half-sent bodies and idle connections are closed to make room for new callers. */
import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { limitConnections } from '#template/observe/connection-count.ts';
import { openFixtures } from '../fixtures.ts';

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
  const signal = AbortSignal.timeout(5_000);
  return (await fetch(url, { method: 'POST', signal, headers: { connection: 'close' } })).text();
}

test('300 half-sent bodies and 3,000 idle connections do not block new callers', async () => {
  const runtime = await openFixtures({ f: { handler: () => ({ status: 200, body: 'served' }) } });
  try {
    for (let at = 0; at < 300; at += 50)
      await Promise.all(Array.from({ length: 50 }, () => connected(runtime.port, HALF)));
    for (let at = 0; at < 3_000; at += 100)
      await Promise.all(Array.from({ length: 100 }, () => connected(runtime.port, '')));
    expect(await ask(`${runtime.url}/function/f`)).toBe('served');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(open.filter((socket) => !socket.destroyed).length).toBeLessThanOrEqual(512);
  } finally {
    await runtime.close(100);
  }
});

describe('of a server with room for three connections', () => {
  const served: string[] = [];
  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      served.push(request.url ?? '');
      if (request.url === '/slow') setTimeout(() => response.end('slow'), 500);
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
    const [oldest, newer] = [await connected(port, ''), await connected(port, '')];
    const ended = once(oldest, 'close');
    const next = await connected(port, head('/quick'));
    expect(await textOf(next)).toContain('quick');
    await ended;
    expect(newer.destroyed).toBe(false);
    expect(await answered).toContain('slow');
  });

  test('where all others are busy, the new one is refused', async () => {
    const working = await Promise.all([1, 2, 3].map(() => connected(port, head('/slow'))));
    const answers = Promise.all(working.map(textOf));
    while (served.filter((path) => path === '/slow').length < 4)
      await new Promise((resolve) => setTimeout(resolve, 5));
    const late = await connected(port, '');
    await once(late, 'close');
    expect((await answers).every((text) => text.includes('slow'))).toBe(true);
  });
});
