/**
 * The rpcs of one service on another board, with the time limits, retries and circuit breaker of
 * all remote calls.
 */
import { Client, Metadata, type ChannelCredentials, type ChannelOptions } from '@grpc/grpc-js';
import { present } from '#shared/kernel/assert.ts';
import { requireOperation } from '#shared/contract/catalogue.ts';
import { functionName, type ServiceName } from '#shared/contract/names.ts';
import type { CallOptions } from '../functions-client.ts';
import { headerText } from '../header-text.ts';
import { LastAnswers } from '../remote/last-answers.ts';
import { Outage } from '../remote/outage.ts';
import { remoteCallOf, READY_ROW } from '../remote/remote-call.ts';
import type { RemoteAnswer, RemoteCall, RemoteService } from '../remote/remote-service.ts';
import type { Probe } from '../remote/remote-target.ts';
import { callOnce, callStreaming, type GrpcCall, type RpcMethod } from './grpc-call.ts';
import { requestTypeOf, serviceDefinitions } from './service-definitions.ts';

export interface GrpcServiceOptions {
  readonly service: ServiceName;
  /** `host:port` */
  readonly address: string;
  readonly credentials: ChannelCredentials;
  /** Sent as bearer token, where there is one. */
  readonly token?: string | undefined;
  /** This board's name, so that a call is not forwarded in a loop. */
  readonly forwardedBy?: string | undefined;
}

const MESSAGE_BYTES_MAX = 4 * 1024 * 1024;

/**
 * A board that lost power closes no connection; keepalive detects it. Wi-Fi may pause for seconds.
 */
const channelOptions: ChannelOptions = {
  'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
  'grpc.max_send_message_length': MESSAGE_BYTES_MAX,
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.initial_reconnect_backoff_ms': 200,
  // During a backoff calls fail without a try; a board that is back must not stay unreachable for long.
  'grpc.max_reconnect_backoff_ms': 1_000,
  // Boards are called directly, as over HTTP: a proxy of the environment leads out, and would see the token.
  'grpc.enable_http_proxy': 0,
  // Retries are decided here: grpc-js knows neither effects nor idempotency keys.
  'grpc.enable_retries': 0,
};

export class GrpcService {
  private readonly options: GrpcServiceOptions;
  private readonly guard: RemoteService;
  private readonly client: Client;
  private readonly answers = new LastAnswers<object>();
  private readonly methods: Readonly<Record<string, RpcMethod>>;
  private readonly inBytes: Readonly<Record<string, RpcMethod>>;

  constructor(options: GrpcServiceOptions, guard: RemoteService) {
    this.options = options;
    this.guard = guard;
    this.client = new Client(options.address, options.credentials, channelOptions);
    this.methods = serviceDefinitions[options.service] as unknown as Record<string, RpcMethod>;
    this.inBytes = Object.fromEntries(
      Object.entries(this.methods).map(([rpc, method]) => [rpc, answeringBytes(method)]),
    );
  }

  /** @param request the whole message, or its bytes @param answer as a message, or its bytes as they came */
  once(
    rpc: string,
    request: object,
    options: CallOptions,
    answer: Answer = 'message',
  ): Promise<RemoteAnswer<object>> {
    const call = remoteCallOf(this.rowOf(rpc), options);
    const asked = answer === 'bytes' ? [answer, request] : request;
    return this.guard.once(call, asked, this.answers, (signal, timeoutMs) =>
      callOnce(this.callOf(rpc, request, options, { signal, timeoutMs, answer })),
    );
  }

  async *stream(
    rpc: string,
    request: object,
    options: CallOptions,
    answer: Answer = 'message',
  ): AsyncGenerator<object> {
    const call = remoteCallOf(this.rowOf(rpc), options);
    const { value, end } = await this.guard.begin(call, async (signal, timeoutMs) => {
      const limits = { signal, timeoutMs, answer };
      const messages = callStreaming(this.callOf(rpc, request, options, limits));
      return { first: await messages.next(), messages };
    });
    const { first, messages } = value;
    try {
      if (!first.done) yield first.value;
      yield* messages;
    } catch (thrown) {
      options.signal.throwIfAborted();
      throw this.guard.brokenOff(call, thrown);
    } finally {
      end();
      await messages.return();
    }
  }

  /** Whether the service's port answers at all. */
  readonly probe: Probe = async (timeoutMs) => {
    const options = { signal: AbortSignal.timeout(timeoutMs), requestId: 'health-check' };
    const limits = { signal: options.signal, timeoutMs, answer: 'message' } as const;
    const call = this.callOf('healthCheck', {}, options, limits);
    await callOnce(call).catch((thrown: unknown) => {
      if (thrown instanceof Outage || options.signal.aborted)
        throw new Outage('connection', 'unknown', thrown);
    });
  };

  close(): void {
    this.client.close();
  }

  private rowOf(rpc: string): RemoteCall['row'] {
    const { service } = this.options;
    if (rpc === 'healthCheck') return { ...READY_ROW, name: functionName(service, rpc) };
    return requireOperation(functionName(service, rpc));
  }

  private callOf(
    rpc: string,
    request: object,
    options: CallOptions,
    { answer, ...limits }: Pick<GrpcCall, 'signal' | 'timeoutMs'> & { readonly answer: Answer },
  ): GrpcCall {
    const methods = answer === 'bytes' ? this.inBytes : this.methods;
    const method = present(methods[rpc], `the proto has an rpc ${rpc}`);
    const onLeaving = this.options.forwardedBy === undefined ? 'cancel' : 'let-go';
    const metadata = this.metadataOf(options);
    return { client: this.client, method, request, metadata, onLeaving, ...limits };
  }

  private metadataOf(options: CallOptions): Metadata {
    const { requestId, idempotencyKey, keyIsMade, traceparent, onStale, subscriber, actor } =
      options;
    const { token, forwardedBy } = this.options;
    const metadata = new Metadata();
    metadata.set('x-request-id', requestId);
    if (idempotencyKey !== undefined) metadata.set('idempotency-key', idempotencyKey);
    if (keyIsMade) metadata.set('x-key-made', 'yes');
    if (traceparent !== undefined) metadata.set('traceparent', traceparent);
    if (subscriber !== undefined) metadata.set('x-follower', subscriber);
    if (actor) metadata.set('x-actor', headerText(actor));
    if (!onStale) metadata.set('x-accept-stale', 'no');
    if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
    if (forwardedBy !== undefined) metadata.set('x-forwarded-by', forwardedBy);
    return metadata;
  }
}

type Answer = 'message' | 'bytes';

/** The rpc for a request that may be in bytes already, and whose answer stays so. */
function answeringBytes(method: RpcMethod): RpcMethod {
  return {
    ...method,
    requestSerialize: (request) =>
      Buffer.isBuffer(request) ? request : method.requestSerialize(request),
    responseDeserialize: (bytes) => bytes,
  };
}

/** A complete message: absent fields get their defaults. */
export function wholeRequest(service: ServiceName, rpc: string, partial: object): object {
  return requestTypeOf(service, rpc).fromPartial(partial);
}
