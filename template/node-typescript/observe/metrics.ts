/**
 * The three series of of-watchdog, in Prometheus' text format. No library is used for three series:
 * the smallest one would be a large part of a function's bundle.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Seconds; the bounds every Prometheus client begins with. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Durations of calls, counted by those bounds. */
export class Durations {
  count = 0;
  private sum = 0;
  private readonly upTo: number[] = BOUNDS.map(() => 0);

  add(seconds: number): void {
    this.count += 1;
    this.sum += seconds;
    let first = 0;
    while (first < BOUNDS.length && seconds > (BOUNDS[first] ?? 0)) first += 1;
    if (first < BOUNDS.length) this.upTo[first] = (this.upTo[first] ?? 0) + 1;
  }

  /** A histogram's lines. @param labels as they are written, without braces */
  lines(name: string, labels: string): string[] {
    let below = 0;
    const buckets = BOUNDS.map((bound, at) => {
      below += this.upTo[at] ?? 0;
      return `${name}_bucket{${labels},le="${bound}"} ${below}`;
    });
    return [
      ...buckets,
      `${name}_bucket{${labels},le="+Inf"} ${this.count}`,
      `${name}_sum{${labels}} ${this.sum}`,
      `${name}_count{${labels}} ${this.count}`,
    ];
  }
}

export class CallMetrics {
  /** By labels, as they are written. */
  private readonly calls = new Map<string, Durations>();
  inflight = 0;

  /** @param method of those Node's parser knows, so that labels stay few */
  end(status: number, method: string, seconds: number): void {
    const labels = `code="${status}",method="${method.toLowerCase()}"`;
    const known = this.calls.get(labels) ?? new Durations();
    this.calls.set(labels, known);
    known.add(seconds);
  }

  text(): string {
    const counts: string[] = [];
    const durations: string[] = [];
    for (const [labels, observed] of this.calls) {
      counts.push(`http_requests_total{${labels}} ${observed.count}`);
      durations.push(...observed.lines('http_request_duration_seconds', labels));
    }
    return [
      '# HELP http_requests_in_flight Calls that are running.',
      '# TYPE http_requests_in_flight gauge',
      `http_requests_in_flight ${this.inflight}`,
      '# HELP http_requests_total Calls that were answered.',
      '# TYPE http_requests_total counter',
      ...counts,
      '# HELP http_request_duration_seconds Seconds from a request to the end of its answer.',
      '# TYPE http_request_duration_seconds histogram',
      ...durations,
      '',
    ].join('\n');
  }

  /** Answers on the port of the metrics, which has this one page. */
  readonly page = (request: IncomingMessage, response: ServerResponse): void => {
    const isPage = request.url?.split('?')[0] === '/metrics';
    response.statusCode = isPage ? 200 : 404;
    response.setHeader(
      'content-type',
      isPage ? 'text/plain; version=0.0.4; charset=utf-8' : 'text/plain; charset=utf-8',
    );
    response.end(isPage ? this.text() : '404 page not found\n');
  };
}
