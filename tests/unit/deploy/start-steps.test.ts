/** Readiness from the fields that each kind of gateway sends, and the wait for it. */
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { listFunctions, waitUntilServing } from '../../../scripts/deploy/board-gateway.ts';

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** A gateway that answers these paths, each the next of its answers, the last for ever. */
async function gateway(answers: Record<string, [number, unknown][]>): Promise<string> {
  server = createServer((request, response) => {
    const [first = [404, 'no such path'], ...rest] = answers[request.url ?? ''] ?? [];
    if (rest.length > 0) answers[request.url ?? ''] = rest;
    response.statusCode = first[0];
    response.end(JSON.stringify(first[1]));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const one = { name: 'planning', image: 'a/planning:1', replicas: 1 };

test.each([
  ['faasd, whose list has replicas only', {}, 1, 1],
  ['a status without replicas that are available', {}, undefined, undefined],
  ['a list that has it, which is taken as it is', { availableReplicas: 0 }, 1, 0],
])('%s', async (_title, listed, status, expected) => {
  const url = await gateway({
    '/system/functions': [[200, [{ ...one, ...listed }]]],
    '/system/function/planning': [[200, { ...one, availableReplicas: status }]],
  });
  const [found] = await listFunctions(url, '');
  expect(found?.availableReplicas).toBe(expected);
});

test('a function without replicas is not probed further', async () => {
  const url = await gateway({ '/system/functions': [[200, [{ ...one, replicas: 0 }]]] });
  expect(await listFunctions(url, '')).toMatchObject([{ name: 'planning', replicas: 0 }]);
});

test('waits while the provider cannot reach the function yet, and names what stays away', async () => {
  const url = await gateway({
    '/function/planning/_/health': [
      [500, "Can't reach service for: planning."],
      [200, 'OK'],
    ],
    '/function/trading/_/health': [[500, "Can't reach service for: trading."]],
  });
  expect(await waitUntilServing(url, ['planning', 'trading'], 1_000)).toEqual(['trading']);
});
