/** Rows of the gateway service: the trading cycle, deposits, jobs, and the system's health. */
import type { GatewayServiceService } from '#protos/gen/gateway.ts';
import {
  account,
  bool,
  int32,
  map,
  moneyNotNegative,
  offset,
  request,
  requiredText,
  text,
} from './fields.ts';
import { contract, usual } from './row.ts';

export const jobStates = ['idle', 'waiting', 'running', 'failed'] as const;

export const gateway = contract<typeof GatewayServiceService>()('gateway', {
  getSystemStatus: {
    ...usual.read,
    summary: 'Measures the whole system: services, jobs, uptime, memory, value.',
    request: request({ includeDetails: bool }),
  },
  triggerTradingCycle: {
    summary:
      'Runs one trading cycle: sync, score, optimise, plan, validate, execute, book, report.',
    request: request({ dryRun: bool, force: bool, buysOnly: bool }),
    streams: true,
    effect: 'trades',
    timeoutMs: 900_000,
    needs: ['redis', 'broker', 'prices'],
    weight: 'light',
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
    needs: ['redis', 'broker'],
    summary: 'Books a deposit once, and starts a cycle that invests it where asked to.',
    request: request({ amount: moneyNotNegative, autoInvest: bool, accountId: account }),
  },
  getJobStatus: {
    ...usual.read,
    summary: 'Answers the state of a job: last run, next run, counts, last error.',
    request: request({ jobName: requiredText(64) }),
  },
  listJobs: {
    ...usual.read,
    summary: 'Lists all jobs, in one state where a filter is given.',
    request: request({ statusFilter: text(32) }),
  },
  triggerJob: {
    ...usual.write,
    effect: 'trades',
    timeoutMs: 900_000,
    summary: 'Queues a run of a job and answers its id.',
    request: request({ jobName: requiredText(64), force: bool, parameters: map(text(1000)) }),
    queue: {
      concurrency: 4,
      attempts: 2,
      backoffMs: 5_000,
      joins: 'equal-request',
      caller: 'leaves',
    },
  },
  getServicesHealth: {
    ...usual.read,
    summary: 'Asks every service whether it can do its work.',
    request: request({ forceCheck: bool }),
  },
  getOverview: {
    ...usual.read,
    summary: 'Answers everything that the owner’s page shows, from what is stored.',
    request: request({
      accountId: account,
      pointsMax: int32({ min: 0, max: 2_000 }),
      rowsMax: int32({ min: 0, max: 10_000 }),
      ledgerOffset: offset,
      historyDays: int32({ min: 0 }),
    }),
  },
});
