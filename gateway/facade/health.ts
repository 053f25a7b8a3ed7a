/**
 * `grpc.health.v1`: whether the services of a port can do their work, each by its full name and all
 * of them as "". Functions are checked on request or while someone watches; never otherwise.
 */
import type { sendUnaryData, Server, ServerUnaryCall, ServerWritableStream } from '@grpc/grpc-js';
import { service as definition, type ServingStatus } from 'grpc-health-check';
import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FunctionsClient } from '#shared/clients/functions-client.ts';
import { serviceHealth } from '#shared/clients/service-health.ts';
import { Failure, notFound } from '#shared/kernel/failure.ts';
import type { ServiceName } from '#shared/contract/names.ts';
import { fullNameOf } from './services.ts';
import { grpcStatusOf } from './failure-status.ts';

type Status = ServingStatus | 'SERVICE_UNKNOWN';
interface Asked {
  readonly service: string;
}
interface HealthAnswer {
  readonly status: Status;
}

/** Concurrent requests share one check. */
const FRESH_MS = 1_000;
const WATCH_POLL_MS = 2_000;

export class Health {
  private readonly functions: FunctionsClient;
  private readonly polls = new Map<ServiceName, { readonly at: number; is: Promise<Status> }>();
  private readonly draining = new AbortController();

  constructor(functions: FunctionsClient) {
    this.functions = functions;
    // Every check under way and every watcher listens to it.
    setMaxListeners(0, this.draining.signal);
  }

  /** From now on NOT_SERVING; watchers are notified and disconnected. */
  drain(): void {
    this.draining.abort();
  }

  addTo(server: Server, services: readonly ServiceName[]): void {
    const find = (name: string): readonly ServiceName[] =>
      services.filter((service) => name === '' || fullNameOf(service) === name);
    server.addService(definition, {
      check: (call: ServerUnaryCall<Asked, HealthAnswer>, answer: sendUnaryData<HealthAnswer>) => {
        const { service } = call.request;
        const named = find(service);
        if (named.length === 0)
          return answer(grpcStatusOf(notFound('service', service), randomUUID()));
        void this.all(named).then((status) => answer(null, { status }));
      },
      watch: (call: ServerWritableStream<Asked, HealthAnswer>) => {
        void this.watch(call, find(call.request.service));
      },
      list: (_call: ServerUnaryCall<object, object>, answer: sendUnaryData<object>) => {
        void this.list(services).then((statuses) => answer(null, { statuses }));
      },
    });
  }

  private async list(services: readonly ServiceName[]): Promise<Record<string, HealthAnswer>> {
    const each = services.map(async (service): Promise<[string, HealthAnswer]> => {
      return [fullNameOf(service), { status: await this.one(service) }];
    });
    return {
      '': { status: await this.all(services) },
      ...Object.fromEntries(await Promise.all(each)),
    };
  }

  /** Sends the status, and again on each change; ends with the facade. */
  private async watch(
    call: ServerWritableStream<Asked, HealthAnswer>,
    services: readonly ServiceName[],
  ): Promise<void> {
    const left = new AbortController();
    call.once('cancelled', () => left.abort());
    const signal = AbortSignal.any([left.signal, this.draining.signal]);
    let lastSent: Status | undefined;
    for (;;) {
      const status = services.length === 0 ? 'SERVICE_UNKNOWN' : await this.all(services);
      if (left.signal.aborted) return;
      if (status !== lastSent) call.write({ status });
      lastSent = status;
      if (this.draining.signal.aborted) break;
      await sleep(WATCH_POLL_MS, undefined, { signal }).catch(() => undefined);
      if (left.signal.aborted) return;
    }
    const stops = new Failure('UNAVAILABLE', 'This facade stops.');
    call.emit('error', grpcStatusOf(stops, randomUUID()));
  }

  private async all(services: readonly ServiceName[]): Promise<Status> {
    const statuses = await Promise.all(services.map((service) => this.one(service)));
    return statuses.every((status) => status === 'SERVING') ? 'SERVING' : 'NOT_SERVING';
  }

  private async one(service: ServiceName): Promise<Status> {
    if (this.draining.signal.aborted) return 'NOT_SERVING';
    const known = this.polls.get(service);
    if (known && performance.now() - known.at < FRESH_MS) return known.is;
    const is = this.poll(service);
    this.polls.set(service, { at: performance.now(), is });
    return is;
  }

  private async poll(service: ServiceName): Promise<Status> {
    const options = { signal: this.draining.signal, requestId: randomUUID() };
    const health = await serviceHealth(this.functions, service, options).catch(() => undefined);
    return health?.healthy === true ? 'SERVING' : 'NOT_SERVING';
  }
}
