/** A gateway whose provider is away, as OpenFaaS' 0.25.4 answered beside faasd 0.19.0: 404 for every function. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FunctionsClient } from '#shared/clients/functions-client.ts';
import { httpTransport } from '#shared/clients/http-transport.ts';
import { portfolio } from '#shared/contract/portfolio.ts';

let server: Server;
let isAway: boolean;

beforeEach(async () => {
  isAway = true;
  server = createServer((request, response) => {
    const name = request.url?.split('/')[2] ?? '';
    if (!isAway && request.url === '/function/portfolio/get-summary')
      return void response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    const asked = `http://faasd-provider:8081/system/function/${name}?namespace=openfaas-fn`;
    const why = isAway
      ? `Get "${asked}": dial tcp 10.62.0.1:8081: connect: connection refused`
      : `server returned non-200 status code (404) for function, ${name}, body: `;
    const text = `error finding function ${name}.openfaas-fn: ${why}\n`;
    response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end(text);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

test('a call then fails as an outage, certainly not sent, and succeeds when the provider is back', async () => {
  const { port } = server.address() as AddressInfo;
  const functions = new FunctionsClient(httpTransport(`http://127.0.0.1:${port}`, ''));
  const call = () => {
    const options = { requestId: 'r', signal: new AbortController().signal };
    return functions.call(portfolio.getSummary, {}, options);
  };
  await expect(call()).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    rule: { retry: 'later' },
    facts: { sent: 'no' },
  });
  isAway = false;
  await expect(call()).resolves.toEqual({});
});
