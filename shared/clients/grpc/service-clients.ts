/**
 * Typed clients of the seven services, from one loop over the generated definitions. An rpc that
 * answers once is a promise, one that streams an async iterable; what goes wrong is a `Failure`.
 *
 * Calls are repeated only where the operation's row says that it is safe. A circuit breaker opens
 * for a service that does not answer. A read may then return the last good answer: only for callers
 * that give `onStale`, which receives its age.
 */
import { randomUUID } from 'node:crypto';
import type { ChannelCredentials } from '@grpc/grpc-js';
import type { DeepPartial } from '#protos/gen/common/common.ts';
import { serviceNames, type ServiceName } from '#shared/contract/names.ts';
import { BREAKER_USUAL, type BreakerRule, type HealthCheck } from '#shared/placement/placement.ts';
import type { Log } from '#shared/process/log.ts';
import type { CallOptions } from '../functions-client.ts';
import { RemoteService } from '../remote/remote-service.ts';
import { RemoteTarget } from '../remote/remote-target.ts';
import { GrpcService, wholeRequest } from './grpc-service.ts';
import { serviceDefinitions, type ServiceDefinitions } from './service-definitions.ts';

export interface ServiceClientsOptions {
  /** `host:port` of each service. */
  readonly addresses: Readonly<Record<ServiceName, string>>;
  /** From `channelCredentials`. */
  readonly credentials: ChannelCredentials;
  readonly log: Log;
  /** The board's name, for people; the address unless given. */
  readonly device?: string | undefined;
  readonly token?: string | undefined;
  readonly retries?: number | undefined;
  /** Limits calls that answer once, below the operation's own time. */
  readonly timeoutMs?: number | undefined;
  readonly breaker?: BreakerRule | undefined;
  /** Absent: only calls show whether the board is reachable. */
  readonly healthCheck?: HealthCheck | undefined;
  /** Maximum age of a stale answer; 0: never. */
  readonly staleMsMax?: number | undefined;
}

/** Options of a call; each has a default. */
export type ClientCallOptions = Partial<CallOptions>;

interface Rpc {
  readonly responseStream: boolean;
  readonly requestDeserialize: (bytes: Buffer) => object;
  readonly responseDeserialize: (bytes: Buffer) => object;
}

type RpcClient<M extends Rpc> = (
  request: DeepPartial<ReturnType<M['requestDeserialize']>>,
  options?: ClientCallOptions,
) => M['responseStream'] extends true
  ? AsyncGenerator<ReturnType<M['responseDeserialize']>>
  : Promise<ReturnType<M['responseDeserialize']>>;

export type ServiceClient<S extends ServiceName> = {
  readonly [M in keyof ServiceDefinitions[S]]: ServiceDefinitions[S][M] extends Rpc
    ? RpcClient<ServiceDefinitions[S][M]>
    : never;
};

export type ServiceClients = { readonly [S in ServiceName]: ServiceClient<S> } & {
  close(): void;
};

const RETRIES_USUAL = 2;
const STALE_MS_USUAL = 900_000;

/** Connects at the first call. */
export function openServiceClients(options: ServiceClientsOptions): ServiceClients {
  const closers: (() => void)[] = [];
  const clients = serviceNames.map((service) => [service, openOne(service, options, closers)]);
  return Object.assign(Object.fromEntries(clients) as { [S in ServiceName]: ServiceClient<S> }, {
    close: () => closers.forEach((close) => close()),
  });
}

function openOne(service: ServiceName, options: ServiceClientsOptions, closers: (() => void)[]) {
  const { addresses, credentials, log, token, retries = RETRIES_USUAL, timeoutMs } = options;
  const { breaker = BREAKER_USUAL, staleMsMax = STALE_MS_USUAL, healthCheck } = options;
  const address = addresses[service];
  const device = options.device ?? address;
  const target = new RemoteTarget({ address, device, breaker, log });
  const guard = new RemoteService({ service, device, target, retries, timeoutMs, staleMsMax });
  const remote = new GrpcService({ service, address, credentials, token }, guard);
  if (healthCheck) target.watch(remote.probe, healthCheck);
  closers.push(() => (target.close(), remote.close()));
  const rpcs = Object.entries(serviceDefinitions[service]).map(([rpc, { responseStream }]) => [
    rpc,
    responseStream ? streaming(remote, service, rpc) : unary(remote, service, rpc),
  ]);
  return Object.fromEntries(rpcs) as Record<string, unknown>;
}

function unary(remote: GrpcService, service: ServiceName, rpc: string) {
  return async (partial: object, given: ClientCallOptions = {}): Promise<object> => {
    const options = completed(given);
    const answered = await remote.once(rpc, wholeRequest(service, rpc, partial), options);
    if (answered.staleMs !== undefined) options.onStale?.(answered.staleMs);
    return answered.value;
  };
}

function streaming(remote: GrpcService, service: ServiceName, rpc: string) {
  return (partial: object, given: ClientCallOptions = {}): AsyncGenerator<object> =>
    remote.stream(rpc, wholeRequest(service, rpc, partial), completed(given));
}

function completed(given: ClientCallOptions): CallOptions {
  const { signal = new AbortController().signal, requestId = randomUUID() } = given;
  return { ...given, signal, requestId };
}
