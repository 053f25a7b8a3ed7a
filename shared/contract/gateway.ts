/** Rows of the gateway service: the trading cycle, deposits, jobs, and the system's health. */
import * as z from 'zod';
import { atFirstUse } from '#shared/kernel/at-first-use.ts';
import { proposalStates } from '#shared/kernel/proposal-state.ts';
import { trustLevels } from '#shared/kernel/trust-level.ts';
import type { GatewayServiceService } from '#protos/gen/gateway.ts';
import {
  account,
  anyWord,
  bool,
  int32,
  limit,
  requiredList,
  map,
  positiveMoney,
  multilineText,
  offset,
  request,
  requiredDay,
  requiredText,
  requiredWord,
  text,
  timestamp,
  weights,
  word,
} from './fields.ts';
import { contract, usual } from './row.ts';
import { multilineJson, wire, wireRequired, wordJson } from './wire-json.ts';

const POLICY_MAX = 20_000;
/** A policy of a replay, as a file holds it. */
const policyText = atFirstUse(() =>
  wireRequired(multilineText(POLICY_MAX).pipe(z.string().min(1, 'is needed')), {
    ...multilineJson(POLICY_MAX),
    type: 'string',
    minLength: 1,
  }),
);

export const jobStates = ['idle', 'waiting', 'running', 'failed'] as const;

const answer = atFirstUse(() => ({
  digest: requiredText(64),
  answeredBy: text(100),
  surface: text(32),
}));

