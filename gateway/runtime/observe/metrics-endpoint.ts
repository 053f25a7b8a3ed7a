/** What the metrics port answers: `/metrics` for Prometheus and `/healthz`, to GET only, to anybody. */
import type { RequestListener, ServerResponse } from 'node:http';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Log } from '#shared/process/log.ts';
import type { GatewayMetrics } from './gateway-metrics.ts';

export function metricsEndpoint(metrics: GatewayMetrics, log: Log): RequestListener {
  return (request, response) => {
    const [path] = (request.url ?? '/').split('?');
    if (path !== '/metrics' && path !== '/healthz')
      return say(response, 404, '404 page not found\n');
    if (request.method !== 'GET') return void response.writeHead(405).end();
    if (path === '/healthz') return say(response, 200, 'OK');
    exposition(metrics).then(
      (text) => say(response, 200, text, metrics.contentType),
      (cause: unknown) => {
        log.error('metrics-failed', { cause });
        say(response, 500, 'the metrics failed\n');
      },
    );
  };
}

function say(
  response: ServerResponse,
  status: number,
  text: string,
  contentType = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'content-type': contentType, 'x-content-type-options': 'nosniff' });
  response.end(text);
}

async function exposition(metrics: GatewayMetrics): Promise<string> {
  ofProcess ??= openProcessMetrics();
  return `${await metrics.text()}\n${await ofProcess.metrics()}`;
}

/** One for the process, from the first time somebody asks: they measure as long as it lives. */
let ofProcess: Registry | undefined;

function openProcessMetrics(): Registry {
  const register = new Registry();
  collectDefaultMetrics({ register });
  return register;
}
