/** Functions of another board, called through its facade: protobuf between, on this side what the caller takes. */
import type { ChannelCredentials } from '@grpc/grpc-js';
import { Failure } from '#shared/kernel/failure.ts';
import { requireOperation } from '#shared/contract/catalogue.ts';
import type { Log } from '#shared/process/log.ts';
import { tlsFilesOf, type TlsSettings } from '#shared/process/tls-settings.ts';
import { WatchedTls } from '#shared/process/watched-tls.ts';
import {
  endFrame,
  messageFrame,
  PROTOBUF_TYPE,
  STREAM_TYPE,
} from '#shared/contract/message-frames.ts';
import {
  LINES_TYPE,
  readsEach,
  type FunctionAnswer,
  type FunctionCall,
  type Transport,
} from '../functions-client.ts';
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
    const request =
      typeof call.body === 'string'
        ? requestTypeOf(service, rpc).fromJSON(JSON.parse(call.body))
        : Buffer.from(call.body);
    // What another board answers goes on as it came, where its caller takes that.
    const inBytes = call.accept.includes(PROTOBUF_TYPE);
    const answer = inBytes ? 'bytes' : 'message';
    if (!streams) {
      const { value, staleMs } = await remote.once(rpc, request, call, answer);
      return { ...whole(value), staleMs };
    }
    const messages = remote.stream(rpc, request, call, answer);
    if (readsEach(call)) return begun(messages, inBytes ? framed : inLines);
    let last: object = inBytes ? Buffer.alloc(0) : {};
    for await (const message of messages) last = message;
    return whole(last);
  };
}

/** @param message the message, or its bytes */
function whole(message: object): FunctionAnswer {
  if (!Buffer.isBuffer(message)) return { status: 200, body: lines([message]) };
  return { status: 200, contentType: PROTOBUF_TYPE, body: chunks([message]) };
}

interface StreamedAnswer {
  readonly contentType: string;
  readonly write: (message: object) => string | Uint8Array;
  readonly end?: () => Uint8Array;
}

const inLines: StreamedAnswer = { contentType: LINES_TYPE, write: line };
const framed: StreamedAnswer = {
  contentType: STREAM_TYPE,
  write: (bytes) => messageFrame(bytes as Buffer),
  end: () => endFrame(),
};

/** The first message is awaited, so that a refusal is thrown and not streamed. */
async function begun(
  messages: AsyncGenerator<object>,
  answer: StreamedAnswer,
): Promise<FunctionAnswer> {
  const first = await messages.next();
  const { contentType } = answer;
  return { status: 200, contentType, body: rest(first, messages, answer) };
}

async function* rest(
  first: IteratorResult<object>,
  messages: AsyncGenerator<object>,
  { write, end }: StreamedAnswer,
): AsyncGenerator<string | Uint8Array> {
  try {
    if (!first.done) yield write(first.value);
    for await (const message of messages) yield write(message);
    if (end) yield end();
  } finally {
    await messages.return(undefined);
  }
}

async function* chunks(bytes: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* bytes;
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
