/** Connections and requests that only wait: they end, and others are served meanwhile. */
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import { createServer, connect as connectTcp, type AddressInfo, type Socket } from 'node:net';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { once } from 'node:events';
import { GatewayServiceClient } from '#protos/gen/gateway.ts';
import { HeldConnections } from '#gateway/facade/held-connections.ts';
import { receiving } from '#gateway/facade/receiving.ts';
import { openFacadeFixture, type FacadeFixture } from '../../support/endpoints/facade-fixture.ts';
import { plain, unary } from '../../support/endpoints/grpc.ts';
import { until } from '../../support/until.ts';

const OF_ADDRESS_MAX = 512;

describe('a facade', () => {
  let fixture: FacadeFixture;
  const sockets: Socket[] = [];

  beforeAll(async () => {
    fixture = await openFacadeFixture();
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });
  afterAll(() => fixture.close());

  async function idleAt(port: number, count: number): Promise<void> {
    for (let i = 0; i < count; i += 1) {
      const socket = connectTcp(port, '127.0.0.1').resume();
      socket.on('error', () => undefined);
      sockets.push(socket);
      await once(socket, 'connect');
    }
  }

  it('serves a caller however many connections wait, and holds no more than its limit', async () => {
    const { ports } = fixture.facade;
    // Of all ports together.
    await idleAt(ports.gateway, 400);
    await idleAt(ports.planning, 400);
    const client = new GatewayServiceClient(fixture.address('gateway'), plain);
    const ask = () => unary(client, client.getSystemStatus, { includeDetails: false });
    expect((await ask()).response.version).not.toBe('');
    const isClosed = ({ closed }: Socket): boolean => closed;
    // The longest idle end first, in any order of their own; the caller's connection and the youngest are still there.
    await until(
      () =>
        sockets.filter((socket) => !isClosed(socket)).length <= OF_ADDRESS_MAX &&
        sockets.slice(0, 200).every(isClosed),
    );
    expect(sockets.slice(-200).some(isClosed)).toBe(false);
    expect((await ask()).response.version).not.toBe('');
    client.close();
  });
});

describe('a connection', () => {
  const connections = new HeldConnections({ all: 2, ofAddress: 2 });
  const server = createServer((socket) => connections.add(socket));

  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => {
    connections.closeAll();
    server.close();
  });

  async function open(): Promise<Socket> {
    const { port } = server.address() as AddressInfo;
    const taken = once(server, 'connection');
    const socket = connectTcp(port, '127.0.0.1').resume();
    socket.on('error', () => undefined);
    await taken;
    return socket;
  }

  const closing = (socket: Socket): Promise<unknown> | undefined =>
    socket.closed ? undefined : once(socket, 'close');

  it('with a call is kept; the newest is refused where all are busy, else the longest idle ends', async () => {
    const [first, second] = [await open(), await open()];
    const [endFirst, endSecond] = [first, second].map(({ localPort }) =>
      connections.begin(`127.0.0.1:${localPort}`),
    ) as [() => void, () => void];
    await closing(await open());
    expect([first.closed, second.closed]).toEqual([false, false]);
    endSecond();
    endFirst();
    const fourth = await open();
    await closing(second);
    expect([first.closed, fourth.closed]).toEqual([false, false]);
  });
});

describe('a request that never arrives whole', () => {
  let server: Server;
  let port: number;
  let session: ClientHttp2Session;
  const PATH = '/test.Service/Ask';
  const method = {
    path: PATH,
    requestStream: false,
    responseStream: false,
    requestSerialize: (text: string) => Buffer.from(text),
    requestDeserialize: String,
    responseSerialize: (text: string) => Buffer.from(text),
    responseDeserialize: String,
  };

  beforeAll(async () => {
    server = new Server({ interceptors: [receiving(new HeldConnections(), 100)] });
    server.addService(
      { ask: method },
      { ask: (_call: unknown, answer: (error: null, text: string) => void) => answer(null, 'so') },
    );
    port = await new Promise((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    session = connectHttp2(`http://127.0.0.1:${port}`);
  });
  afterAll(() => {
    session.destroy();
    server.forceShutdown();
  });

  it.each([
    ['nothing of it', Buffer.alloc(0)],
    ['half of it', Buffer.from([0, 0, 0, 3, 232, 1, 2, 3])],
    ['all of it but its end', Buffer.from([0, 0, 0, 0, 2, 8, 1])],
  ])('ends with a status after its time: %s', async (_what, bytes) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': PATH,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    if (bytes.length > 0) stream.write(bytes);
    const ended = new Promise<Record<string, unknown>>((resolve) => {
      stream.on('trailers', resolve).on('response', (headers) => {
        if ('grpc-status' in headers) resolve(headers);
      });
    });
    stream.resume().on('error', () => undefined);
    const { 'grpc-status': code, 'failure-code': failure } = await ended;
    expect(code).toBe(String(status.DEADLINE_EXCEEDED));
    expect(failure).toBe('DEADLINE');
    stream.close();
  });
});
