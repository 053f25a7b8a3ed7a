/**
 * Conditions that a person must know of. The rules for Prometheus (deploy/prometheus) are generated from
 * this table, and ListAlerts evaluates the same conditions where there is no Prometheus.
 */
import type { MetricName, Sample } from '#shared/contract/metric-table.ts';

export type Severity = 'critical' | 'warning';

export interface AlertRow {
  readonly name: string;
  readonly metric: MetricName;
  readonly labels?: Readonly<Record<string, string>>;
  readonly when: '>' | '<' | '==';
  readonly threshold: number;
  /** What is compared: the value, its distance from 0, or the time from now to it (a moment in seconds since 1970). */
  readonly of?: 'value' | 'distance' | 'time-left' | 'age';
  /** How long it lasts before Prometheus fires. */
  readonly forMinutes: number;
  readonly severity: Severity;
  /** The condition, as a sentence. */
  readonly summary: string;
  /** Page of docs/runbooks, without its ending. */
  readonly runbook: string;
}

const DAY_SECONDS = 86_400;

export const alertTable: readonly AlertRow[] = [
  {
    name: 'TraderStateLost',
    metric: 'trader_state_lost',
    ...equals(1),
    forMinutes: 0,
    severity: 'critical',
    summary: 'The state in Redis was lost; nothing trades.',
    runbook: 'state-lost',
  },
  {
    name: 'TraderHalted',
    metric: 'trader_trading_state',
    labels: { state: 'HALTED' },
    ...equals(1),
    forMinutes: 0,
    severity: 'critical',
    summary: 'Trading is halted.',
    runbook: 'halt',
  },
  {
    name: 'TraderOrderUnresolved',
    metric: 'trader_orders_unresolved_age_seconds',
    ...above(900),
    forMinutes: 0,
    severity: 'critical',
    summary: 'The outcome of an order is not known for more than a quarter of an hour.',
    runbook: 'order-unresolved',
  },
  {
    name: 'TraderOrderNeedsHuman',
    metric: 'trader_orders_live',
    labels: { state: 'NEEDS_HUMAN' },
    ...above(0),
    forMinutes: 0,
    severity: 'critical',
    summary: 'An order needs a person.',
    runbook: 'order-needs-human',
  },
  {
    name: 'TraderBookNotReconciled',
    metric: 'trader_job_failed',
    labels: { job: 'sync-positions' },
    ...equals(1),
    forMinutes: 30,
    severity: 'critical',
    summary: 'The book could not be brought into agreement with the broker.',
    runbook: 'book-differs',
  },
  {
    name: 'TraderBookDiffers',
    metric: 'trader_book_differences',
    ...above(0),
    forMinutes: 30,
    severity: 'critical',
    summary: 'The book differs from the statement of the broker.',
    runbook: 'book-differs',
  },
  {
    name: 'TraderServiceUnhealthy',
    metric: 'trader_service_up',
    ...equals(0),
    forMinutes: 5,
    severity: 'critical',
    summary: 'A service, or the board it is on, cannot do its work.',
    runbook: 'board-away',
  },
  {
    name: 'TraderRedisNotPersistent',
    metric: 'trader_redis_append_only',
    ...equals(0),
    forMinutes: 0,
    severity: 'critical',
    summary: 'Redis keeps no append-only file.',
    runbook: 'redis-not-persistent',
  },
  {
    name: 'TraderRedisWriteFailed',
    metric: 'trader_redis_write_ok',
    ...equals(0),
    forMinutes: 0,
    severity: 'critical',
    summary: 'Redis could not write its file.',
    runbook: 'redis-not-persistent',
  },
  {
    name: 'TraderRedisFull',
    metric: 'trader_redis_memory_ratio',
    ...above(0.9),
    forMinutes: 0,
    severity: 'critical',
    summary: 'Redis has less than a tenth of its memory left; without any it stores no orders.',
    runbook: 'redis-not-persistent',
  },
  {
    name: 'TraderUndeclaredCall',
    metric: 'trader_undeclared_calls',
    ...above(0),
    forMinutes: 0,
    severity: 'critical',
    summary: 'A part of the system made a call that it has no business to make.',
    runbook: 'undeclared-call',
  },
  {
    name: 'TraderPricesStale',
    metric: 'trader_prices_age_seconds',
    ...above(5 * DAY_SECONDS),
    forMinutes: 0,
    severity: 'warning',
    summary: 'Prices are more than five days old.',
    runbook: 'prices-stale',
  },
  {
    name: 'TraderRatesStale',
    metric: 'trader_rates_age_seconds',
    ...above(5 * DAY_SECONDS),
    forMinutes: 0,
    severity: 'warning',
    summary: 'An exchange rate is more than five days old.',
    runbook: 'rates-stale',
  },
  {
    name: 'TraderSuspectedSplit',
    metric: 'trader_price_doubts',
    labels: { kind: 'suspected-split' },
    ...above(0),
    forMinutes: 0,
    severity: 'warning',
    summary: 'A security may have been split; it is held back until its owner answers.',
    runbook: 'suspected-split',
  },
  {
    name: 'TraderQueueStuck',
    metric: 'trader_queue_oldest_seconds',
    ...above(1_800),
    forMinutes: 0,
    severity: 'warning',
    summary: 'A queued run has waited for more than half an hour.',
    runbook: 'queue-stuck',
  },
  {
    name: 'TraderRunsFailed',
    metric: 'trader_queue_jobs',
    labels: { state: 'failed' },
    ...above(0),
    forMinutes: 0,
    severity: 'warning',
    summary: 'Runs failed for good.',
    runbook: 'failed-runs',
  },
  {
    name: 'TraderDeadLetters',
    metric: 'trader_dead_letters',
    ...above(0),
    forMinutes: 0,
    severity: 'warning',
    summary: 'Calls that nobody waited for failed for good.',
    runbook: 'dead-letters',
  },
  {
    name: 'TraderBackupFailed',
    metric: 'trader_job_failed',
    labels: { job: 'backup' },
    ...equals(1),
    forMinutes: 0,
    severity: 'warning',
    summary: 'The last backup failed.',
    runbook: 'backup-failed',
  },
  {
    name: 'TraderBackupOld',
    metric: 'trader_job_last_end_timestamp_seconds',
    labels: { job: 'backup' },
    of: 'age',
    ...above(2 * DAY_SECONDS),
    forMinutes: 0,
    severity: 'warning',
    summary: 'No backup was made for two days.',
    runbook: 'backup-failed',
  },
  {
    name: 'TraderDiskFull',
    metric: 'trader_disk_free_ratio',
    ...below(0.1),
    forMinutes: 5,
    severity: 'warning',
    summary: 'Less than a tenth of the disk is free.',
    runbook: 'disk-full',
  },
  {
    name: 'TraderCertificateEnds',
    metric: 'trader_certificate_expires_timestamp_seconds',
    of: 'time-left',
    ...below(14 * DAY_SECONDS),
    forMinutes: 0,
    severity: 'warning',
    summary: 'The certificate of a board ends within two weeks.',
    runbook: 'certificate-ends',
  },
  {
    name: 'TraderClockWrong',
    metric: 'trader_clock_skew_seconds',
    of: 'distance',
    ...above(5),
    forMinutes: 5,
    severity: 'warning',
    summary: 'The clock of a board differs from that of Redis by more than five seconds.',
    runbook: 'clock-wrong',
  },
  {
    name: 'TraderPlanWaits',
    metric: 'trader_proposal_waiting',
    ...equals(1),
    forMinutes: 0,
    severity: 'warning',
    summary: 'A plan waits for its owner’s answer.',
    runbook: 'plan-waits',
  },
];

