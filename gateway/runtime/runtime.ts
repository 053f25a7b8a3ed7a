/**
 * The OpenFaaS-compatible gateway over a host of functions: one port for callers and operators, and
 * one for what is measured.
 */
import type { RequestListener } from 'node:http';
import express, { type ErrorRequestHandler, type Express } from 'express';
import type { ReadAccess } from '#shared/runtime/access.ts';
import type { AuditTrail } from '#shared/runtime/audit/audit-trail.ts';
import type { Tokens } from '#shared/runtime/context.ts';
import type { Log } from '#shared/process/log.ts';
import { allocateYoung } from '#shared/process/young-objects.ts';
import type { WatchedTls } from '#shared/process/watched-tls.ts';
import { BODY_BYTES_MAX } from '#template/server.ts';
import { AsyncQueue } from './async/async-queue.ts';
import { asyncCallsRoute } from './async/async-calls-route.ts';
import { ASYNC_BODY_BYTES_MAX, asyncRoute } from './async/async-route.ts';
import { basicAuth, type BasicCredentials } from './http/basic-auth.ts';
import { nameRequest } from './http/call-headers.ts';
import { redirectUncleanPaths, withoutOrigin } from './http/clean-path.ts';
import type { Deployments } from './system-api/deployments.ts';
import { refuseCrossSite } from './http/cross-site.ts';
import type { FunctionHost } from './invoke/function-host.ts';
import { invokeRoute } from './invoke/invoke-route.ts';
import { inCallSpan } from './http/request-span.ts';
import { listen, type Listener } from './http/listen.ts';
import { answerByMethod } from './http/method-routes.ts';
import { GatewayAudit } from './observe/gateway-audit.ts';
import { metricsEndpoint, type MetricsSource } from './observe/metrics-endpoint.ts';
import { pageNotFound, sendError } from './http/platform-errors.ts';
import { PAGE_PATH, pageRoute } from './invoke/page-route.ts';
import { pageFunction } from '#shared/contract/names.ts';
import type { SecretFiles } from './deployments/secret-files.ts';
import { systemRoutes } from './system-api/system-routes.ts';
import { asyncApiRoute, openApiRoute, uiRoutes } from './system-api/ui-routes.ts';

export interface RuntimeOptions {
  readonly host: FunctionHost;
  /** Address to listen on. */
  readonly address: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Where `/metrics` is answered, on the same address; 0 takes a free one, absent: nowhere. */
  readonly metricsPort?: number | undefined;
  /** Metrics of the state, shown there too. */
  readonly stateMetrics?: MetricsSource | undefined;
  /** Metrics of the process beside those of its calls. */
  readonly processMetrics?: MetricsSource | undefined;
  /** Names by which callers may call it, beside loopback, `gateway` and `address`. */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Absent: plain HTTP. */
  readonly tls?: WatchedTls | undefined;
  readonly credentials: BasicCredentials;
  readonly build: string;
  readonly log: Log;
  readonly tokens: Tokens | null;
  readonly bodyBytesMax?: number;
  /** Gets who changed what through `/system`; absent: nobody keeps an audit here. */
  readonly audit?: AuditTrail | undefined;
  /** Absent: what is deployed cannot be changed. */
  readonly deployments?: Deployments | undefined;
  /** Absent: `/system/secrets` is a 404. */
  readonly secrets?: SecretFiles | undefined;
  /** Absent: `/async-function/*` is a 404, as in OpenFaaS without a queue. */
  readonly queue?: QueueOptions | undefined;
  /** Whether reading needs a token; absent: it does not. */
  readonly readAccess?: ReadAccess | undefined;
}

export interface QueueOptions {
  readonly redisUrl: string;
  readonly prefix: string;
  readonly name?: string | undefined;
  readonly bodyBytesMax?: number | undefined;
  /** What waits and what died may take in Redis. */
  readonly waitingBytesMax?: number | undefined;
  readonly deadBytesMax?: number | undefined;
  /** Hosts that may be called back beside this machine. */
  readonly callbackHosts?: readonly string[] | undefined;
}

export interface Runtime {
  /** What answers a request; for callers in this process. */
  readonly app: RequestListener;
  readonly port: number;
  readonly url: string;
  /** For callers on this machine: plain HTTP on loopback, at a port of its own beside TLS. */
  readonly localUrl: string;
  /** Of the metrics listener, where there is one. */
  readonly metricsUrl: string | undefined;
  /** Takes no new calls, lets running ones end for so long, then cuts them. */
  close(graceMs: number): Promise<void>;
}

/**
 * Functions, connector and callbacks call without TLS and never leave the machine, so they depend on
 * no certificate.
 */
const LOCAL = { address: '127.0.0.1', port: 0, portSetting: 'GATEWAY_PORT' } as const;

