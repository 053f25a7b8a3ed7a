/** Thousands of calls that are reset by their client: work ends with them. Counted in commands of Redis. */
import { connect, constants, type ClientHttp2Session } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'ioredis';
import { GetSystemStatusRequest } from '#protos/gen/gateway.ts';
import { PortfolioServiceClient } from '#protos/gen/portfolio.ts';
import { openFacadeFixture, type FacadeFixture } from '../../support/endpoints/facade-fixture.ts';
import { plain, unary } from '../../support/endpoints/grpc.ts';

const PATH = '/arduino_trader.gateway.GatewayService/GetSystemStatus';
const RESETS = 2_000;

let fixture: FacadeFixture;
let session: ClientHttp2Session;
let commands: number;

beforeAll(async () => {
  fixture = await openFacadeFixture();
  const { redis } = fixture.dependencies.database;
  const send = redis.sendCommand.bind(redis);
  redis.sendCommand = (command: Command, stream?: never): unknown => {
    commands += 1;
    return send(command, stream);
  };
});
beforeEach(() => {
  session = openSession();
  commands = 0;
});
afterEach(() => session.destroy());
afterAll(() => fixture.close());

function openSession(): ClientHttp2Session {
  const opened = connect(`http://${fixture.address('gateway')}`);
  return opened.on('error', () => undefined);
}

/** One message of gRPC: no compression, its length, its bytes. */
function framed(bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

const body = framed(GetSystemStatusRequest.encode({ includeDetails: true }).finish());

function begin() {
  const stream = session.request({
    ':method': 'POST',
    ':path': PATH,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  stream.on('error', () => undefined);
  stream.end(body);
  return stream;
}

/** Commands of a call that is answered. */
async function commandsOfOne(): Promise<number> {
  const before = commands;
  const stream = begin();
  stream.resume();
  await new Promise((resolve) => stream.once('close', resolve));
  return commands - before;
}

async function quiet(): Promise<void> {
  for (let before = -1; before !== commands;) {
    before = commands;
    await sleep(200);
  }
}

it.each([
  ['with the request', 0],
  ['a moment later', 4],
])('starts or finishes hardly any of the calls that are reset %s', async (_when, pauseMs) => {
  const each = await commandsOfOne();
  expect(each).toBeGreaterThan(5);
  commands = 0;
  for (let sent = 0; sent < RESETS; sent += 100) {
    // A session of so many resets is closed by the server; whoever goes on opens another.
    if (session.destroyed || session.closed) session = openSession();
    const streams = Array.from({ length: 100 }, begin);
    if (pauseMs > 0) await sleep(pauseMs);
    for (const stream of streams) stream.close(constants.NGHTTP2_CANCEL);
    await sleep(1);
  }
  const client = new PortfolioServiceClient(fixture.address('portfolio'), plain);
  const { response } = await unary(client, client.getSummary, { accountId: '' });
  expect(response.portfolioHash).not.toBe('');
  client.close();
  await quiet();
  const share = commands / (RESETS * each);
  expect(share).toBeLessThan(0.25);
});
