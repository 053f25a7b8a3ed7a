/**
 * The original gRPC contract on its seven ports, on one shared port, or on both; from one loop over
 * the service definitions: no rpc is written by hand. Every rpc is the operation of the same name;
 * HealthCheck is answered from the readiness of the service's functions.
 */
import { Server, type ServerOptions } from '@grpc/grpc-js';
import type { FunctionsClient } from '#shared/clients/functions-client.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { portOffsets, serviceNames, type ServiceName } from '#shared/contract/names.ts';
import type { Log } from '#shared/process/log.ts';
import { hostPort } from '#shared/process/loopback.ts';
import { allocateYoung } from '#shared/process/young-objects.ts';
import type { WatchedTls } from '#shared/process/watched-tls.ts';
import type { CallCounts } from './call-counts.ts';
import type { FacadeAccess } from './caller-access.ts';
import { requireSafeHost } from './credentials.ts';
import { Descriptors } from './descriptors.ts';
import { Health } from './health.ts';
import { HeldConnections } from './held-connections.ts';
import { listenForGrpc, type GrpcListener } from './grpc-listener.ts';
import { serviceOf } from './methods.ts';
import { OpenCalls } from './open-calls.ts';
import { RequestReader } from './read-request.ts';
import { receiving } from './receiving.ts';
import { Refusals } from './refusals.ts';
import { addReflection } from './reflection.ts';
import { fullNameOf } from './services.ts';

export interface FacadeOptions {
  /** First of the seven ports; 0 takes free ones, -1 none. */
  readonly portBase: number;
  /** A port that has all seven services; 0 takes a free one. */
  readonly sharedPort?: number | undefined;
  /** Without TLS an address of this machine only: plain text never leaves it. */
  readonly host?: string;
  /** The address is that of a container whose ports only this machine reaches. */
  readonly publishedOnLoopback?: boolean;
  /** Closed by its owner. */
  readonly tls?: WatchedTls | undefined;
  readonly functions: FunctionsClient;
  /** Access control; null: open to all, for tests. */
  readonly access: FacadeAccess | null;
  readonly log: Log;
  /** Counts what ends; nothing does without it. */
  readonly calls?: CallCounts | undefined;
  /** Whether clients may ask for the contract; true unless given. */
  readonly reflection?: boolean;
  /** Where `protos/` lies; the working directory unless given. */
  readonly projectDir?: string;
}

export interface Facade {
  /** Addresses of each service. */
  readonly ports: Readonly<Record<ServiceName, number>>;
  readonly sharedPort: number | undefined;
  /** Takes no new calls, lets those in flight end for a while, then ends them. */
  close(): Promise<void>;
}

/** A port and its services. */
interface Place {
  readonly services: readonly ServiceName[];
  readonly port: number;
  /** Its name, and the setting that changes it. */
  readonly name: string;
  readonly setting: string;
}

const LOOPBACK = '127.0.0.1';
const MESSAGE_BYTES_MAX = 4 * 1024 * 1024;
/** Calls in flight get this long to end by themselves; a host that stops has five seconds in all. */
const DRAIN_MS = 2_500;
const SHUTDOWN_GRACE_MS = 500;

const serverOptions: ServerOptions = {
  'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
  'grpc.max_send_message_length': MESSAGE_BYTES_MAX,
  'grpc.max_concurrent_streams': 200,
  // Channelz costs time in every call, and nothing here reads it.
  'grpc.enable_channelz': 0,
  // A connection survives half a minute without Wi-Fi; client pings are never rejected.
  'grpc.keepalive_time_ms': 60_000,
  'grpc.keepalive_timeout_ms': 30_000,
  // New connections use new certificates, and are balanced over servers started meanwhile.
  'grpc.max_connection_age_ms': 3_600_000,
  // Longer than the longest operation, so that the age limit cuts off no call.
  'grpc.max_connection_age_grace_ms': 960_000,
};

/**
 * @throws Failure REFUSED port-busy or address-unusable, naming the setting; INVALID_REQUEST naming
 * GRPC_HOST if plain text would leave the machine
 */
