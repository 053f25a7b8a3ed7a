/**
 * The four series an OpenFaaS gateway has. Counts live in memory and begin anew with the process, as
 * counters of Prometheus may; they outlive a new deployment of the function.
 */
import { Counter, Gauge, Registry } from 'prom-client';
import { Durations } from '#template/observe/metrics.ts';
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
  readonly ended: Map<number, Durations>;
}

export class GatewayMetrics {
  private readonly registry = new Registry();
  private readonly counted = new Map<string, Counted>();

  /** @param services asked at each scrape for what is deployed */
  constructor(services: () => readonly ServiceCount[]) {
    const registers = [this.registry];
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
    let durations = ended.get(status);
    if (!durations) ended.set(status, (durations = new Durations()));
    durations.add(seconds);
  }

  /** Calls that ended, whatever their status: what the list of functions shows. */
  invocations(functionName: string): number {
    const ended = this.counted.get(functionName)?.ended.values() ?? [];
    return [...ended].reduce((sum, { count }) => sum + count, 0);
  }

  /** The text format of Prometheus. */
  async text(): Promise<string> {
    return `${this.secondsText()}\n\n${await this.registry.metrics()}`;
  }

  private secondsText(): string {
    const name = 'gateway_functions_seconds';
    const lines = [`# HELP ${name} Function time taken`, `# TYPE ${name} histogram`];
    for (const { functionName, ended } of this.counted.values())
      for (const [code, durations] of ended) {
        const labels = `function_name="${full(functionName)}",code="${code}"`;
        lines.push(...durations.lines(name, labels));
      }
    return lines.join('\n');
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
          for (const [code, { count }] of ended)
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
