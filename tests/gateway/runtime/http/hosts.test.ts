/** A request is answered only where its `Host` is one of the gateway's. */
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { openFixtures } from '../fixtures.ts';

let runtime: Awaited<ReturnType<typeof openFixtures>>;
let calls = 0;

beforeAll(async () => {
  const handler = () => {
    calls += 1;
    return { status: 200, body: 'private' };
  };
  const options = { metricsPort: 0, allowedHosts: ['board.local'] };
  runtime = await openFixtures({ f: { handler } }, options);
});
afterAll(() => runtime.close(100));

interface Answer {
  readonly status: number;
  readonly text: string;
}

function ask(url: string, path: string, host: string, method = 'POST'): Promise<Answer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ hostname, port, path, method, agent: false, headers: { host } });
    sent.once('response', (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => void (text += chunk.toString()));
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.once('error', reject).end();
  });
}

/** The first line of the answer to what is sent as it is written. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(runtime.port, '127.0.0.1', () => void socket.write(text));
    let answer = '';
    socket.on('data', (chunk) => void (answer += chunk.toString()));
    socket.once('error', reject).once('end', () => resolve(answer.split('\r\n')[0] ?? ''));
  });
}

const foreign = [
  'evil.example',
  'evil.example:8080',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  'evil.example:80@127.0.0.1',
  '10.0.0.7',
  '[::2]:8080',
  '[::1',
  '2130706433.example',
];

test.each(foreign)('%s is refused for every request', async (host) => {
  const before = calls;
  for (const path of ['/function/f', '/async-function/f', '/system/functions', '/ui/', '/healthz'])
    expect(await ask(runtime.url, path, host)).toMatchObject({
      status: 421,
      text: expect.stringContaining('GATEWAY_ALLOWED_HOSTS') as string,
    });
  for (const path of ['/metrics', '/healthz'])
    expect((await ask(runtime.metricsUrl ?? '', path, host, 'GET')).status).toBe(421);
  expect(calls).toBe(before);
});

test.each(['127.0.0.1', '127.0.0.1:1', 'LOCALHOST:8080', 'localhost.', '[::1]:8080', '127.9.9.9'])(
  '%s is this machine',
  async (host) => expect((await ask(runtime.url, '/function/f', host)).status).toBe(200),
);

test.each(['gateway', 'gateway:8080', 'board.local', 'Board.Local:8080'])(
  '%s is a name of the gateway',
  async (host) => {
    expect((await ask(runtime.url, '/function/f', host)).status).toBe(200);
    expect((await ask(runtime.metricsUrl ?? '', '/healthz', host, 'GET')).status).toBe(200);
  },
);

test('the host of an absolute target counts too, and there is one Host', async () => {
  const rest = 'Connection: close\r\nContent-Length: 0\r\n\r\n';
  const evil = 'POST http://evil.example/function/f HTTP/1.1\r\nHost: localhost\r\n';
  expect(await raw(evil + rest)).toContain(' 421 ');
  const own = 'POST http://localhost/function/f HTTP/1.1\r\nHost: localhost\r\n';
  expect(await raw(own + rest)).toContain(' 200 ');
  const two = 'POST /function/f HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n';
  expect(await raw(two + rest)).toMatch(/ (400|421) /);
  expect(await raw(`POST /function/f HTTP/1.0\r\n${rest}`)).toContain(' 421 ');
});
