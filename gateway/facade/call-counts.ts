/** Calls of the facade that ended, by rpc and status, under the name that servers of gRPC commonly give them. */
import { status } from '@grpc/grpc-js';
import { Counter, Registry } from 'prom-client';

export class CallCounts {
  private readonly registry = new Registry();
  /** By path of the rpc, then by status code. */
  private readonly counted = new Map<string, Map<number, number>>();

  constructor() {
    const { counted } = this;
    new Counter({
      name: 'grpc_server_handled_total',
      help: 'Calls of the gRPC facade that ended, whatever their status.',
      labelNames: ['grpc_service', 'grpc_method', 'grpc_code'],
      registers: [this.registry],
      // Built at each scrape; a call costs only an addition.
      collect() {
        this.reset();
        for (const [path, byCode] of counted)
          for (const [code, count] of byCode) this.inc(labelsOf(path, code), count);
      },
    });
  }

  /** @param path `trader.PlanningService/GetPlan` */
  ended(path: string, code: number): void {
    const known = this.counted.get(path) ?? new Map<number, number>();
    this.counted.set(path, known);
    known.set(code, (known.get(code) ?? 0) + 1);
  }

  /** The text format of Prometheus. */
  text(): Promise<string> {
    return this.registry.metrics();
  }
}

function labelsOf(path: string, code: number) {
  const [grpc_service = '', grpc_method = ''] = path.split('/');
  return { grpc_service, grpc_method, grpc_code: status[code] ?? String(code) };
}
