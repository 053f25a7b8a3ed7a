/** One of the candidates, in a process of its own: says where it listens once it does. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FunctionHost } from '#gateway/runtime/invoke/function-host.ts';
import { Images } from '#gateway/runtime/deployments/runnable-images.ts';
import { openRuntime } from '#gateway/runtime/runtime.ts';
import { silentLog } from '#shared/process/log.ts';
import type { FunctionHandler } from '#template/function.ts';
import { serve } from '#template/serve.ts';

export type Variant = 'bare' | 'embedded' | 'container';

/** What the official template's sample does: the body and its type, as JSON. */
const echo: FunctionHandler = ({ body, headers }) => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    body: JSON.stringify(JSON.parse(body.toString())),
    'content-type': headers['content-type'],
  }),
});

async function openBare(): Promise<number> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.stringify(JSON.parse(Buffer.concat(chunks).toString()));
      const answer = JSON.stringify({ body, 'content-type': request.headers['content-type'] });
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** The gateway with the function in its own process, limits, counts, ids and metrics included. */
async function openEmbedded(): Promise<number> {
  const spec = {
    name: 'echo',
    image: 'bench/echo:1',
    environment: { exec_timeout: '10s' },
    labels: {},
    annotations: { 'arduino-trader/isolation': 'shared' },
    secrets: [],
    createdAt: new Date().toISOString(),
  };
  const host = new FunctionHost({
    functions: [spec],
    images: new Images([{ name: 'echo', folder: 'echo' }]),
    load: () => Promise.resolve(echo),
    log: silentLog,
  });
  const { port } = await openRuntime({
    host,
    address: '127.0.0.1',
    port: 0,
    metricsPort: 0,
    credentials: { user: 'admin', password: 'password of the bench' },
    build: 'bench',
    log: silentLog,
    tokens: null,
  });
  return port;
}

/** What stands in an image in the place of watchdog and template. */
async function openContainer(): Promise<number> {
  const env = { ...process.env, port: '0', metrics_port: '0', suppress_lock: 'true' };
  return (await serve(echo, env)).port;
}

const openers: Readonly<Record<Variant, () => Promise<number>>> = {
  bare: openBare,
  embedded: openEmbedded,
  container: openContainer,
};

const port = await openers[process.argv[2] as Variant]();
process.send?.({ port });
