/** The HTTP server of a container: how results leave, and what bodies come in. */
import { once } from 'node:events';
import { Agent, createServer, request as httpRequest, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { FunctionHandler, FunctionResult } from '#template/function.ts';
import { requestListener } from '#template/server.ts';
import { wire, type WireAnswer, type WireRequest } from '../../conformance/raw-http.ts';

const BYTES_MAX = 1_000;
const open: Server[] = [];

afterEach(() => {
  for (const server of open.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function serve(handler: FunctionHandler): Promise<string> {
  const platform = { 'x-served-by': 'test' };
  const server = createServer(
    requestListener(handler, { bodyBytesMax: BYTES_MAX, headers: platform }),
  );
  open.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The answer to one call of a function that answers so. */
async function answered(
  result: unknown,
  method = 'GET',
  request: WireRequest = {},
): Promise<WireAnswer> {
  return wire(await serve(() => result as FunctionResult), method, '/', request);
}

async function* chunks(...texts: string[]): AsyncGenerator<string> {
  yield* texts;
}

describe('the body of an answer', () => {
  it.each([204, 304])('is none with %i', async (status) => {
    const answer = await answered({ status, body: 'nobody sees it' });
    expect([answer.status, answer.body.length]).toEqual([status, 0]);
    expect(answer.all('transfer-encoding')).toEqual([]);
    expect(answer.all('content-length')).toEqual([]);
  });

  it('is none for HEAD, with the length and type it would have', async () => {
    const answer = await answered({ body: 'four' }, 'HEAD');
    expect([answer.status, answer.body.length]).toEqual([200, 0]);
    expect(answer.header('content-length')).toBe('4');
    expect(answer.header('content-type')).toBe('text/plain; charset=utf-8');
  });

  it.each([
    ['HEAD', 200],
    ['GET', 204],
  ])('that would be streamed is closed unread (%s, %i)', async (method, status) => {
    let taken = 0;
    let isOver = false;
    const body: AsyncIterable<string> = {
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false, value: String((taken += 1)) }),
        return: async () => ((isOver = true), { done: true, value: undefined }),
      }),
    };
    const answer = await answered({ status, body }, method);
    expect([answer.status, answer.body.length]).toEqual([status, 0]);
    expect([taken, isOver]).toEqual([0, true]);
  });

  it.each([
    ['text', 'a ✓', 'text/plain; charset=utf-8', 'a ✓'],
    ['bytes', Uint8Array.of(97, 98), 'application/octet-stream', 'ab'],
    ['a buffer', Buffer.from('ab'), 'application/octet-stream', 'ab'],
    ['pieces', chunks('a', 'b'), 'application/octet-stream', 'ab'],
    ['an object', { a: '✓' }, 'application/json', '{"a":"✓"}'],
    ['a number', 5, 'application/json', '5'],
    ['null', null, 'application/json', 'null'],
  ])('as %s has its type', async (_kind, body, type, text) => {
    const answer = await answered({ body });
    expect(answer.header('content-type')).toBe(type);
    expect(answer.body.toString()).toBe(text);
  });

  it('has the true length, whatever the function says', async () => {
    for (const length of ['2', '99']) {
      const headers = { 'Content-Length': length };
      const answer = await answered({ headers, body: 'four' });
      expect([answer.header('content-length'), answer.body.toString()]).toEqual(['4', 'four']);
      expect((await answered({ headers })).header('content-length')).toBe('0');
    }
  });

  it('in chunks breaks off where it is not as long as declared', async () => {
    for (const length of ['3', '99']) {
      const result = { headers: { 'content-length': length }, body: chunks('fo', 'ur') };
      await expect(answered(result)).rejects.toThrow('aborted');
    }
  });

  it('in chunks breaks off when a chunk fails', async () => {
    const broken = async function* (): AsyncGenerator<string> {
      yield 'one';
      throw new Error('no more');
    };
    await expect(answered({ body: broken() })).rejects.toThrow('aborted');
  });
});

describe('the headers of an answer', () => {
  it('may repeat', async () => {
    const headers = { 'Set-Cookie': ['a=1', 'b=2'] };
    expect((await answered({ headers })).all('set-cookie')).toEqual(['a=1', 'b=2']);
  });

  it('that are meant for one hop stay behind, also those a Connection names', async () => {
    const headers = {
      Connection: 'X-Own',
      'X-Own': '1',
      'Keep-Alive': 'timeout=99',
      'Transfer-Encoding': 'gzip',
      Upgrade: 'h2c',
      TE: 'trailers',
    };
    const answer = await answered({ headers, body: 'text' });
    for (const name of ['x-own', 'transfer-encoding', 'upgrade', 'te'])
      expect(answer.all(name)).toEqual([]);
    expect(answer.header('keep-alive')).not.toBe('timeout=99');
    expect(answer.body.toString()).toBe('text');
  });

  it('name the call, also where it failed', async () => {
    const headers = ['x-call-id', 'abc'];
    for (const result of [{}, { status: 99 }, { body: 5n }]) {
      const answer = await answered(result, 'GET', { headers });
      expect(answer.header('x-call-id')).toBe('abc');
      expect(answer.header('x-served-by')).toBe('test');
      expect(answer.header('x-duration-seconds')).toMatch(/^\d+\.\d{6}$/);
    }
  });
});

describe('a result that cannot be sent', () => {
  const circular: Record<string, unknown> = {};
  circular['itself'] = circular;

  it.each([
    ['a circular body', { body: circular }],
    ['a bigint', { body: 5n }],
    ['a body that is a function', { body: () => 'x' }],
    ['a header with a line break', { headers: { 'x-own': 'a\r\nb: c' }, body: 'x' }],
    ['a header name with a blank', { headers: { 'x own': 'a' }, body: 'x' }],
    ['a status that is none', { status: 1_000, body: 'x' }],
    ['a status that only goes before an answer', { status: 100 }],
    ['no number as status', { status: Number.NaN }],
    ['nothing', undefined],
    ['text in place of a result', null],
  ])('%s is a 500, and the connection lives', async (_what, result) => {
    const url = await serve(({ path }) => (path === '/bad' ? result : {}) as FunctionResult);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const sockets = new Set<Socket>();
    for (const [path, status] of [
      ['/bad', 500],
      ['/good', 200],
    ] as const) {
      const request = httpRequest(`${url}${path}`, { agent }).end();
      const [response] = await once(request, 'response');
      sockets.add(response.socket);
      expect(response.statusCode).toBe(status);
      expect(response.statusMessage).toBe(status === 500 ? 'Internal Server Error' : 'OK');
      response.resume();
      await once(response, 'end');
    }
    expect(sockets.size).toBe(1);
    agent.destroy();
  });

  it('closes a stream behind a bad header', async () => {
    let isOver = false;
    const body = {
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: true, value: undefined }),
        return: async () => ((isOver = true), { done: true, value: undefined }),
      }),
    };
    const answer = await answered({ headers: { 'x-own': '\n' }, body });
    expect([answer.status, isOver]).toEqual([500, true]);
  });
});

