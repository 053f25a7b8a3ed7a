/** The whole overview from what was loaded; nothing here asks or stores. */
import type { GetOverviewResponse, OverviewTrading } from '#protos/gen/overview.ts';
import { daysBetween, parseDay } from '#shared/kernel/calendar-day.ts';
import { toTimestamp } from '#shared/kernel/instant.ts';
import { planMessage } from '#shared/planning/plan-message.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { isUnresolved, mayBeAtBroker } from '#shared/trading/model/order-state.ts';
import { isTradable } from '#shared/universe/model/security.ts';
import type { Proposal } from '../model/proposal.ts';
import { standingOf, type Standing } from '../model/standing.ts';
import { calendarEnds } from '#shared/quant/calendars/calendar-ends.ts';
import { scheduledExchanges } from './scheduled-exchanges.ts';
import type { HistoryPart } from './history-cache.ts';
import type { SystemFacts } from './system-facts.ts';
import type { AccountFacts } from './load-account.ts';
import { holdingsMessage, ledgerLineMessage, orderMessage } from './rows-message.ts';
import { taxYearMessages } from './tax-years.ts';
import { valuedAccount, valueMessage } from './value-message.ts';

export interface OverviewRequest {
  readonly pointsMax: number;
  readonly rowsMax: number;
  readonly ledgerOffset: number;
  /** 0 is all. */
  readonly historyDays: number;
}

const ROWS_DEFAULT = 50;

type OverviewDependencies = Pick<
  Dependencies,
  'settings' | 'broker' | 'marketData' | 'build' | 'now'
>;

export function overviewOf(
  request: OverviewRequest,
  facts: AccountFacts,
  { days, message: history }: HistoryPart,
  system: SystemFacts,
  dependencies: OverviewDependencies,
): GetOverviewResponse {
  const { account, book, plan, ledger, recent } = facts;
  const { settings } = dependencies;
  const rowsMax = request.rowsMax || ROWS_DEFAULT;
  const valued = valuedAccount(facts);
  const value = valueMessage(facts, valued, days, settings.cashReserveRatio);
  const holdings = holdingsMessage(facts, valued);
  const standing = overallStanding(facts, system, value, settings);
  const next = system.jobs.find(({ name }) => name === 'trading-cycle')?.nextRun;
  const lines = ledger.toReversed();
  const offset = request.ledgerOffset;
  return {
    asOf: toTimestamp(dependencies.now()),
    accountId: account.id,
    accountName: account.name,
    currency: book.currency,
    standing: { ...standing, complaints: [...standing.complaints], nextCycleAt: next },
    trading: tradingMessage(facts, system, dependencies),
    value,
    plan: plan && planMessage(plan),
    history,
    holdings: holdings.slice(0, rowsMax),
    holdingCount: holdings.length,
    taxYears: taxYearMessages(facts.ledgerInBase, book.currency, facts.taxRules),
    ledger: lines.slice(offset, offset + rowsMax).map((line) => ledgerLineMessage(line, facts)),
    ledgerCount: ledger.length,
    orders: recent.slice(0, rowsMax).map(orderMessage),
    jobs: [...system.jobs],
    services: [...system.services],
    run: system.run,
    version: dependencies.build,
    proposal: facts.proposal && proposalOf(facts.proposal),
    trustLevel: facts.trustLevel,
  };
}

function overallStanding(
  { live, today, proposal, plan, securities }: AccountFacts,
  { control, services, jobs, run }: SystemFacts,
  { missing, pricesDay }: ReturnType<typeof valueMessage>,
  settings: OverviewDependencies['settings'],
): Standing {
  const traded = [...securities.values()].filter(isTradable).map(({ exchange }) => exchange);
  const reasons = control?.restrictions.map(({ message }) => message) ?? [];
  return standingOf({
    trading: control && { state: control.state, reasons },
    unknownOrders: live.filter(({ state }) => isUnresolved(state)).map(({ tradeId }) => tradeId),
    missing,
    services,
    priceAgeDays: pricesDay === '' ? undefined : daysBetween(parseDay(pricesDay), today),
    priceAgeDaysMax: settings.quoteAgeDaysMax,
    pricesDay,
    calendarEnds: calendarEnds([...traded, ...scheduledExchanges(settings)], today),
    jobs,
    waitingOrders: proposal?.state === 'PROPOSED' ? (plan?.actions.length ?? 0) : 0,
    isRunning: run !== undefined,
  });
}

function proposalOf({ planId, digest, state, proposedAt, expiresAt, because }: Proposal) {
  return {
    ...{ planId, digest, state, because: [...because] },
    proposedAt: toTimestamp(proposedAt),
    expiresAt: toTimestamp(expiresAt),
  };
}

function tradingMessage(
  { live }: AccountFacts,
  { control }: SystemFacts,
  { broker, marketData, settings }: OverviewDependencies,
): OverviewTrading {
  return {
    state: control?.state ?? '',
    reasons: control?.restrictions.map(({ message }) => message) ?? [],
    changedAt: control?.changedAt,
    broker: broker.name,
    marketData: marketData.name,
    practice: broker.simulated || settings.liveTrading === 'off',
    simulatedPrices: marketData.simulated,
    openOrders: live.filter(({ state }) => mayBeAtBroker(state)).map(orderMessage),
  };
}
