/** One real call of each operation, in an order in which each finds what it needs. */
import { operations, requireOperation } from '#shared/contract/catalogue.ts';
import type { Operation } from '#shared/contract/row.ts';

export interface RealCall {
  readonly operation: Operation;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A request for the operation of this name, where an empty one will not do. */
type Requests = Readonly<Record<string, object>>;

/** What must be there before anything is planned or traded. */
const FIRST = [
  'universe-sync-prices',
  'universe-sync-fundamentals',
  'universe-get-universe',
  'portfolio-update-positions',
];

function requestsFor(isin: string): Requests {
  const order = { isin, side: 'BUY', quantity: 1 };
  const trade = { ...order, orderType: 'MARKET' };
  const target = { isin, targetWeight: 0.05, maxWeight: 1 };
  const cash = { amount: '100.00', currency: 'EUR' };
  const none = { planId: 'plan-none', digest: 'none' };
  const past = { day: '2024-01-02', source: 'bench' };
  const split = { ...past, kind: 'split', isin, newShares: '2', oldShares: '1' };
  return {
    'universe-get-security': { isin },
    'universe-search-securities': { query: isin },
    'universe-get-market-data': { isin, days: 60 },
    'universe-add-security': { isin, symbol: 'AGAIN', name: 'Again' },
    'universe-remove-security': { isin: 'US0378331005' },
    'universe-record-corporate-action': { action: split },
    'portfolio-open-account': { accountId: 'second', currency: 'EUR', openingCash: cash },
    'portfolio-book-movement': { kind: 'deposit', amount: cash },
    'portfolio-reverse-movement': { lineId: 'line-none', reason: 'bench' },
    'portfolio-import-transactions': {
      content: 'date,kind,amount,currency\n2024-01-02,deposit,1,EUR\n',
    },
    'portfolio-get-position': { isin },
    'scoring-score-security': { isin },
    'scoring-get-score-history': { isin },
    'scoring-score-portfolio': { isins: [isin] },
    'optimization-optimize-allocation': {
      targetAllocations: [target],
      objective: 'MINIMUM_VOLATILITY',
    },
    'optimization-optimize-execution': { orders: [order] },
    'optimization-calculate-rebalancing': { targetAllocations: [target] },
    'planning-get-plan': { planId: 'plan-none' },
    'planning-replan': { planId: 'plan-none' },
    'planning-get-best-result': { portfolioHash: 'none' },
    'trading-execute-trade': { ...trade, dryRun: true },
    'trading-batch-execute-trades': { trades: [{ ...trade, dryRun: true }] },
    'trading-validate-trade': trade,
    'trading-get-trade-status': { tradeId: 'trade-none' },
    'trading-cancel-trade': { tradeId: 'trade-none' },
    'trading-set-trading-state': { state: 'ACTIVE', reason: 'bench' },
    'trading-confirm-reconciliation': { digest: 'none', reason: 'bench' },
    'gateway-approve-plan': none,
    'gateway-reject-plan': none,
    'gateway-change-plan': none,
    'gateway-create-answer-tokens': { planId: 'plan-none', recipient: 'owner' },
    'gateway-answer-proposal': { token: 'none' },
    'gateway-set-trust': { level: 'paper', reason: 'bench' },
    'gateway-record-refusals': {
      refusals: [
        { operation: 'PlanningService/GetPlan', failureCode: 'UNAUTHENTICATED', count: 1 },
      ],
    },
    'gateway-run-replay': {
      from: '2024-01-02',
      to: '2024-01-31',
      policies: [{ name: 'equal', document: 'weights: equal\n' }],
    },
    'gateway-trigger-trading-cycle': { dryRun: true },
    'gateway-process-deposit': { amount: cash },
    'gateway-get-job-status': { jobName: 'sync-positions' },
    'gateway-trigger-job': { jobName: 'sync-positions', force: true },
  };
}

/** @param token may do everything */
export function realCalls(isin: string, token: string): readonly RealCall[] {
  const requests = requestsFor(isin);
  const first = FIRST.map(requireOperation);
  const rest = operations.filter((operation) => !first.includes(operation));
  return [...first, ...rest].map((operation) => ({
    operation,
    body: JSON.stringify(requests[operation.name] ?? {}),
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
      // Carried out at once, as the connector has it carried out.
      ...(operation.queue?.caller === 'follows' && { 'x-run-id': `bench-${operation.rpc}` }),
    },
  }));
}
