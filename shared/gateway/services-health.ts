/** The health of all services, each measured now. */
import type { ServiceHealth } from '#protos/gen/gateway.ts';
import { serviceHealth } from '#shared/clients/service-health.ts';
import { toTimestamp } from '#shared/kernel/instant.ts';
import { portOffsets, serviceNames, type ServiceName } from '#shared/contract/names.ts';
import type { Context } from '#shared/runtime/context.ts';
import type { Settings } from '#shared/process/settings.ts';

export function servicesHealth(context: Context): Promise<ServiceHealth[]> {
  return Promise.all(serviceNames.map((service) => measured(context, service)));
}

async function measured(context: Context, service: ServiceName): Promise<ServiceHealth> {
  const { functions } = context;
  const health = await serviceHealth(functions, service, context.callOptions());
  return {
    serviceName: service,
    healthy: health.healthy,
    status: health.status,
    ...location(context, service),
    latencyMs: Math.round(health.latencyMs * 100) / 100,
    lastCheck: toTimestamp(context.now()),
  };
}

/** Host and port at which this board reaches the service. */
function location({ placement, settings }: Context, service: ServiceName) {
  const place = placement.places[service];
  if (place.mode === 'local')
    return { address: settings.gatewayHost, port: portOf(settings, service) };
  const { protocol, address } = place;
  const url = new URL(protocol === 'http' ? address : `http://${address}`);
  return {
    address: url.hostname,
    port: Number(url.port) || (url.protocol === 'https:' ? 443 : 80),
  };
}

/** The service's gRPC port; 0 where the facade is off or takes free ports. */
function portOf({ grpcPortBase }: Settings, service: ServiceName): number {
  return grpcPortBase > 0 ? grpcPortBase + portOffsets[service] : 0;
}
