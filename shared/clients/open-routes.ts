/** Opens the routes to other boards that a placement names. */
import { readFile } from 'node:fs/promises';
import type { ServiceName } from '#shared/contract/names.ts';
import { remotePlaces, type Placement, type RemotePlace } from '#shared/placement/placement.ts';
import { rememberSecret } from '#shared/process/logging/known-secrets.ts';
import type { Log } from '#shared/process/log.ts';
import type { TlsSettings } from '#shared/process/tls-settings.ts';
import type { Transport } from './functions-client.ts';
import { httpProbe, httpRoute } from './remote/http-route.ts';
import { Targets } from './remote/remote-targets.ts';
import { routedTransport } from './routed-transport.ts';

export interface RouteOptions {
  readonly placement: Placement;
  /** For the services that run here. */
  readonly local: Transport;
  readonly settings: TlsSettings;
  readonly log: Log;
}

export interface BreakerState {
  /** Name of the other board. */
  readonly device: string;
  readonly isOpen: boolean;
}

export interface Routes {
  readonly transport: Transport;
  /** The circuit breaker of each address of another board. */
  breakers(): readonly BreakerState[];
  close(): void;
}

/** @throws Failure when a token or certificate cannot be read */
export async function openRoutes(options: RouteOptions): Promise<Routes> {
  const { placement, local, log } = options;
  const places = remotePlaces(placement);
  const targets = new Targets(placement.breaker, log);
  const routes = new Map<ServiceName, Transport>();
  const overHttp = places.filter(({ protocol }) => protocol === 'http');
  for (const place of overHttp) {
    targets.watch(place, httpProbe(place.address));
    const token = (await tokenOf(place)) ?? '';
    routes.set(place.service, httpRoute(place.address, token, targets.serviceOf(place)));
  }
  const overGrpc = places.filter(({ protocol }) => protocol === 'grpc');
  const channels = await openChannels(overGrpc, options, targets, routes);
  return {
    transport: routedTransport(placement, local, routes),
    breakers: () => targets.breakers(),
    close: () => {
      targets.close();
      channels.close();
    },
  };
}

async function openChannels(
  places: readonly RemotePlace[],
  { placement, settings, log }: RouteOptions,
  targets: Targets,
  routes: Map<ServiceName, Transport>,
): Promise<{ close(): void }> {
  if (places.length === 0) return { close: () => undefined };
  // Loaded only where it is used: a board's memory is small.
  const { openGrpcRoute, openCredentials } = await import('./grpc/grpc-route.ts');
  const { credentials, close } = await openCredentials(settings, log);
  const closers = [close];
  for (const place of places) {
    const { service, address } = place;
    const forwardedBy = placement.device;
    const target = { service, address, credentials, token: await tokenOf(place), forwardedBy };
    const route = openGrpcRoute(target, targets.serviceOf(place));
    targets.watch(place, route.probe);
    routes.set(service, route.transport);
    closers.push(route.close);
  }
  return { close: () => closers.toReversed().forEach((closer) => closer()) };
}

async function tokenOf({ device: { tokenFile } }: RemotePlace): Promise<string | undefined> {
  if (tokenFile === undefined) return undefined;
  const token = (await readFile(tokenFile, 'utf8')).trim();
  rememberSecret(token);
  return token;
}