function above(threshold: number): Pick<AlertRow, 'when' | 'threshold'> {
  return { when: '>', threshold };
}
function below(threshold: number): Pick<AlertRow, 'when' | 'threshold'> {
  return { when: '<', threshold };
}
function equals(threshold: number): Pick<AlertRow, 'when' | 'threshold'> {
  return { when: '==', threshold };
}

export interface FiringAlert {
  readonly row: AlertRow;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Every sample that meets a condition. @param nowSeconds since 1970 */
export function firing(samples: readonly Sample[], nowSeconds: number): FiringAlert[] {
  return alertTable.flatMap((row) =>
    samples
      .filter((one) => one.name === row.metric && matches(row, one))
      .map(({ labels, value }) => ({ row, labels, value: compared(row, value, nowSeconds) }))
      .filter(({ value }) => meets(row, value)),
  );
}

function matches({ labels = {} }: AlertRow, { labels: has }: Sample): boolean {
  return Object.entries(labels).every(([name, value]) => has[name] === value);
}

function compared({ of = 'value' }: AlertRow, value: number, now: number): number {
  if (of === 'age') return now - value;
  if (of === 'distance') return Math.abs(value);
  return of === 'time-left' ? value - now : value;
}

function meets({ when, threshold }: AlertRow, value: number): boolean {
  if (when === '>') return value > threshold;
  return when === '<' ? value < threshold : value === threshold;
}
