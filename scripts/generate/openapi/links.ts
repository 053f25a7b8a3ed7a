/** Which answers name what another operation takes: OpenAPI links, which lead a reader, and the check of the API, on. */
import type { Json } from '#shared/contract/wire-json.ts';

interface Link {
  readonly to: string;
  /** Fields of the request by their place in the answer. */
  readonly body: Readonly<Record<string, string>>;
}

const ofSecurity = (at: string): readonly Link[] =>
  ['universe-get-security', 'universe-get-market-data', 'scoring-get-score-history'].map((to) => ({
    to,
    body: { isin: `${at}/isin` },
  }));

const ofTrade = (at: string): readonly Link[] =>
  ['trading-get-trade-status', 'trading-cancel-trade'].map((to) => ({
    to,
    body: { tradeId: `${at}/tradeId` },
  }));

const ofPlan = (at: string): readonly Link[] =>
  ['planning-get-plan', 'planning-replan'].map((to) => ({ to, body: { planId: `${at}/id` } }));

const ofAccount: readonly Link[] = [
  'portfolio-get-summary',
  'portfolio-get-positions',
  'portfolio-verify-ledger',
].map((to) => ({ to, body: { accountId: '/accounts/0/accountId' } }));

const answers = ['gateway-approve-plan', 'gateway-reject-plan', 'gateway-change-plan'];
const ofProposal: readonly Link[] = answers.map((to) => ({
  to,
  body: {
    planId: '/proposals/0/planId',
    accountId: '/proposals/0/accountId',
    digest: '/proposals/0/digest',
  },
}));

const links: Readonly<Record<string, readonly Link[]>> = {
  'universe-get-universe': ofSecurity('/securities/0'),
  'universe-search-securities': ofSecurity('/securities/0'),
  'universe-add-security': [
    ...ofSecurity('/security'),
    { to: 'universe-remove-security', body: { isin: '/security/isin' } },
  ],
  'planning-list-plans': ofPlan('/plans/0'),
  'trading-get-trade-history': ofTrade('/executions/0'),
  'trading-execute-trade': ofTrade(''),
  'portfolio-list-accounts': ofAccount,
  'portfolio-book-movement': [{ to: 'portfolio-reverse-movement', body: { lineId: '/lineId' } }],
  'gateway-list-jobs': [
    { to: 'gateway-get-job-status', body: { jobName: '/jobs/0/jobName' } },
    { to: 'gateway-trigger-job', body: { jobName: '/jobs/0/jobName' } },
  ],
  'gateway-list-proposals': ofProposal,
};

/** @returns the links of an operation's answer; nothing where it has none */
export function linksOf(operation: string): Json {
  const found = links[operation];
  if (!found) return {};
  const entries = found.map(({ to, body }): [string, Json] => {
    const requestBody = Object.fromEntries(
      Object.entries(body).map(([field, at]) => [field, `$response.body#${at}`]),
    );
    return [to, { operationId: to, requestBody }];
  });
  return { links: Object.fromEntries(entries) };
}
