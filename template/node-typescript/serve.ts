/**
 * Serves one handler with the behaviour of of-watchdog, in the handler's own process: its paths,
 * limits, metrics, lock file, and a stop that lets running calls end.
 */
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { access, rm, writeFile } from 'node:fs/promises';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { log } from './observe/call-log.ts';
import { limitConnections } from './observe/connection-count.ts';
import { DetachedWork } from './observe/detached-work.ts';
import { inTime, OVERDUE_ANSWER } from './limits/exec-timeout.ts';
import type { Environment, FunctionContext, FunctionHandler } from './function.ts';
import { cameByLoopback, isAllowedHost, type HostNames } from './host-check.ts';
import { LoopWatch } from './observe/loop-watch.ts';
import { readLimits, tooMany, type FunctionLimits } from './limits/function-limits.ts';
import { CallMetrics } from './observe/metrics.ts';
import { collectAtRest } from './observe/rest.ts';
import { answer } from './server.ts';
import { mounted } from './function-environment.ts';

export interface Served {
  readonly port: number;
  /** Undefined when the port of the metrics was taken: they are no reason not to serve. */
  readonly metricsPort: number | undefined;
  /**
   * Reports not ready, serves until callers have noticed, and lets running calls end.
   * @returns false when calls had to be cut off
   */
  drain(): Promise<boolean>;
}

/** The status that proxies log for a call whose connection ended before the answer began. */
const NOT_ANSWERED = 499;

const SWEEP_MS = 50;
const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * Listens at once: a call that comes while the handler is still being loaded waits for it, and health
 * says 503 until then.
 * @throws Error when a limit cannot be read, the port is taken, the handler cannot be loaded or the
 *   lock cannot be written
 */
export async function serve(
  handler: FunctionHandler | Promise<FunctionHandler>,
  env: Environment,
): Promise<Served> {
  const loading = Promise.resolve(handler);
  loading.catch(() => undefined);
  const limits = readLimits(env);
  const endpoint = new Endpoint(loading, env, limits);
  const server = createServer(
    timesOf(limits),
    checkingHost(limits, (request, response) => endpoint.enter(request, response)),
  );
  limitConnections(server);
  await listen(server, limits.port);
  await loading;
  await endpoint.open();
  const metrics = createServer(timesOf(limits), checkingHost(limits, endpoint.metrics.page));
  limitConnections(metrics);
  const metricsPort = await listen(metrics, limits.metricsPort).then(
    () => portOf(metrics),
    (cause: unknown) => void log('warn', 'no-metrics', { port: limits.metricsPort, cause }),
  );
  return {
    port: portOf(server),
    metricsPort: metricsPort ?? undefined,
    drain: async () => {
      await endpoint.close();
      await sleep(limits.healthcheckIntervalMs);
      const stopAt = performance.now() + drainMs(limits);
      const answered = await end(server, drainMs(limits));
      const whole = (await endpoint.detached.end(stopAt - performance.now())) && answered;
      metrics.close();
      metrics.closeAllConnections();
      await endpoint.end();
      return whole;
    },
  };
}

const NO_NAMES: HostNames = new Set();

/**
 * The platform calls a container at addresses and names that only it knows, so the `Host` of
 * requests over a network is checked only where `allowed_hosts` is set. Over loopback it is always
 * checked: only a browser on this machine would send another name there.
 */
function checkingHost({ allowedHosts }: FunctionLimits, enter: RequestListener): RequestListener {
  return (request, response) => {
    const isAsked = allowedHosts !== undefined || cameByLoopback(request);
    if (!isAsked || isAllowedHost(request, allowedHosts ?? NO_NAMES))
      return enter(request, response);
    response.setHeader('connection', 'close');
    sendText(
      response,
      421,
      'the Host of this request is not one of ours; allowed_hosts names further ones\n',
    );
  };
}

function timesOf({ readTimeoutMs }: FunctionLimits): ServerOptions {
  return {
    requestTimeout: readTimeoutMs,
    headersTimeout: readTimeoutMs,
    // Node checks its connections only at intervals.
    connectionsCheckingInterval: Math.min(Math.max(readTimeoutMs / 4, 50), 5_000),
    // A proxy must not find a connection closed that it just chose, so its idle timeout must be shorter.
    keepAliveTimeout: Math.max(readTimeoutMs, 5_000),
  };
}

