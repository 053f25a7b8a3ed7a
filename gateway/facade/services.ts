/** The seven generated service definitions, by name; everything else follows from them. */
import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { serviceDefinitions } from '#shared/clients/grpc/service-definitions.ts';
import type { ServiceName } from '#shared/contract/names.ts';

export const services: Readonly<
  Record<ServiceName, ServiceDefinition<UntypedServiceImplementation>>
> = serviceDefinitions;

/** `planning` → `arduino_trader.planning.PlanningService` */
export function fullNameOf(service: ServiceName): string {
  const [, name = ''] = services[service]['healthCheck']?.path.split('/') ?? [];
  return name;
}
