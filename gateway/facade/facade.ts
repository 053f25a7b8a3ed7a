/**
 * The original gRPC contract on its seven ports, from one loop over the service definitions: no rpc
 * is written by hand. Every rpc is the operation of the same name; HealthCheck is answered from the
 * readiness of the service's functions.
 */
import {
  Server,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServerWritableStream,
  type UntypedHandleCall,
} from '@grpc/grpc-js';
import type { FunctionsClient } from '#shared/clients/functions-client.ts';
import { serviceHealth } from '#shared/clients/service-health.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { requireOperation } from '#shared/operations/catalogue.ts';
import {
  functionName,
  portOffsets,
  serviceNames,
  type ServiceName,
} from '#shared/operations/names.ts';
import type { Operation } from '#shared/operations/row.ts';
import { BUILD } from '#shared/runtime/build.ts';
import type { Log } from '#shared/runtime/log.ts';
import { hostPort } from '#shared/tls/loopback.ts';
import type { WatchedTls } from '#shared/tls/watched-tls.ts';
import { requireSafeHost, serverCredentials } from './credentials.ts';
import { optionsOf, statusOf, streaming, unary } from './call.ts';
import { services } from './services.ts';

export interface FacadeOptions {
  /** First of the seven ports; 0 takes free ones. */
  readonly portBase: number;
  /** Without TLS an address of this machine only: plain text never leaves it. */
  readonly host?: string;
  /** Closed by whoever opened it. */
  readonly tls?: WatchedTls | undefined;
  readonly functions: FunctionsClient;
  readonly log: Log;
}

export interface Facade {
  readonly ports: Readonly<Record<ServiceName, number>>;
  /** Lets calls in flight end, for a while, then stops. */
  close(): Promise<void>;
}

const MESSAGE_BYTES_MAX = 4 * 1024 * 1024;
const DRAIN_MS = 3_000;
const LOOPBACK = '127.0.0.1';

/**
 * @throws Failure REFUSED port-busy, naming the service and port; INVALID_REQUEST naming GRPC_HOST
 * if plain text would leave the machine
 */
export async function openFacade(options: FacadeOptions): Promise<Facade> {
  requireSafeHost(options.host ?? LOOPBACK, options.tls);
  const servers: Server[] = [];
  const ports = {} as Record<ServiceName, number>;
  try {
    for (const service of serviceNames) {
      const server = serverOf(service, options);
      servers.push(server);
      ports[service] = await bind(server, service, options);
    }
  } catch (thrown) {
    for (const server of servers) server.forceShutdown();
    throw thrown;
  }
  return { ports, close: async () => void (await Promise.all(servers.map(drain))) };
}

function serverOf(service: ServiceName, options: FacadeOptions): Server {
  const server = new Server({
    'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
    'grpc.max_send_message_length': MESSAGE_BYTES_MAX,
  });
  const definition = services[service];
  const methods = Object.keys(definition).map((rpc) => [rpc, methodOf(service, rpc, options)]);
  server.addService(definition, Object.fromEntries(methods) as Record<string, UntypedHandleCall>);
  return server;
}

function methodOf(service: ServiceName, rpc: string, options: FacadeOptions): UntypedHandleCall {
  if (rpc === 'healthCheck') return healthCheck(service, options.functions);
  const operation = requireOperation(functionName(service, rpc));
  return operation.streams
    ? streamMethod(operation, options.functions)
    : unaryMethod(operation, options.functions);
}

function unaryMethod(operation: Operation, functions: FunctionsClient): UntypedHandleCall {
  return (call: ServerUnaryCall<object, object>, answer: sendUnaryData<object>): void => {
    unary(functions, operation, call).then(
      (message) => answer(null, message),
      (thrown: unknown) => answer(statusOf(thrown)),
    );
  };
}

function streamMethod(operation: Operation, functions: FunctionsClient): UntypedHandleCall {
  return (call: ServerWritableStream<object, object>): void => {
    streaming(functions, operation, call).then(
      () => call.end(),
      (thrown: unknown) => call.emit('error', statusOf(thrown)),
    );
  };
}

function healthCheck(service: ServiceName, functions: FunctionsClient): UntypedHandleCall {
  return (call: ServerUnaryCall<object, object>, answer: sendUnaryData<object>): void => {
    serviceHealth(functions, service, optionsOf(call)).then(
      ({ healthy, status }) => answer(null, { healthy, status, version: BUILD }),
      (thrown: unknown) => answer(statusOf(thrown)),
    );
  };
}

function bind(server: Server, service: ServiceName, options: FacadeOptions): Promise<number> {
  const wanted = options.portBase === 0 ? 0 : options.portBase + portOffsets[service];
  const address = hostPort(options.host ?? LOOPBACK, wanted);
  return new Promise((resolve, reject) => {
    server.bindAsync(address, serverCredentials(options.tls), (error, port) => {
      if (!error) return resolve(port);
      reject(
        new Failure('REFUSED', `Port ${wanted} for ${service} is taken; set GRPC_PORT_BASE.`, {
          rule: 'port-busy',
          port: wanted,
        }),
      );
    });
  });
}

function drain(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      server.forceShutdown();
      resolve();
    }, DRAIN_MS);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
