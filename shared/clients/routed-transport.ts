/**
 * Routes each call to where its service runs: the handler in this process (or its gateway), or
 * another board. All callers of a board use it: handlers, facade, worker threads.
 */
import { serviceNames, type ServiceName } from '#shared/contract/names.ts';
import { Failure, notFound } from '#shared/kernel/failure.ts';
import type { Placement, RemotePlace } from '#shared/placement/placement.ts';
import type { Transport } from './functions-client.ts';

export type RemoteRoutes = ReadonlyMap<ServiceName, Transport>;

export function routedTransport(
  placement: Placement,
  local: Transport,
  remote: RemoteRoutes,
): Transport {
  const routed: Transport = async (call) => {
    const service = serviceOf(call.name);
    const place = placement.places[service];
    const route = remote.get(service);
    if (place.mode === 'local' || !route) return local(call);
    if (call.forwardedBy !== undefined) throw placementConflict(placement, place, call.forwardedBy);
    return route(call);
  };
  const directly: Transport['directly'] = (name) => {
    const service = serviceOf(name);
    const isLocal = placement.places[service].mode === 'local' || !remote.has(service);
    return isLocal ? local.directly?.(name) : undefined;
  };
  return Object.assign(routed, { directly });
}

/** `planning-create-plan` → `planning` */
function serviceOf(name: string): ServiceName {
  const service = serviceNames.find((one) => name.startsWith(`${one}-`));
  if (!service) throw notFound('function', name.slice(0, 100));
  return service;
}

/** Two boards each have a placement that assigns the service to the other one. */
function placementConflict(
  { device }: Placement,
  { service, device: there }: RemotePlace,
  from: string,
) {
  return new Failure(
    'REFUSED',
    `${from} sent this call to ${device}, which does not have ${service} but looks for it on ${there.name}; the services files of the boards disagree.`,
    { rule: 'service-not-here', service, device },
  );
}
