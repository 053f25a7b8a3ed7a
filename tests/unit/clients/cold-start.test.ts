/** Calls of a function whose container is not there yet, as faasd answers them. */
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { httpTransport } from '#shared/clients/http-transport.ts';

let server: Server;
let calls: string[];

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** A gateway that cannot reach its functions for the first calls. */
async function gateway(unreached: number, type = 'text/plain; charset=utf-8'): Promise<string> {
  calls = [];
  server = createServer((request, response) => {
    calls.push(request.url ?? '');
    const isOut = calls.length <= unreached;
    response.writeHead(isOut ? 500 : 200, { 'content-type': isOut ? type : 'application/json' });
    response.end(isOut ? "Can't reach service for: it.\n" : '{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function statusOf(url: string, name: string, more: object = {}): Promise<number> {
  const call = { name, body: '{}', accept: 'application/json' as const, requestId: 'r' };
  const signal = new AbortController().signal;
  return (await httpTransport(url, '')({ ...call, signal, ...more })).status;
}

test.each([
  ['a read', 'planning-get-plan', {}],
  ['a write with an idempotency key', 'trading-execute-trade', { idempotencyKey: 'k-1' }],
  ['a run', 'planning-create-plan', { headers: { 'x-run-id': 'run-1' } }],
])('%s is made again until the function is there', async (_title, name, more) => {
  expect(await statusOf(await gateway(3), name, more)).toBe(200);
  expect(calls).toHaveLength(4);
});

test.each([
  ['a trade without a key, as it may have been made', 'trading-execute-trade', 'text/plain'],
  ['a question for its state', 'planning-get-plan/_/ready', 'text/plain'],
  ['what the function itself says', 'planning-get-plan', 'application/json'],
])('%s is not repeated', async (_title, name, type) => {
  expect(await statusOf(await gateway(3, type), name)).toBe(500);
  expect(calls).toHaveLength(1);
});

test('a function that stays unreachable is reported after some seconds', async () => {
  expect(await statusOf(await gateway(99), 'planning-get-plan')).toBe(500);
  expect(calls).toHaveLength(7);
});
