/**
 * The jobs that run by the clock, each as a run of `gateway.trigger-job`. Times are UTC. The
 * connector hands the table to the scheduler; the gateway's operations read and trigger it.
 */
import { TRADING_CYCLE_SCHEDULE } from '#shared/process/settings/schedule-parser.ts';
import { gateway } from './gateway.ts';
import { notFound } from '#shared/kernel/failure.ts';
import { portfolio } from './portfolio.ts';
import { scoring } from './scoring.ts';
import { universe } from './universe.ts';
import type { Operation } from './row.ts';

/** What a job does: calls an operation, or carries out a task of the gateway's own. */
export type JobWork =
  | {
      readonly kind: 'operation';
      readonly operation: Operation;
      /** The wire request, to which parameters of a trigger are added. */
      readonly request: Readonly<Record<string, unknown>>;
      /** The request's field that `force` of a trigger sets. */
      readonly forceField?: string | undefined;
    }
  | { readonly kind: 'task'; readonly task: TaskName };

export type TaskName = 'backup' | 'maintenance' | 'notices';

export interface JobRow {
  readonly name: string;
  /** One sentence for people. */
  readonly description: string;
  /** Five-field cron expression in UTC; TRADING_CYCLE_SCHEDULE replaces that of the trading cycle. */
  readonly schedule: string;
  readonly work: JobWork;
}

export const jobs: readonly JobRow[] = [
  {
    name: 'sync-prices',
    description: 'Fetches the day’s bars and exchange rates after the exchanges have closed.',
    schedule: '30 22 * * 1-5',
    work: calls(universe.syncPrices, {}, 'forceRefresh'),
  },
  {
    name: 'sync-fundamentals',
    description: 'Fetches fundamentals once a week.',
    schedule: '0 6 * * 6',
    work: calls(universe.syncFundamentals, {}, 'forceRefresh'),
  },
  {
    name: 'sync-positions',
    description: 'Makes the book agree with the broker every quarter of an hour.',
    schedule: '*/15 * * * *',
    work: calls(portfolio.updatePositions, {}, 'forceSync'),
  },
  {
    name: 'score-refresh',
    description: 'Scores the universe on the day’s prices.',
    schedule: '0 23 * * 1-5',
    work: calls(scoring.batchScoreSecurities, {}),
  },
  {
    name: 'trading-cycle',
    description: 'Runs the trading cycle.',
    schedule: TRADING_CYCLE_SCHEDULE,
    work: calls(gateway.triggerTradingCycle, {}, 'force'),
  },
  {
    name: 'performance-snapshot',
    description: 'Asks the broker after the close and records the day’s valuation.',
    schedule: '45 22 * * 1-5',
    work: calls(portfolio.updatePositions, { forceSync: true }),
  },
  {
    name: 'backup',
    description: 'Writes everything that is kept to a compressed file with a checksum.',
    schedule: '0 3 * * *',
    work: { kind: 'task', task: 'backup' },
  },
  {
    name: 'maintenance',
    description: 'Clears what has ended long ago, and checks that Redis writes its file.',
    schedule: '30 3 * * *',
    work: { kind: 'task', task: 'maintenance' },
  },
  {
    name: 'notices',
    description: 'Notifies the owner of what is new, by the channels that are configured.',
    schedule: '* * * * *',
    work: { kind: 'task', task: 'notices' },
  },
];

/** Schedules that an installation states in place of the table's, by the job's name. */
export function ownSchedules({
  tradingCycleSchedule,
}: {
  readonly tradingCycleSchedule: string;
}): Readonly<Record<string, string>> {
  return { 'trading-cycle': tradingCycleSchedule };
}

/** @throws Failure NOT_FOUND */
export function requireJob(name: string): JobRow {
  const job = jobs.find((row) => row.name === name);
  if (!job) throw notFound('job', name.slice(0, 64));
  return job;
}

/** The jobs that call an operation. */
export function jobsOf({ name }: Pick<Operation, 'name'>): readonly JobRow[] {
  return jobs.filter(({ work }) => work.kind === 'operation' && work.operation.name === name);
}

function calls(
  operation: Operation,
  request: Readonly<Record<string, unknown>>,
  forceField?: string,
): JobWork {
  return { kind: 'operation', operation, request, forceField };
}
