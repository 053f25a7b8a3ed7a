/** Functions of another board, called through its facade: JSON on this side, protobuf between. */
import type { ChannelCredentials } from '@grpc/grpc-js';
import { Failure } from '#shared/kernel/failure.ts';
import { requireOperation } from '#shared/contract/catalogue.ts';
import type { Log } from '#shared/process/log.ts';
import { tlsFilesOf, type TlsSettings } from '#shared/process/tls-settings.ts';
import { WatchedTls } from '#shared/process/watched-tls.ts';
import type { FunctionAnswer, FunctionCall, Transport } from '../functions-client.ts';
import type { RemoteService } from '../remote/remote-service.ts';
import type { Probe } from '../remote/remote-target.ts';
import { channelCredentials } from './channel-credentials.ts';
import { GrpcService, type GrpcServiceOptions } from './grpc-service.ts';
import { requestTypeOf } from './service-definitions.ts';

export interface GrpcRoute {
  readonly transport: Transport;
  readonly probe: Probe;
  readonly close: () => void;
}

export function openGrpcRoute(options: GrpcServiceOptions, guard: RemoteService): GrpcRoute {
  const remote = new GrpcService(options, guard);
  return { transport: transportOf(remote), probe: remote.probe, close: () => remote.close() };
}

/** Credentials shared by all channels of a process, with the watcher of their files. */
export async function openCredentials(
  settings: TlsSettings,
  log: Log,
): Promise<{ credentials: ChannelCredentials; close: () => void }> {
  const files = tlsFilesOf(settings);
  const tls = files && (await WatchedTls.open(files, { log }));
  return { credentials: channelCredentials(tls), close: () => tls?.close() };
}

function transportOf(remote: GrpcService): Transport {
  const health = new SharedHealth(remote);
  return async (call) => {
    const [name = '', ...path] = call.name.split('/');
    if (path.length > 0) return health.ask(call);
    // A caller that cancels also cancels the rpc on the other board.
    if (call.headers?.['x-take-back'] !== undefined) return { status: 200, body: lines([]) };
    const { service, rpc, streams } = requireOperation(name);
    const request = requestTypeOf(service, rpc).fromJSON(JSON.parse(call.body));
    if (!streams) {
      const { value, staleMs } = await remote.once(rpc, request, call);
      return { status: 200, body: lines([value]), staleMs };
    }
    const messages = remote.stream(rpc, request, call);
    if (call.accept === 'application/x-ndjson') return begun(messages);
    let last: object = {};
    for await (const message of messages) last = message;
    return { status: 200, body: lines([last]) };
  };
}

/** The first message is awaited, so that a refusal is thrown and not streamed. */
async function begun(messages: AsyncGenerator<object>): Promise<FunctionAnswer> {
  const first = await messages.next();
  return { status: 200, body: rest(first, messages) };
}

async function* rest(
  first: IteratorResult<object>,
  messages: AsyncGenerator<object>,
): AsyncGenerator<string> {
  try {
    if (!first.done) yield line(first.value);
    for await (const message of messages) yield line(message);
  } finally {
    await messages.return(undefined);
  }
}

async function* lines(messages: readonly object[]): AsyncGenerator<string> {
  for (const message of messages) yield line(message);
}

function line(message: object): string {
  return `${JSON.stringify(message)}\n`;
}

/** A service has one health check for all its functions; concurrent requests share one call. */
class SharedHealth {
  private readonly remote: GrpcService;
  private asking: Promise<object> | undefined;

  constructor(remote: GrpcService) {
    this.remote = remote;
  }

  async ask({ signal, requestId, forwardedBy }: FunctionCall): Promise<FunctionAnswer> {
    this.asking ??= this.remote
      .once('healthCheck', {}, { signal, requestId, forwardedBy })
      .then(({ value }) => value)
      .finally(() => (this.asking = undefined));
    const { healthy, status } = (await this.asking) as { healthy?: boolean; status?: string };
    if (healthy === true) return { status: 200, body: lines([]) };
    const failure = new Failure('UNAVAILABLE', status || 'is not ready');
    return { status: 503, body: lines([failure]) };
  }
}
