/** A real gRPC server of the contract with scripted answers, which can be made unreachable. */
import {
  Metadata,
  Server,
  ServerCredentials,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { serviceDefinitions } from '#shared/clients/grpc/service-definitions.ts';
import { grpcStatusOf } from '#gateway/facade/failure-status.ts';
import type { Failure } from '#shared/kernel/failure.ts';
import { serviceNames, type ServiceName } from '#shared/contract/names.ts';

export type Unary = ServerUnaryCall<object, object>;
export type Stream = ServerWritableStream<object, object>;

/** What a call comes to: a message, a failure, a bare status, or nothing at all. */
export type Reply =
  | { readonly message: object; readonly trailer?: Readonly<Record<string, string>> }
  | { readonly failure: Failure }
  | { readonly status: { readonly code: number; readonly details: string } }
  | 'silence';

export interface FailingService {
  readonly addresses: Readonly<Record<ServiceName, string>>;
  /** Calls so far, the newest last. */
  readonly calls: (Unary | Stream)[];
  /** Takes the answer for the next calls; the last one stays. */
  script(...replies: Reply[]): void;
  /** What a streaming rpc does. */
  streams(work: (call: Stream) => void): void;
  /** Breaks every connection and refuses new ones. */
  vanish(): void;
  /** Listens again, on the same port. */
  come(): Promise<void>;
}

export async function openFailingService(): Promise<FailingService> {
  let server = new Server();
  let port = 0;
  let replies: Reply[] = [{ message: {} }];
  let stream: (call: Stream) => void = (call) => call.end();
  const calls: (Unary | Stream)[] = [];
  const unary = (call: Unary, answer: sendUnaryData<object>): void => {
    calls.push(call);
    const reply = (replies.length > 1 ? replies.shift() : replies[0]) ?? 'silence';
    if (reply !== 'silence') give(reply, answer);
  };
  const come = async (): Promise<void> => {
    server = new Server();
    for (const service of serviceNames) server.addService(lenient(service), methodsOf(service));
    port = await new Promise<number>((resolve, reject) =>
      server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
  };
  const methodsOf = (service: ServiceName): UntypedServiceImplementation =>
    Object.fromEntries(
      Object.entries(serviceDefinitions[service]).map(([rpc, { responseStream }]) => [
        rpc,
        responseStream ? (call: Stream) => void (calls.push(call), stream(call)) : unary,
      ]),
    ) as UntypedServiceImplementation;
  await come();
  const address = `127.0.0.1:${port}`;
  const addresses = Object.fromEntries(serviceNames.map((service) => [service, address]));
  return {
    addresses: addresses as Record<ServiceName, string>,
    calls,
    script: (...given) => void (replies = given),
    streams: (work) => void (stream = work),
    vanish: () => server.forceShutdown(),
    come,
  };
}

/** The service's definition, whose answers may leave out what has a default. */
function lenient(service: ServiceName): ServiceDefinition {
  const rpcs = Object.entries(serviceDefinitions[service] as ServiceDefinition).map(
    ([rpc, method]): [string, ServiceDefinition[string]] => [
      rpc,
      {
        ...method,
        responseSerialize: (message: object) =>
          method.responseSerialize({
            ...(method.responseDeserialize(Buffer.alloc(0)) as object),
            ...message,
          }),
      },
    ],
  );
  return Object.fromEntries(rpcs);
}

function give(reply: Exclude<Reply, 'silence'>, answer: sendUnaryData<object>): void {
  if ('failure' in reply) return answer(grpcStatusOf(reply.failure, 'request-1'));
  if ('status' in reply) return answer(reply.status);
  const trailer = new Metadata();
  for (const [name, value] of Object.entries(reply.trailer ?? {})) trailer.set(name, value);
  answer(null, reply.message, trailer);
}
