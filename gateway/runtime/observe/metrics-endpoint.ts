/**
 * What the metrics port answers: `/metrics` for Prometheus and `/healthz`, for GET only, without
 * credentials.
 */
import type { RequestListener, ServerResponse } from 'node:http';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Log } from '#shared/process/log.ts';

/** Gives metrics in Prometheus' text format. */
export type MetricsSource = () => Promise<string>;

/** Shows what the sources give, and the metrics of the process. */
export function metricsEndpoint(sources: readonly MetricsSource[], log: Log): RequestListener {
  return (request, response) => {
    const [path] = (request.url ?? '/').split('?');
    if (path !== '/metrics' && path !== '/healthz')
      return respond(response, 404, '404 page not found\n');
    if (request.method !== 'GET') return void response.writeHead(405, { allow: 'GET' }).end();
    if (path === '/healthz') return respond(response, 200, 'OK');
    exposition(sources).then(
      (text) => respond(response, 200, text, Registry.PROMETHEUS_CONTENT_TYPE),
      (cause: unknown) => {
        log.error('metrics-failed', { cause });
        respond(response, 500, 'the metrics failed\n');
      },
    );
  };
}

function respond(
  response: ServerResponse,
  status: number,
  text: string,
  contentType = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'content-type': contentType, 'x-content-type-options': 'nosniff' });
  response.end(text);
}

async function exposition(sources: readonly MetricsSource[]): Promise<string> {
  const process = (ofProcess ??= openProcessMetrics());
  const texts = await Promise.all([...sources.map((read) => read()), process.metrics()]);
  return texts.map((text) => `${text.trimEnd()}\n`).join('\n');
}

/** One for the process, created at the first scrape: its collectors run as long as the process. */
let ofProcess: Registry | undefined;

function openProcessMetrics(): Registry {
  const register = new Registry();
  collectDefaultMetrics({ register });
  return register;
}
