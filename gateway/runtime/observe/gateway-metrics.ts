/**
 * The four series an OpenFaaS gateway has. Counts live in memory and begin anew with the process, as
 * counters of Prometheus may; they outlive a new deployment of the function.
 */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { EndedCall } from './ended-call.ts';
import { NAMESPACE } from '../http/platform-errors.ts';

/** Statuses of a function that failed by itself: an error, a crash, a time limit. */
const FAILURES = [500, 502, 504];

export interface ServiceCount {
  readonly name: string;
  readonly replicas: number;
}

/** What was counted of one function; statuses as keys. */
interface Counted {
  readonly functionName: string;
  started: number;
  readonly ended: Map<number, number>;
}

export class GatewayMetrics {
  private readonly registry = new Registry();
  private readonly counted = new Map<string, Counted>();
  private readonly seconds: Histogram<'function_name' | 'code'>;

  /** @param services asked at each scrape for what is deployed */
  constructor(services: () => readonly ServiceCount[]) {
    const registers = [this.registry];
    this.seconds = new Histogram({
      name: 'gateway_functions_seconds',
      help: 'Function time taken',
      labelNames: ['function_name', 'code'],
      registers,
    });
    this.countOnScrape(services);
    new Gauge({
      name: 'gateway_service_count',
      help: 'Current count of replicas for function',
      labelNames: ['function_name'],
      registers,
      collect() {
        this.reset();
        for (const { name, replicas } of services())
          this.set({ function_name: full(name) }, replicas);
      },
    });
  }

  started(functionName: string): void {
    this.of(functionName).started += 1;
  }

  ended(functionName: string, { status, seconds }: EndedCall): void {
    const { ended } = this.of(functionName);
    ended.set(status, (ended.get(status) ?? 0) + 1);
    this.seconds.observe({ function_name: full(functionName), code: status }, seconds);
  }

  /** Calls that ended, whatever their status: what the list of functions shows. */
  invocations(functionName: string): number {
    const ended = this.counted.get(functionName)?.ended.values() ?? [];
    return [...ended].reduce((sum, count) => sum + count, 0);
  }

  /** The text format of Prometheus. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  /** The counters are built at each scrape; a call costs only an addition. */
  private countOnScrape(services: () => readonly ServiceCount[]): void {
    const counted = this.counted;
    const registers = [this.registry];
    new Counter({
      name: 'gateway_function_invocation_total',
      help: 'Function metrics',
      labelNames: ['function_name', 'code'],
      registers,
      collect() {
        this.reset();
        // A series that begins with its first failures has not increased by them.
        for (const { name } of services())
          for (const code of FAILURES) this.inc({ function_name: full(name), code }, 0);
        for (const { functionName, ended } of counted.values())
          for (const [code, count] of ended)
            this.inc({ function_name: full(functionName), code }, count);
      },
    });
    new Counter({
      name: 'gateway_function_invocation_started',
      help: 'The total number of function HTTP requests started.',
      labelNames: ['function_name'],
      registers,
      collect() {
        this.reset();
        for (const { functionName, started } of counted.values())
          this.inc({ function_name: full(functionName) }, started);
      },
    });
  }

  private of(functionName: string): Counted {
    const known = this.counted.get(functionName);
    if (known) return known;
    const made: Counted = { functionName, started: 0, ended: new Map() };
    this.counted.set(functionName, made);
    return made;
  }
}

function full(functionName: string): string {
  return `${functionName}.${NAMESPACE}`;
}
