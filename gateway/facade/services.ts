/** The seven generated service definitions, by name; everything else follows from them. */
import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { GatewayServiceService } from '#protos/gen/gateway.ts';
import { OptimizationServiceService } from '#protos/gen/optimization.ts';
import { PlanningServiceService } from '#protos/gen/planning.ts';
import { PortfolioServiceService } from '#protos/gen/portfolio.ts';
import { ScoringServiceService } from '#protos/gen/scoring.ts';
import { TradingServiceService } from '#protos/gen/trading.ts';
import { UniverseServiceService } from '#protos/gen/universe.ts';
import type { ServiceName } from '#shared/operations/names.ts';

export const services: Readonly<
  Record<ServiceName, ServiceDefinition<UntypedServiceImplementation>>
> = {
  universe: UniverseServiceService,
  portfolio: PortfolioServiceService,
  scoring: ScoringServiceService,
  optimization: OptimizationServiceService,
  planning: PlanningServiceService,
  trading: TradingServiceService,
  gateway: GatewayServiceService,
};

/** `planning` → `arduino_trader.planning.PlanningService` */
export function fullNameOf(service: ServiceName): string {
  const [, name = ''] = services[service]['healthCheck']?.path.split('/') ?? [];
  return name;
}