/** Ends by itself shortly before the platform would end it. */
function drainMs({ writeTimeoutMs, gracePeriodMs, healthcheckIntervalMs }: FunctionLimits): number {
  const left = Math.max(gracePeriodMs - healthcheckIntervalMs - 1_000, 0);
  return writeTimeoutMs === 0 ? left : Math.min(writeTimeoutMs, left);
}

/** Handles the host's own paths, and applies the limits of a call. */
class Endpoint {
  readonly metrics = new CallMetrics();
  readonly detached: DetachedWork;
  private readonly handler: Promise<FunctionHandler>;
  private readonly timed: Promise<FunctionHandler>;
  private readonly watch: LoopWatch | undefined;
  private readonly env: Environment;
  private readonly limits: FunctionLimits;
  private readonly lock: string;
  /** Answers that are not out yet. */
  private readonly unanswered = new Set<ServerResponse>();
  private readonly rest = collectAtRest(() => this.unanswered.size === 0);
  private isOpen = false;
  private isStopping = false;

  constructor(handler: Promise<FunctionHandler>, env: Environment, limits: FunctionLimits) {
    this.handler = handler;
    const watch = limits.execTimeoutMs > 0 ? new LoopWatch(() => this.stuck()) : undefined;
    this.watch = watch;
    this.detached = new DetachedWork(limits.execTimeoutMs, watch);
    this.timed = handler.then((loaded) =>
      inTime(logged(loaded), limits.execTimeoutMs, watch && ((ms) => watch.begin(ms))),
    );
    this.timed.catch(() => undefined);
    this.env = env;
    this.limits = limits;
    this.lock = join(env['TMPDIR'] || tmpdir(), '.lock');
  }

  async open(): Promise<void> {
    if (!this.limits.suppressLock) await writeFile(this.lock, '');
    this.isOpen = true;
    this.rest();
  }

  async close(): Promise<void> {
    this.isOpen = false;
    this.isStopping = true;
    await rm(this.lock, { force: true });
  }

  async end(): Promise<void> {
    await this.watch?.close();
  }

  enter(request: IncomingMessage, response: ServerResponse): void {
    // Callers during a stop should use another instance next time.
    if (this.isStopping) response.setHeader('connection', 'close');
    const path = request.url?.split('?')[0];
    if (path === '/_/health' || path === '/_/ready') void this.probe(path, request, response);
    else void this.call(request, response);
  }

  /** The thread was blocked beyond its time limit: every caller is answered at once, as nothing else will run. */
  private stuck(): never {
    log('error', 'handler-stuck', { execTimeoutMs: this.limits.execTimeoutMs });
    for (const response of this.unanswered)
      if (response.headersSent) response.destroy();
      else
        response
          .writeHead(OVERDUE_ANSWER.status, { ...OVERDUE_ANSWER.headers, connection: 'close' })
          .end();
    rmSync(this.lock, { force: true });
    endAtOnce(1);
  }

  private async probe(path: string, request: IncomingMessage, response: ServerResponse) {
    if (request.method !== 'GET') return sendText(response, 405);
    if (!this.isOpen) return sendText(response, 503, this.isStopping ? 'stopping' : 'starting');
    if (!(await this.isLocked())) return sendText(response, 503, 'stopping');
    if (path === '/_/health') return sendText(response, 200, 'OK');
    const { inflightMax, readyPath } = this.limits;
    if (this.isFull()) return sendText(response, 429, tooMany(inflightMax));
    if (readyPath !== undefined) return this.pass(request, response, readyPath);
    const reason = await this.whyNotReady(response);
    return reason === undefined ? sendText(response, 200, 'OK') : sendText(response, 503, reason);
  }

  private async isLocked(): Promise<boolean> {
    if (this.limits.suppressLock) return true;
    return access(this.lock).then(
      () => true,
      () => false,
    );
  }

