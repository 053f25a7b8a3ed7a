/**
 * Protobuf codecs, loaded only when someone speaks protobuf: a function that is called with JSON
 * carries none of it.
 */
import { present } from '#shared/kernel/assert.ts';
import type { ServiceName } from './names.ts';
import type { Operation } from './row.ts';

export interface Codec {
  requestDeserialize(bytes: Buffer): object;
  responseSerialize(message: never): Buffer;
}
type Codecs = Readonly<Record<string, Codec>>;

const loaders: Record<ServiceName, () => Promise<Codecs>> = {
  universe: async () => (await import('#protos/gen/universe.ts')).UniverseServiceService,
  portfolio: async () => (await import('#protos/gen/portfolio.ts')).PortfolioServiceService,
  scoring: async () => (await import('#protos/gen/scoring.ts')).ScoringServiceService,
  optimization: async () =>
    (await import('#protos/gen/optimization.ts')).OptimizationServiceService,
  planning: async () => (await import('#protos/gen/planning.ts')).PlanningServiceService,
  trading: async () => (await import('#protos/gen/trading.ts')).TradingServiceService,
  gateway: async () => (await import('#protos/gen/gateway.ts')).GatewayServiceService,
};

export async function codecOf(operation: Operation): Promise<Codec> {
  const codecs = await loaders[operation.service]();
  return present(codecs[operation.rpc], `the proto has an rpc for ${operation.name}`);
}
