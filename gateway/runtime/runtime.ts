/** The OpenFaaS-compatible gateway over a host of functions, listening on one port. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type ErrorRequestHandler, type Express } from 'express';
import { Failure } from '#shared/kernel/failure.ts';
import type { Tokens } from '#shared/runtime/context.ts';
import type { Log } from '#shared/runtime/log.ts';
import { BODY_BYTES_MAX } from '#template/server.ts';
import { AsyncQueue } from './async-queue.ts';
import { asyncRoute } from './async-route.ts';
import type { Credentials } from './basic-auth.ts';
import type { FunctionHost } from './function-host.ts';
import { nameRequest } from './call-headers.ts';
import { invokeRoute } from './invoke-route.ts';
import { pageNotFound, sayError } from './platform-errors.ts';
import { systemRoutes } from './system-routes.ts';

export interface RuntimeOptions {
  readonly host: FunctionHost;
  /** Address to listen on. */
  readonly address: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly credentials: Credentials;
  readonly build: string;
  readonly log: Log;
  readonly tokens: Tokens | null;
  readonly bodyBytesMax?: number;
  /** Absent: `/async-function/*` is a 404, as in OpenFaaS without a queue. */
  readonly queue?:
    { readonly redisUrl: string; readonly prefix: string; readonly name?: string } | undefined;
}

export interface Runtime {
  readonly app: Express;
  readonly port: number;
  readonly url: string;
  /** Takes no new calls, lets running ones end for so long, then cuts them. */
  close(graceMs: number): Promise<void>;
}

/** @throws Failure REFUSED (`port-in-use`) when someone else has the port */
export async function openRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { host, log, tokens } = options;
  const queue =
    options.queue && new AsyncQueue(host, { ...options.queue, token: tokens?.trade ?? '', log });
  const app = gatewayApp(options, queue);
  const server = createServer(app);
  try {
    await listen(server, options.port, options.address);
  } catch (thrown) {
    await queue?.close(0);
    throw thrown;
  }
  const { port } = server.address() as AddressInfo;
  return {
    app,
    port,
    url: `http://${hostText(options.address)}:${port}`,
    close: async (graceMs) => {
      await Promise.all([drain(server, graceMs), queue?.close(graceMs)]);
    },
  };
}

function gatewayApp(options: RuntimeOptions, queue: AsyncQueue | undefined): Express {
  const { host, build, credentials, tokens, bodyBytesMax = BODY_BYTES_MAX } = options;
  const servedBy = `arduino-trader/${build}`;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(nameRequest);
  app.get('/healthz', (_request, response) => void response.type('text/plain').send('OK'));
  app.all('/healthz', (_request, response) => void response.status(405).end());
  app.use('/function', invokeRoute(host, { servedBy, bodyBytesMax }));
  if (queue)
    app.use('/async-function', asyncRoute(host, queue, { servedBy, bodyBytesMax, tokens }));
  app.use('/system', systemRoutes(host, { credentials, build }));
  app.use((_request, response) => pageNotFound(response));
  app.use(lastCatch(options.log));
  return app;
}

/** What went wrong in the gateway itself, or in reading a request. */
function lastCatch(log: Log): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return (thrown: { status?: number; type?: string }, _request, response, _next) => {
    const status = thrown.status ?? 500;
    if (status >= 500) log.error('gateway-failed', { cause: thrown });
    if (response.headersSent) return void response.destroy();
    response.set('x-openfaas-internal', 'gateway');
    sayError(response, status, status === 413 ? 'the body is too large' : 'the gateway failed');
  };
}

function listen(server: Server, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(refusalOf(cause, port, address)));
    server.listen(port, address, resolve);
  });
}

function refusalOf(cause: NodeJS.ErrnoException, port: number, address: string): Failure {
  if (cause.code === 'EADDRINUSE')
    return new Failure(
      'REFUSED',
      `GATEWAY_PORT: port ${port} is taken; name another one, or 0 for a free one.`,
      { rule: 'port-in-use', port },
      cause,
    );
  return new Failure(
    'REFUSED',
    `GATEWAY_HOST, GATEWAY_PORT: cannot listen on ${address}:${port} (${cause.code}).`,
    { rule: 'cannot-listen', port },
    cause,
  );
}

async function drain(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(timer);
}

/** A gateway that listens everywhere is reached from here on the loopback address. */
function hostText(address: string): string {
  if (address === '0.0.0.0' || address === '::') return '127.0.0.1';
  return address.includes(':') ? `[${address}]` : address;
}
