/** The seven generated services: their definitions and request messages. */
import * as gateway from '#protos/gen/gateway.ts';
import * as overview from '#protos/gen/overview.ts';
import * as optimization from '#protos/gen/optimization.ts';
import * as planning from '#protos/gen/planning.ts';
import * as portfolio from '#protos/gen/portfolio.ts';
import * as scoring from '#protos/gen/scoring.ts';
import * as trading from '#protos/gen/trading.ts';
import * as universe from '#protos/gen/universe.ts';
import { Empty } from '#protos/gen/common/common.ts';
import { present } from '#shared/kernel/assert.ts';
import { capital, type ServiceName } from '#shared/contract/names.ts';

export const serviceDefinitions = {
  universe: universe.UniverseServiceService,
  portfolio: portfolio.PortfolioServiceService,
  scoring: scoring.ScoringServiceService,
  optimization: optimization.OptimizationServiceService,
  planning: planning.PlanningServiceService,
  trading: trading.TradingServiceService,
  gateway: gateway.GatewayServiceService,
} as const;

export type ServiceDefinitions = typeof serviceDefinitions;

const messages: Readonly<Record<ServiceName, Readonly<Record<string, unknown>>>> = {
  universe,
  portfolio,
  scoring,
  optimization,
  planning,
  trading,
  // The messages of the page's rpc are in a file of their own.
  gateway: { ...gateway, ...overview },
};

/** What ts-proto generates beside each message. */
interface MessageMaker {
  fromJSON(json: unknown): object;
  fromPartial(partial: object): object;
}

/** The message type of an rpc's request, always named `<Rpc>Request` in the contract. */
export function requestTypeOf(service: ServiceName, rpc: string): MessageMaker {
  if (rpc === 'healthCheck') return Empty as MessageMaker;
  const name = `${capital(rpc)}Request`;
  return present(messages[service][name], `the proto has a message ${name}`) as MessageMaker;
}