export const gateway = contract<typeof GatewayServiceService>()('gateway', {
  getSystemStatus: {
    ...usual.read,
    fails: ['REFUSED'],
    summary: 'Measures the whole system: services, jobs, uptime, memory, value.',
    get request() {
      return request({ includeDetails: bool });
    },
  },
  triggerTradingCycle: {
    summary:
      'Runs one trading cycle: sync, score, optimise, plan, validate, execute, book, report.',
    get request() {
      return request({ dryRun: bool, force: bool, buysOnly: bool, targetWeights: weights() });
    },
    streams: true,
    effect: 'trades',
    timeoutMs: 900_000,
    needs: ['redis', 'state', 'broker', 'prices'],
    weight: 'light',
    leadsTo: [
      'scoring-batch-score-securities',
      'optimization-optimize-allocation',
      'planning-create-plan',
    ],
    queue: {
      concurrency: 1,
      attempts: 3,
      backoffMs: 2_000,
      joins: 'any-request',
      caller: 'follows',
    },
  },
  processDeposit: {
    ...usual.write,
    effect: 'trades',
    needs: ['redis', 'state', 'broker'],
    summary: 'Books a deposit once, and starts a cycle that invests it where asked to.',
    get request() {
      return request({ amount: positiveMoney, autoInvest: bool, accountId: account });
    },
  },
  getJobStatus: {
    ...usual.read,
    summary: 'Answers the state of a job: last run, next run, counts, last error.',
    get request() {
      return request({ jobName: requiredText(64) });
    },
  },
  listJobs: {
    ...usual.read,
    summary: 'Lists all jobs, in one state where a filter is given.',
    get request() {
      return request({ statusFilter: wire(text(32), wordJson(jobStates)) });
    },
  },
  triggerJob: {
    ...usual.write,
    effect: 'trades',
    timeoutMs: 900_000,
    summary: 'Queues a run of a job and answers its id.',
    get request() {
      return request({ jobName: requiredText(64), force: bool, parameters: map(text(1000)) });
    },
    queue: {
      concurrency: 4,
      attempts: 2,
      backoffMs: 5_000,
      joins: 'equal-request',
      caller: 'leaves',
    },
  },
  listProposals: {
    ...usual.read,
    summary: 'Lists plans that wait for the owner’s answer or did, newest first.',
    get request() {
      return request({ accountId: account, state: anyWord(proposalStates), limit, offset });
    },
  },
  approvePlan: {
    ...usual.write,
    effect: 'trades',
    summary: 'Approves exactly the plan of a digest, and queues the cycle that executes it.',
    get request() {
      return request({ accountId: account, planId: requiredText(128), ...answer() });
    },
  },
  rejectPlan: {
    ...usual.write,
    effect: 'trades',
    summary:
      'Rejects a plan, or withdraws its approval; the same orders are not proposed for a week.',
    get request() {
      return request({
        accountId: account,
        planId: requiredText(128),
        ...answer(),
        reason: text(1000),
      });
    },
  },
  changePlan: {
    ...usual.write,
    effect: 'trades',
    summary: 'Replaces a plan that waits by one with fewer or smaller orders, which waits in turn.',
    timeoutMs: 300_000,
    get request() {
      return request({
        accountId: account,
        planId: requiredText(128),
        ...answer(),
        quantities: map(text(40)),
        dryRun: bool,
      });
    },
  },
  createAnswerTokens: {
    ...usual.write,
    effect: 'trades',
    summary: 'Makes two tokens that answer a plan once each, for a message to its owner.',
    get request() {
      return request({
        accountId: account,
        planId: requiredText(128),
        recipient: requiredText(100),
      });
    },
  },
  answerProposal: {
    ...usual.write,
    effect: 'trades',
    credential: 'request',
    summary:
      'Answers a plan with a token that works once; over HTTP no other credential is needed.',
    get request() {
      return request({ token: requiredText(64) });
    },
  },
  getTrust: {
    ...usual.read,
    summary: 'Answers how far the system may act alone for an account, and who said so.',
    get request() {
      return request({ accountId: account });
    },
  },
  setTrust: {
    ...usual.write,
    effect: 'trades',
    summary: 'Sets how far the system may act alone; a step up needs its confirmation in words.',
    get request() {
      return request({
        accountId: account,
        level: requiredWord(trustLevels),
        confirmation: text(200),
        reason: text(1000),
        setBy: text(100),
      });
    },
  },
  getMetrics: {
    ...usual.read,
    summary: 'Answers the metrics of the state: orders, plans, prices, jobs, queues, Redis.',
    get request() {
      return request({});
    },
  },
  listAlerts: {
    ...usual.read,
    summary: 'Lists the conditions that a person must know of and that hold now.',
    get request() {
      return request({});
    },
  },
  listNotices: {
    ...usual.read,
    summary: 'Lists the channels of notices, and what could not be sent yet or at all.',
    get request() {
      return request({});
    },
  },
  testNotices: {
    ...usual.write,
    summary:
      'Sends a test notice at once through one or every channel, and answers what came of it.',
    timeoutMs: 90_000,
    get request() {
      return request({ channel: text(20) });
    },
  },
  getServicesHealth: {
    ...usual.read,
    summary: 'Asks every service whether it can do its work.',
    get request() {
      return request({ forceCheck: bool });
    },
  },
  getDependencies: {
    ...usual.read,
    summary:
      'Answers who called whom in the last hours: rate, errors, latency, and what is not declared.',
    get request() {
      return request({ hours: int32({ min: 0, max: 24 }) });
    },
  },
  listAudit: {
    ...usual.read,
    summary: 'Lists who did what from where with which token, newest first, and checks the chain.',
    timeoutMs: 30_000,
    get request() {
      return request({
        from: timestamp(),
        to: timestamp(),
        who: text(120),
        operation: text(64),
        accountId: text(64),
        limit,
        offset,
        verify: bool,
      });
    },
  },
  recordRefusals: {
    ...usual.write,
    summary: 'Puts calls that the gRPC facade refused by itself into the audit.',
    get request() {
      return request({
        refusals: requiredList(
          request({
            at: timestamp(),
            operation: requiredText(64),
            who: text(120),
            token: text(16),
            requestId: text(128),
            failureCode: requiredText(32),
            count: int32({ min: 0 }),
          }),
          100,
        ),
      });
    },
  },
  runReplay: {
    summary:
      'Replays a past through the trading cycle under one or several policies, and compares.',
    get request() {
      return request({
        from: requiredDay,
        to: requiredDay,
        policies: requiredList(request({ name: requiredText(100), document: policyText() }), 10),
      });
    },
    streams: true,
    effect: 'writes',
    timeoutMs: 3_600_000,
    needs: ['redis', 'prices'],
    weight: 'heavy',
    queue: {
      concurrency: 1,
      attempts: 2,
      backoffMs: 5_000,
      joins: 'equal-request',
      caller: 'follows',
    },
  },
  getReplay: {
    ...usual.read,
    summary: 'Answers the report of the replay that ended last.',
    get request() {
      return request({ form: word(['text', 'html', 'json']) });
    },
  },
  getOverview: {
    ...usual.read,
    fails: ['REFUSED'],
    summary: 'Answers everything that the owner’s page shows, from what is stored.',
    get request() {
      return request({
        accountId: account,
        pointsMax: int32({ min: 0, max: 2_000 }),
        rowsMax: int32({ min: 0, max: 10_000 }),
        ledgerOffset: offset,
        historyDays: int32({ min: 0, max: 20_000 }),
      });
    },
  },
});