/** @throws Failure REFUSED (`port-in-use`) when someone else has a port */
export async function openRuntime(options: RuntimeOptions): Promise<Runtime> {
  allocateYoung();
  const queue = queueOf(options, () => (local ?? opened[0])?.url ?? '');
  const stopping = new AbortController();
  const opened: Listener[] = [];
  let local: Listener | undefined;
  const close = async (graceMs: number): Promise<void> => {
    stopping.abort();
    await Promise.all([...opened.map((one) => one.close(graceMs)), queue?.close(graceMs)]);
  };
  try {
    const app = frontOf(options, gatewayApp(options, queue, stopping.signal));
    const { port, metricsPort } = options;
    const gateway = await listen(app, { ...placeOf(options), port, portSetting: 'GATEWAY_PORT' });
    opened.push(gateway);
    if (options.tls) opened.push((local = await listen(app, LOCAL)));
    await queue?.open();
    const metrics = await listenForMetrics(options, metricsPort);
    if (metrics) opened.push(metrics);
    const { port: taken, url } = gateway;
    const localUrl = local?.url ?? url;
    return { app, port: taken, url, localUrl, metricsUrl: metrics?.url, close };
  } catch (thrown) {
    await close(0);
    throw thrown;
  }
}

function queueOf(options: RuntimeOptions, gatewayUrl: () => string): AsyncQueue | undefined {
  const { host, log, tokens, readAccess, queue } = options;
  return queue && new AsyncQueue(host, { ...queue, tokens, readAccess, gatewayUrl, log });
}

async function listenForMetrics(
  options: RuntimeOptions,
  port: number | undefined,
): Promise<Listener | undefined> {
  if (port === undefined) return undefined;
  const { host, log, stateMetrics, processMetrics } = options;
  const further = [processMetrics, stateMetrics].filter((source) => source !== undefined);
  const sources = [() => host.metrics.text(), ...further];
  const endpoint = metricsEndpoint(sources, log);
  return listen(endpoint, { ...placeOf(options), port, portSetting: 'GATEWAY_METRICS_PORT' });
}

function placeOf({ address, allowedHosts, tls }: RuntimeOptions) {
  return { address, allowedHosts, tls };
}

/** Function calls bypass the router; everything else is routed. */
function frontOf(options: RuntimeOptions, router: Express): RequestListener {
  const { host, build, bodyBytesMax = BODY_BYTES_MAX } = options;
  const invoked = invokeRoute(host, { servedBy: servedBy(build), bodyBytesMax });
  const toPage = pageRoute(host);
  return (request, response) => {
    if (request.url?.startsWith('/') === false) request.url = withoutOrigin(request.url);
    toPage(request);
    inCallSpan(request, response, () => {
      if (!invoked(request, response)) router(request, response);
    });
  };
}

function servedBy(build: string): string {
  return `arduino-trader/${build}`;
}

function gatewayApp(
  options: RuntimeOptions,
  queue: AsyncQueue | undefined,
  stopping: AbortSignal,
): Express {
  const { host, build, credentials, tokens, deployments, secrets } = options;
  const audit = new GatewayAudit(options.audit, options.log);
  const guard = [audit.watch, basicAuth(credentials), refuseCrossSite];
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.enable('case sensitive routing').enable('strict routing');
  app.use(nameRequest, redirectUncleanPaths);
  if (queue) {
    const async = {
      servedBy: servedBy(build),
      audit,
      tokens,
      readAccess: options.readAccess,
      ...asyncLimits(options),
    };
    app.use('/async-function', asyncRoute(host, queue, async));
    app.use('/system/async', guard, asyncCallsRoute(queue, audit));
  }
  answerByMethod(app, '/healthz', {
    GET: (_request, response) => void response.type('text/plain').send('OK'),
  });
  answerByMethod(app, '/openapi.json', { GET: openApiRoute });
  answerByMethod(app, '/asyncapi.json', { GET: asyncApiRoute });
  answerByMethod(app, '/', {
    GET: (_request, response) =>
      void response.redirect(307, host.find(pageFunction.name) ? PAGE_PATH : '/ui/'),
  });
  app.use('/system', guard, systemRoutes(host, { build, audit, deployments, secrets, stopping }));
  app.use('/ui', guard, uiRoutes());
  app.use((_request, response) => pageNotFound(response));
  app.use(lastCatch(options.log));
  return app;
}

/** Queued bodies have a smaller limit than direct ones: they are stored in Redis. */
function asyncLimits({ queue, bodyBytesMax = BODY_BYTES_MAX }: RuntimeOptions) {
  const asyncMax = queue?.bodyBytesMax ?? ASYNC_BODY_BYTES_MAX;
  return {
    bodyBytesMax: Math.min(bodyBytesMax, asyncMax),
    callbackHosts: queue?.callbackHosts,
  };
}

function reasonPhrase(status: number): string {
  if (status === 413) return 'the body is too large';
  return status < 500 ? 'the request cannot be read' : 'the gateway failed';
}

/** What went wrong in the gateway itself, or in reading a request. */
function lastCatch(log: Log): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return (thrown: { status?: number; type?: string }, _request, response, _next) => {
    const status = thrown.status ?? 500;
    if (status >= 500) log.error('gateway-failed', { cause: thrown });
    if (response.headersSent) return void response.destroy();
    response.set('x-openfaas-internal', 'gateway');
    sendError(response, status, reasonPhrase(status));
  };
}