export async function openFacade(options: FacadeOptions): Promise<Facade> {
  allocateYoung();
  const isGuarded = options.tls !== undefined || options.publishedOnLoopback === true;
  requireSafeHost(options.host ?? LOOPBACK, isGuarded);
  const parts = partsOf(options);
  const servers: Server[] = [];
  const listeners: GrpcListener[] = [];
  const bound = new Map<ServiceName, number>();
  let sharedPort: number | undefined;
  try {
    for (const place of placesOf(options)) {
      const server = serverOf(place, parts, options);
      servers.push(server);
      const listener = await bind(server, place, parts, options);
      listeners.push(listener);
      const { port } = listener;
      if (place.services.length > 1) sharedPort = port;
      for (const service of place.services) if (!bound.has(service)) bound.set(service, port);
    }
  } catch (thrown) {
    for (const listener of listeners) listener.close();
    for (const server of servers) server.forceShutdown();
    throw thrown;
  }
  const ports = Object.fromEntries(bound) as Record<ServiceName, number>;
  return { ports, sharedPort, close: () => close(servers, listeners, parts) };
}

interface Parts {
  readonly health: Health;
  readonly descriptors: Descriptors;
  readonly reader: RequestReader;
  readonly open: OpenCalls;
  readonly connections: HeldConnections;
  readonly refusals: Refusals;
}

function partsOf({ functions, log, projectDir = process.cwd() }: FacadeOptions): Parts {
  const descriptors = new Descriptors(projectDir);
  const reader = new RequestReader(descriptors);
  const [open, connections] = [new OpenCalls(), new HeldConnections()];
  const [health, refusals] = [new Health(functions), new Refusals(functions, log)];
  return { health, descriptors, reader, open, connections, refusals };
}

function placesOf({ portBase, sharedPort }: FacadeOptions): Place[] {
  const places = serviceNames.map((service) => ({
    services: [service],
    port: portBase === 0 ? 0 : portBase + portOffsets[service],
    name: service,
    setting: 'GRPC_PORT_BASE',
  }));
  const shared = {
    services: serviceNames,
    port: sharedPort ?? 0,
    name: 'all services',
    setting: 'GRPC_SHARED_PORT',
  };
  return [...(portBase < 0 ? [] : places), ...(sharedPort === undefined ? [] : [shared])];
}

function serverOf({ services }: Place, parts: Parts, options: FacadeOptions): Server {
  const { functions, access, log, calls, reflection = true } = options;
  const { descriptors, health, reader, open, connections, refusals } = parts;
  const around = { functions, access, log, reader, open, refusals, calls };
  const server = new Server({ ...serverOptions, interceptors: [receiving(connections)] });
  for (const name of services) {
    const { definition, methods } = serviceOf(name, around);
    server.addService(definition, methods);
  }
  health.addTo(server, services);
  const named = [...services.map(fullNameOf), 'grpc.health.v1.Health'];
  if (reflection) addReflection(server, { services: named, descriptors, log });
  return server;
}

async function bind(
  server: Server,
  { port, name, setting }: Place,
  { connections }: Parts,
  { host = LOOPBACK, tls }: FacadeOptions,
): Promise<GrpcListener> {
  try {
    return await listenForGrpc(server, { host, port, tls, connections });
  } catch (thrown) {
    const { code = '' } = thrown as NodeJS.ErrnoException;
    const isTaken = code === 'EADDRINUSE';
    const text = isTaken
      ? `Port ${port} for ${name} is taken; set ${setting}.`
      : `GRPC_HOST: cannot listen at ${hostPort(host, port)} for ${name} (${code}).`;
    const rule = isTaken ? 'port-busy' : 'address-unusable';
    throw new Failure('REFUSED', text, { rule, port }, thrown);
  }
}

async function close(
  servers: readonly Server[],
  listeners: readonly GrpcListener[],
  { health, open, connections, refusals }: Parts,
): Promise<void> {
  health.drain();
  const recorded = refusals.close();
  for (const listener of listeners) listener.close();
  const shutdownNotice = setTimeout(() => open.stop(), DRAIN_MS);
  await Promise.all(servers.map(drain));
  clearTimeout(shutdownNotice);
  connections.closeAll();
  await recorded;
}

function drain(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      server.forceShutdown();
      resolve();
    }, DRAIN_MS + SHUTDOWN_GRACE_MS);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
