/**
 * Server reflection, v1 and v1alpha: clients like grpcurl read the contract from the server. The
 * answers come from a library that is loaded at the first request: reflection is rarely used, and
 * loading costs a small board a second.
 */
import type { Server, ServerDuplexStream, ServiceDefinition } from '@grpc/grpc-js';
import type { EventEmitter } from 'node:events';
import { Failure, invalidRequest } from '#shared/kernel/failure.ts';
import type { Log } from '#shared/process/log.ts';
import type { Descriptors } from './descriptors.ts';
import { grpcStatusOf } from './failure-status.ts';

const VERSIONS = ['grpc.reflection.v1', 'grpc.reflection.v1alpha'] as const;
type Version = (typeof VERSIONS)[number];

export interface ReflectionOptions {
  /** Full names of the services that the port has. */
  readonly services: readonly string[];
  readonly descriptors: Descriptors;
  readonly log: Log;
}

/** A method of the library, and how its messages are written. */
interface Method {
  readonly read: (bytes: Buffer) => unknown;
  readonly write: (message: unknown) => Buffer;
  readonly handle: (stream: Bridge) => void;
}

/** As much of a stream as the library uses. */
interface Bridge {
  on(event: 'data' | 'end', listener: (message?: unknown) => void): void;
  write(message: unknown): void;
  end(): void;
}

type Bytes = ServerDuplexStream<Buffer, Buffer>;

export function addReflection(server: Server, options: ReflectionOptions): void {
  let loaded: Promise<ReadonlyMap<string, Method>> | undefined;
  const method = async (version: Version): Promise<Method> => {
    loaded ??= load(options);
    const found = (await loaded).get(version);
    if (!found) throw new Failure('BUG', `Invariant: the library speaks ${version}`);
    return found;
  };
  for (const version of VERSIONS)
    server.addService(definitionOf(version), {
      ServerReflectionInfo: (call: Bytes) => {
        method(version).then(
          (found) => serve(call, found),
          (thrown: unknown) => {
            options.log.error('reflection-failed', { cause: thrown });
            call.emit('error', grpcStatusOf(Failure.from(thrown), ''));
          },
        );
      },
    });
}

function definitionOf(version: Version): ServiceDefinition {
  const bytes = (message: Buffer): Buffer => message;
  return {
    ServerReflectionInfo: {
      path: `/${version}.ServerReflection/ServerReflectionInfo`,
      requestStream: true,
      responseStream: true,
      requestSerialize: bytes,
      requestDeserialize: bytes,
      responseSerialize: bytes,
      responseDeserialize: bytes,
    },
  };
}

/** The descriptors are passed directly: through a proto-loader their references get lost. */
async function load({ services, descriptors }: ReflectionOptions): Promise<Map<string, Method>> {
  const { ReflectionService } = await import('@grpc/reflection');
  const package_ = { contract: { fileDescriptorProtos: descriptors.files() } };
  const library = new ReflectionService(package_ as never, { services: [...services] });
  const methods = new Map<string, Method>();
  const collect = (definition: ServiceDefinition, handlers: Record<string, Method['handle']>) => {
    const { path, requestDeserialize, responseSerialize } = Object.values(definition)[0] ?? {};
    const [version = ''] = (path ?? '').slice(1).split('.ServerReflection');
    const [handle] = Object.values(handlers);
    if (requestDeserialize && responseSerialize && handle)
      methods.set(version, { read: requestDeserialize, write: responseSerialize, handle });
  };
  library.addToServer({ addService: collect } as never);
  return methods;
}

function serve(call: Bytes, { read, write, handle }: Method): void {
  handle({
    on: (event, listener) => {
      (call as EventEmitter).on(event, (bytes?: Buffer) => {
        if (bytes === undefined) return listener();
        try {
          listener(read(bytes));
        } catch {
          const garbled = invalidRequest({ field: 'body', message: 'is not a reflection request' });
          call.emit('error', grpcStatusOf(garbled, ''));
        }
      });
    },
    write: (message) => {
      if (call.write(write(message))) return;
      call.pause();
      call.once('drain', () => call.resume());
    },
    end: () => call.end(),
  });
}
