/** A request of each operation that needs one; all others are answered without any field. Securities are those of the sample prices. */
import type { Json } from '#shared/contract/wire-json.ts';

const ISIN = 'US0SIM000166';
const PLAN = 'plan-96a41b4a270ca564';
const DIGEST = '0123456789abcdef';
const answer = { planId: PLAN, digest: DIGEST };
const order = { isin: ISIN, side: 'BUY', quantity: 2 };

export const requestExamples: Readonly<Record<string, Json>> = {
  'universe-get-security': { symbol: 'ALDR' },
  'universe-search-securities': { query: 'aldermoor', limit: 5 },
  'universe-get-market-data': { isin: ISIN, days: 30 },
  'universe-add-security': { isin: ISIN, syncImmediately: true },
  'universe-remove-security': { isin: ISIN, reason: 'sold out of it' },
  'universe-record-corporate-action': {
    action: { kind: 'split', isin: ISIN, day: '2026-03-02', newShares: '4', oldShares: '1' },
  },
  'portfolio-get-position': { isin: ISIN },
  'portfolio-open-account': { accountId: 'children', name: 'For the children' },
  'portfolio-book-movement': {
    kind: 'withdrawal',
    amount: { amount: '250.00', currency: 'EUR' },
    day: '2026-03-02',
  },
  'portfolio-reverse-movement': { lineId: 'flow-entry-0123', reason: 'booked twice' },
  'portfolio-import-transactions': { content: 'date,type\n2026-03-02,deposit', apply: false },
  'scoring-score-security': { isin: ISIN },
  'scoring-get-score-history': { isin: ISIN, days: 90 },
  'planning-create-plan': { dryRun: true, constraints: { maxOrders: '3' } },
  'planning-get-plan': { planId: PLAN },
  'planning-get-best-result': { portfolioHash: 'aa4cedac973b5aa7' },
  'planning-replan': { planId: PLAN },
  'trading-execute-trade': {
    ...order,
    orderType: 'LIMIT',
    limitPrice: { amount: '120.50', currency: 'USD' },
  },
  'trading-batch-execute-trades': { trades: [order] },
  'trading-get-trade-status': { tradeId: 'trade-0123' },
  'trading-cancel-trade': { tradeId: 'trade-0123', reason: 'changed my mind' },
  'trading-set-trading-state': { state: 'HALTED', reason: 'on holiday' },
  'trading-confirm-reconciliation': { digest: DIGEST, reason: 'a transfer of my own' },
  'trading-validate-trade': order,
  'gateway-trigger-trading-cycle': { dryRun: true },
  'gateway-process-deposit': {
    amount: { amount: '500.00', currency: 'EUR' },
    autoInvest: true,
  },
  'gateway-get-job-status': { jobName: 'trading-cycle' },
  'gateway-trigger-job': { jobName: 'price-sync' },
  'gateway-approve-plan': answer,
  'gateway-reject-plan': { ...answer, reason: 'not now' },
  'gateway-change-plan': { ...answer, quantities: { [ISIN]: '1' } },
  'gateway-create-answer-tokens': { planId: PLAN, recipient: 'owner@example.org' },
  'gateway-answer-proposal': { token: 'a-token-of-a-notice' },
  'gateway-set-trust': { level: 'paper' },
  'gateway-list-audit': { operation: 'trading-set-trading-state', limit: 10 },
  'gateway-record-refusals': {
    refusals: [{ operation: 'trading-execute-trade', failureCode: 'UNAUTHENTICATED' }],
  },
  'gateway-run-replay': {
    from: '2024-01-02',
    to: '2024-12-30',
    policies: [{ name: 'careful', document: 'limits:\n  securityMaxRatio: 0.1\n' }],
  },
};