describe('the body of a request', () => {
  const length: FunctionHandler = ({ body }) => ({ body: String(body.length) });

  it('may be as large as the limit', async () => {
    const url = await serve(length);
    const body = Buffer.alloc(BYTES_MAX);
    const half = body.subarray(BYTES_MAX / 2);
    expect((await wire(url, 'POST', '/', { body })).body.toString()).toBe('1000');
    expect((await wire(url, 'POST', '/', { chunks: [half, half] })).body.toString()).toBe('1000');
  });

  it.each([
    ['with a length', { body: Buffer.alloc(BYTES_MAX + 1) }],
    ['in chunks', { chunks: [Buffer.alloc(BYTES_MAX), 'x'] }],
    ['that is huge', { body: Buffer.alloc(30 * 1024 * 1024) }],
  ])('over the limit, %s, is a 413 that names it, and ends the connection', async (_how, sent) => {
    let calls = 0;
    const url = await serve(() => ({ body: String((calls += 1)) }));
    const answer = await wire(url, 'POST', '/', sent);
    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.body.toString())).toMatchObject({ code: 'TOO_LARGE' });
    expect(answer.body.toString()).toContain(`${BYTES_MAX} bytes`);
    expect(answer.header('connection')).toBe('close');
    expect(answer.header('x-openfaas-internal')).toBe('faas-middleware');
    expect(calls).toBe(0);
  });

  it('over the limit is answered before all of it is sent, to one who never ends, too', async () => {
    const { hostname, port } = new URL(await serve(length));
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\nsome');
    const [first] = await once(socket, 'data');
    expect(String(first)).toMatch(/^HTTP\/1\.1 413 /);
    await once(socket, 'close');
  });

  it('that ends early calls no handler', async () => {
    let calls = 0;
    const url = await serve(() => ({ body: String((calls += 1)) }));
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.end('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf of');
    socket.resume();
    await once(socket, 'close');
    expect((await wire(url, 'GET', '/')).body.toString()).toBe('1');
  });
});

describe('a caller who leaves', () => {
  it('aborts the signal, and only then', async () => {
    const seen: boolean[] = [];
    let began: () => void = () => undefined;
    let left: () => void = () => undefined;
    const running = new Promise<void>((resolve) => (began = resolve));
    const gone = new Promise<void>((resolve) => (left = resolve));
    const url = await serve(async ({ path }, { signal }) => {
      if (path === '/short') return { body: String(seen.push(signal.aborted)) };
      signal.addEventListener('abort', left);
      began();
      await gone;
      return {};
    });
    await wire(url, 'GET', '/short');
    const request = httpRequest(`${url}/long`, { agent: false }).end();
    request.on('error', () => undefined);
    await running;
    request.destroy();
    await gone;
    expect(seen).toEqual([false]);
  });

  it('during a stream ends the stream', async () => {
    let ended: () => void = () => undefined;
    const over = new Promise<void>((resolve) => (ended = resolve));
    const url = await serve(() => ({
      body: (async function* () {
        try {
          for (;;) yield 'x'.repeat(100_000);
        } finally {
          ended();
        }
      })(),
    }));
    const request = httpRequest(url, { agent: false }).end();
    const [response] = await once(request, 'response');
    await once(response, 'data');
    request.on('error', () => undefined).destroy();
    await over;
  });
});