  private async whyNotReady(response: ServerResponse): Promise<string | undefined> {
    const left = new AbortController();
    response.once('close', () => left.abort());
    const own = { callId: randomUUID(), signal: left.signal };
    const context: FunctionContext = { ...own, ...mounted(this.env) };
    try {
      await (await this.handler).ready?.(context);
      return undefined;
    } catch (thrown) {
      return thrown instanceof Error ? thrown.message : 'not ready';
    }
  }

  private isFull(): boolean {
    const { inflightMax } = this.limits;
    return inflightMax > 0 && this.metrics.inflight >= inflightMax;
  }

  private async call(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const full = this.isFull();
    nameCall(request);
    this.measure(request, response);
    if (full) {
      response.setHeader('x-openfaas-internal', 'faas-middleware');
      return sendText(response, 429, tooMany(this.limits.inflightMax));
    }
    await this.pass(request, response, request.url ?? '/');
  }

  private async pass(
    request: IncomingMessage,
    response: ServerResponse,
    url: string,
  ): Promise<void> {
    const timed = await this.timed;
    const isJson = /^application\/([\w.-]+\+)?json\b/i.test(request.headers['content-type'] ?? '');
    const bodyBytesMax = isJson ? this.limits.jsonBytesMax : this.limits.rawBytesMax;
    return answer(timed, request, response, url, {
      bodyBytesMax,
      functionEnvironment: mounted(this.env),
      detach: this.detached.take,
    });
  }

  /** Counts, times and logs the call, and cuts off an answer that is not taken in time. */
  private measure(request: IncomingMessage, response: ServerResponse): void {
    const startedAt = performance.now();
    const { writeTimeoutMs } = this.limits;
    const timer = writeTimeoutMs > 0 && setTimeout(() => response.destroy(), writeTimeoutMs);
    this.metrics.inflight += 1;
    this.unanswered.add(response);
    response.once('close', () => {
      this.unanswered.delete(response);
      if (timer) clearTimeout(timer);
      this.metrics.inflight -= 1;
      this.rest();
      const ms = performance.now() - startedAt;
      const { method = 'GET', url = '/' } = request;
      // No answer was sent: the caller left, or its time was up.
      const status = response.headersSent ? response.statusCode : NOT_ANSWERED;
      this.metrics.end(status, method, ms / 1_000);
      log('info', 'call', {
        callId: request.headers['x-call-id'],
        ...traceOf(request),
        method,
        // Without the query, which may hold private data.
        path: url.split('?')[0],
        status,
        durationMs: Number(ms.toFixed(3)),
        ...(!response.writableFinished && { cut: true }),
      });
    });
  }
}

/** Without running `exit` listeners: they belong to code that is not trusted any more. */
function endAtOnce(code: number): never {
  const { reallyExit } = process as unknown as { reallyExit(code: number): never };
  return reallyExit.call(process, code);
}

/** The trace id of a well-formed `traceparent` (https://www.w3.org/TR/trace-context). */
function traceOf({ headers }: IncomingMessage): { readonly traceId?: string } {
  const [, traceId] = TRACEPARENT.exec(String(headers['traceparent'] ?? '')) ?? [];
  return traceId === undefined ? {} : { traceId };
}

/** Every call has an id; an invalid one is replaced, so that callers cannot inject text into our log. */
function nameCall({ headers }: IncomingMessage): void {
  if (!/^[\w.:-]{1,128}$/.test(String(headers['x-call-id'] ?? '')))
    headers['x-call-id'] = randomUUID();
}

/** The caller learns only that the function failed; the log says why. */
function logged(handler: FunctionHandler): FunctionHandler {
  return async (event, context) => {
    try {
      return await handler(event, context);
    } catch (cause) {
      log('error', 'handler-failed', { callId: context.callId, cause });
      throw cause;
    }
  };
}

function sendText(response: ServerResponse, status: number, text = ''): void {
  response.statusCode = status;
  response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.end(text);
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** @returns whether all calls ended by themselves */
async function end(server: Server, limitMs: number): Promise<boolean> {
  let whole = true;
  const ended = new Promise<void>((resolve) => server.close(() => resolve()));
  // A connection whose last answer is out stays open for the next request, which will not come.
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
  const timer = setTimeout(() => {
    whole = false;
    server.closeAllConnections();
  }, limitMs);
  await ended;
  clearInterval(sweep);
  clearTimeout(timer);
  return whole;
}
