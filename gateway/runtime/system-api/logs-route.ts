/**
 * `GET /system/logs`: a function's log, one JSON object a line; with `follow` until the caller disconnects. A caller
 * that reads too slowly misses lines and is informed how many: a function never waits for a
 * reader.
 */
import type { Request, Response, Router } from 'express';
import type { FunctionHost } from '../invoke/function-host.ts';
import type { LogLine } from '../observe/line-ring.ts';
import { chosen, isAskedFor, readLogQuery, type LogQuery } from '../observe/log-query.ts';
import { answerByMethod } from '../http/method-routes.ts';
import { NAMESPACE, sendError } from '../http/platform-errors.ts';
import { requireNamespace } from '../http/system-body.ts';

/** @param stopping ends all that follow */
export function logsRoute(router: Router, host: FunctionHost, stopping: AbortSignal): void {
  const subscription = new Set<Response>();
  stopping.addEventListener('abort', () => {
    for (const response of subscription) response.end();
  });
  answerByMethod(router, '/logs', {
    GET: (request, response) => {
      requireNamespace(request);
      const query = readLogQuery(searchOf(request));
      const deployed = host.find(query.name);
      if (!deployed) return sendError(response, 404, `function ${query.name} not found`);
      const { name } = deployed.spec;
      response.type('application/x-ndjson');
      for (const line of chosen(host.logs.lines(name), query)) response.write(entry(name, line));
      if (!query.follow || stopping.aborted) return void response.end();
      response.flushHeaders();
      const subscriber = new Subscriber(response, name, query);
      const unlisten = host.logs.listen(name, (line) => subscriber.receive(line));
      subscription.add(response);
      response.once('close', () => {
        unlisten();
        subscription.delete(response);
      });
    },
  });
}

function searchOf(request: Request): URLSearchParams {
  return new URL(request.url, 'http://gateway').searchParams;
}

function entry(name: string, { atMs, instance, text }: LogLine): string {
  const timestamp = new Date(atMs).toISOString();
  return `${JSON.stringify({ name, namespace: NAMESPACE, instance, timestamp, text })}\n`;
}

class Subscriber {
  private readonly response: Response;
  private readonly name: string;
  private readonly query: LogQuery;
  private missed = 0;
  private lastInstance = '';

  constructor(response: Response, name: string, query: LogQuery) {
    this.response = response;
    this.name = name;
    this.query = query;
    response.on('drain', () => this.catchUp());
  }

  receive(line: LogLine): void {
    if (!isAskedFor(line, this.query)) return;
    this.lastInstance = line.instance;
    if (this.response.writableNeedDrain) this.missed += 1;
    else this.response.write(entry(this.name, line));
  }

  private catchUp(): void {
    if (this.missed === 0) return;
    const text = `… (${this.missed} lines were not sent: the reader was too slow)`;
    this.missed = 0;
    this.response.write(entry(this.name, { atMs: Date.now(), instance: this.lastInstance, text }));
  }
}
