/**
 * Which operation may call which, and which parts of the system call operations. What runs is compared with this
 * table: a call that is not in it should not exist, and raises an alert (docs/operate/dependencies.md).
 */
import { isOperation, requireOperation } from './catalogue.ts';
import { gateway } from './gateway.ts';
import { jobs } from './jobs.ts';
import { optimization } from './optimization.ts';
import { planning } from './planning.ts';
import { portfolio } from './portfolio.ts';
import type { Operation } from './row.ts';
import { scoring } from './scoring.ts';
import { trading } from './trading.ts';
import { universe } from './universe.ts';
import type { ServiceName } from './names.ts';

/** Parts of the system that are no operations and call some; each names itself in `x-caller`. */
export const callers = {
  facade: 'the gRPC facade, for a client of gRPC',
  connector: 'the connector: queued runs, topics, schedules',
  page: "the owner's page",
  cli: 'the command `trader`',
  metrics: 'a scrape of `/metrics`',
  start: 'the embedded system, while it starts and shows what it does',
  outside: 'a client of HTTP that is none of these',
} as const;

export type CallerName = keyof typeof callers;

/** What operations need that is no operation. */
export const sources = ['redis', 'broker', 'market-data'] as const;
export type SourceName = (typeof sources)[number];

/** By the name of the caller. */
type Calls = Readonly<Record<string, readonly Operation[]>>;

const ofState = [trading.getTradingState, portfolio.getSummary, portfolio.verifyLedger];
const ofOrder = [portfolio.updatePositions];

const ofOperations: Calls = {
  [portfolio.bookMovement.name]: [portfolio.updatePositions],
  [portfolio.reverseMovement.name]: [portfolio.updatePositions],
  [portfolio.importTransactions.name]: [portfolio.updatePositions],
  [trading.executeTrade.name]: ofOrder,
  [trading.batchExecuteTrades.name]: [trading.executeTrade, ...ofOrder],
  [planning.createPlan.name]: [optimization.optimizeAllocation],
  [gateway.getSystemStatus.name]: [
    portfolio.getSummary,
    trading.getTradeHistory,
    trading.getTradingState,
  ],
  [gateway.triggerTradingCycle.name]: [
    portfolio.updatePositions,
    portfolio.getSummary,
    portfolio.getPositions,
    portfolio.getCashBalance,
    portfolio.getPerformance,
    universe.syncPrices,
    universe.syncFundamentals,
    scoring.batchScoreSecurities,
    optimization.optimizeAllocation,
    planning.createPlan,
    planning.getPlan,
    trading.validateTrade,
    trading.executeTrade,
    trading.getTradeStatus,
    trading.cancelTrade,
  ],
  [gateway.processDeposit.name]: [portfolio.updatePositions, portfolio.getCashBalance],
  [gateway.triggerJob.name]: [
    ...jobs.flatMap(({ work }) => (work.kind === 'operation' ? [work.operation] : [])),
    ...ofState,
    gateway.answerProposal,
    gateway.createAnswerTokens,
  ],
  [gateway.approvePlan.name]: [trading.getTradingState],
  [gateway.answerProposal.name]: [gateway.approvePlan, gateway.rejectPlan],
  [gateway.getMetrics.name]: ofState,
  [gateway.listAlerts.name]: ofState,
  [gateway.getOverview.name]: [trading.getTradingState],
};

const ofPage = [
  gateway.getOverview,
  gateway.listNotices,
  gateway.getDependencies,
  gateway.listAudit,
  gateway.approvePlan,
  gateway.rejectPlan,
  gateway.processDeposit,
  gateway.setTrust,
  gateway.testNotices,
  gateway.triggerJob,
  portfolio.getPolicy,
  portfolio.updatePolicy,
  portfolio.bookMovement,
  portfolio.importTransactions,
  trading.cancelTrade,
  trading.setTradingState,
];

/** Callers that are no operations; those that are not named here act for a client, and may call each operation. */
const ofParts: Partial<Record<CallerName, readonly Operation[]>> = {
  page: ofPage,
  metrics: [gateway.getMetrics],
  start: [gateway.triggerTradingCycle, gateway.getOverview, gateway.getSystemStatus],
};

const ofSources: Readonly<Record<Exclude<SourceName, 'redis'>, readonly ServiceName[]>> = {
  broker: ['portfolio', 'trading'],
  'market-data': ['universe'],
};
/** Operations beyond those services: a deposit reaches the simulated account of a broker. */
const brokerToo: readonly string[] = [gateway.processDeposit.name];

/** @returns the caller as it named itself, or `outside` for a name that is none of ours */
export function callerNamed(name: string | undefined): string {
  return name !== undefined && (isPart(name) || isOperation(name)) ? name : 'outside';
}

/** Whether the table has the call of one name by another. */
export function isDeclaredCall(caller: string, callee: string): boolean {
  const source = sources.find((one) => one === callee);
  if (source) return isOperation(caller) && mayUse(caller, source);
  if (!isOperation(callee)) return false;
  if (isOperation(caller)) return pairNames.has(`${caller} ${callee}`);
  if (!isPart(caller)) return false;
  const limited = ofParts[caller];
  return limited === undefined || named(limited, callee);
}

function isPart(name: string): name is CallerName {
  return Object.hasOwn(callers, name);
}

function named(operations: readonly Operation[], name: string): boolean {
  return operations.some((one) => one.name === name);
}

function mayUse(caller: string, source: SourceName): boolean {
  if (source === 'redis') return true;
  if (source === 'broker' && brokerToo.includes(caller)) return true;
  return ofSources[source].includes(requireOperation(caller).service);
}

/** Each pair of operations that the table has, caller first. @internal exported for its tests */
export function declaredPairs(): readonly (readonly [Operation, Operation])[] {
  return Object.entries(ofOperations).flatMap(([caller, callees]) =>
    callees.map((callee) => [requireOperation(caller), callee] as const),
  );
}

const pairNames = new Set(
  declaredPairs().map(([caller, callee]) => `${caller.name} ${callee.name}`),
);
