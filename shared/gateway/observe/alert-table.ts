/**
 * Conditions that a person must know of. The rules for Prometheus (deploy/prometheus) are generated from
 * this table, and `firing` evaluates the same conditions where there is no Prometheus.
 */
import type { MetricName } from '#shared/contract/metric-table.ts';

export type Severity = 'critical' | 'warning';

export interface AlertRow {
  readonly name: string;
  readonly metric: MetricName;
  readonly labels?: Readonly<Record<string, string>>;
  /** Values of a label that rows of their own have. */
  readonly except?: { readonly label: string; readonly values: readonly string[] };
  readonly when: '>' | '<' | '==';
  readonly threshold: number;
  /** What is compared: the value, its distance from 0, or the time from now to it (a moment in seconds since 1970). */
  readonly of?: 'value' | 'distance' | 'time-left' | 'age';
  /** How long it lasts before it is reported. */
  readonly forSeconds: number;
  /** Why it is not found within a minute: what it reports takes time by its nature. */
  readonly waits?: string;
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
    forSeconds: 0,
    severity: 'critical',
    summary: 'The state in Redis was lost; nothing trades.',
    runbook: 'state-lost',
  },
  {
    name: 'TraderHalted',
    metric: 'trader_trading_state',
    labels: { state: 'HALTED' },
    ...equals(1),
    forSeconds: 0,
    severity: 'critical',
    summary: 'Trading is halted.',
    runbook: 'halt',
  },
  {
    name: 'TraderOrderOutcomeUnknown',
    metric: 'trader_unresolved_order_age_seconds',
    labels: { state: 'UNKNOWN' },
    ...above(0),
    forSeconds: 20,
    severity: 'warning',
    summary: 'The outcome of an order is not known; the broker is asked.',
    runbook: 'order-unresolved',
  },
  {
    name: 'TraderOrderUnresolved',
    metric: 'trader_unresolved_order_age_seconds',
    ...above(900),
    forSeconds: 0,
    waits: 'TraderOrderOutcomeUnknown reports it at once; this one, that asking did not settle it.',
    severity: 'critical',
    summary: 'The outcome of an order is not known for more than a quarter of an hour.',
    runbook: 'order-unresolved',
  },
  {
    name: 'TraderOrderNeedsHuman',
    metric: 'trader_unresolved_order_age_seconds',
    labels: { state: 'NEEDS_HUMAN' },
    ...above(0),
    forSeconds: 0,
    severity: 'critical',
    summary: 'An order needs a person.',
    runbook: 'order-needs-human',
  },
  {
    name: 'TraderBookNotReconciled',
    metric: 'trader_job_failed',
    labels: { job_name: 'sync-positions' },
    ...equals(1),
    forSeconds: 1_200,
    waits:
      'One failed sync is repaired by the next one, a quarter of an hour later; TraderServiceUnhealthy reports a broker that is away.',
    severity: 'critical',
    summary: 'The book could not be brought into agreement with the broker.',
    runbook: 'book-differs',
  },
  {
    name: 'TraderBookDiffers',
    metric: 'trader_book_differences',
    ...above(0),
    forSeconds: 20,
    waits: 'It is compared after each sync, every quarter of an hour; a broker counts its calls.',
    severity: 'critical',
    summary: 'The book differs from the statement of the broker.',
    runbook: 'book-differs',
  },
  {
    name: 'TraderServiceUnhealthy',
    metric: 'trader_service_up',
    ...equals(0),
    forSeconds: 20,
    severity: 'critical',
    summary: 'A service, or the board it is on, cannot do its work.',
    runbook: 'board-away',
  },
  {
    name: 'TraderServiceSlow',
    metric: 'trader_service_latency_seconds',
    // A slow board needs 0.15 s at rest and 0.75 s beside a cycle and a plan (docs/runbooks/service-slow.md); from two
    // seconds on a broker counts as away. Three scrapes, as a burst of work may last for two.
    ...above(1),
    forSeconds: 30,
    severity: 'warning',
    summary:
      'A service takes more than a second to say that it is ready: what it needs answers slowly.',
    runbook: 'service-slow',
  },
  {
    name: 'TraderStatePartUnread',
    metric: 'trader_state_part_unread',
    ...equals(1),
    forSeconds: 25,
    severity: 'warning',
    summary: 'A part of the state cannot be read, so that its alerts cannot fire.',
    runbook: 'metrics-missing',
  },
  {
    name: 'TraderRedisAway',
    metric: 'trader_redis_up',
    ...equals(0),
    forSeconds: 0,
    severity: 'critical',
    summary: 'Redis does not answer; nothing can be stored, and nothing trades.',
    runbook: 'redis-away',
  },
  {
    name: 'TraderRedisNotPersistent',
    metric: 'trader_redis_append_only',
    ...equals(0),
    forSeconds: 0,
    severity: 'critical',
    summary: 'Redis keeps no append-only file.',
    runbook: 'redis-not-persistent',
  },
  {
    name: 'TraderRedisNotSynced',
    metric: 'trader_redis_fsync_always',
    ...equals(0),
    forSeconds: 0,
    severity: 'critical',
    summary: 'Redis answers a write before it is on the disk.',
    runbook: 'redis-not-persistent',
  },
  {
    name: 'TraderRedisWriteFailed',
    metric: 'trader_redis_write_ok',
    ...equals(0),
    forSeconds: 0,
    severity: 'critical',
    summary: 'Redis could not write its file.',
    runbook: 'redis-not-persistent',
  },
  {
    name: 'TraderRedisFull',
    metric: 'trader_redis_memory_ratio',
    ...above(0.9),
    forSeconds: 0,
    severity: 'critical',
    summary: 'Redis has less than a tenth of its memory left; without any it stores no orders.',
    runbook: 'redis-full',
  },
  {
    name: 'TraderRedisMayEvict',
    metric: 'trader_redis_may_evict',
    ...equals(1),
    forSeconds: 0,
    severity: 'critical',
    summary: 'Redis may throw orders away when its memory is full.',
    runbook: 'redis-full',
  },
  {
    name: 'TraderRedisReplicaMissing',
    metric: 'trader_redis_replicas_missing',
    ...above(0),
    forSeconds: 15,
    severity: 'critical',
    summary: 'A replica of Redis that trading waits for is away or too far behind.',
    runbook: 'redis-replica-missing',
  },
  {
    name: 'TraderUndeclaredCall',
    metric: 'trader_undeclared_calls',
    ...above(0),
    forSeconds: 0,
    severity: 'critical',
    summary: 'A part of the system made a call that it has no business to make.',
    runbook: 'undeclared-call',
  },
  {
    name: 'TraderPricesStale',
    metric: 'trader_prices_age_seconds',
    ...above(5 * DAY_SECONDS),
    forSeconds: 0,
    waits: 'A long weekend has no new ones; TraderJobFailed reports a sync that fails.',
    severity: 'warning',
    summary: 'The prices of a security are more than five days old.',
    runbook: 'prices-stale',
  },
  {
    name: 'TraderPricesInDoubt',
    metric: 'trader_price_doubts_ratio',
    ...above(0.25),
    forSeconds: 0,
    severity: 'warning',
    summary:
      'The prices of more than a quarter of all securities cannot be trusted: their source answers old or wrong ones under new dates.',
    runbook: 'prices-stale',
  },
  {
    name: 'TraderRatesStale',
    metric: 'trader_rates_age_seconds',
    ...above(5 * DAY_SECONDS),
    forSeconds: 0,
    waits: 'A long weekend has no new ones; TraderJobFailed reports a sync that fails.',
    severity: 'warning',
    summary: 'An exchange rate is more than five days old.',
    runbook: 'rates-stale',
  },
  {
    name: 'TraderSuspectedSplit',
    metric: 'trader_suspected_split',
    ...equals(1),
    forSeconds: 0,
    severity: 'warning',
    summary: 'A security may have been split; it is held back until its owner answers.',
    runbook: 'suspected-split',
  },
  {
    name: 'TraderQueueStuck',
    metric: 'trader_queue_oldest_seconds',
    ...above(1_800),
    forSeconds: 0,
    waits:
      'A run or call may have to wait for those before it; TraderQueueNotWorked reports a queue that nobody works.',
    severity: 'warning',
    summary: 'A queued run or call has waited for more than half an hour.',
    runbook: 'queue-stuck',
  },
  {
    name: 'TraderQueueNotWorked',
    metric: 'trader_queue_unworked_seconds',
    ...above(20),
    forSeconds: 0,
    severity: 'warning',
    summary: 'A queued run or call waits, and nobody takes it.',
    runbook: 'queue-stuck',
  },
  {
    name: 'TraderConnectorSilent',
    metric: 'trader_pulse_age_seconds',
    labels: { part: 'connector' },
    ...above(30),
    forSeconds: 0,
    severity: 'critical',
    summary:
      'A connector (without a board: each of them) has given no sign of life for half a minute; runs and schedules stand still there.',
    runbook: 'queue-stuck',
  },
  {
    name: 'TraderRunsFailed',
    metric: 'trader_queue_jobs',
    labels: { state: 'failed' },
    ...above(0),
    forSeconds: 0,
    severity: 'warning',
    summary: 'Runs failed for good.',
    runbook: 'failed-runs',
  },
  {
    name: 'TraderJobFailed',
    metric: 'trader_job_failed',
    except: { label: 'job_name', values: ['backup', 'sync-positions'] },
    ...equals(1),
    forSeconds: 0,
    severity: 'warning',
    summary: 'The last run of a job failed.',
    runbook: 'job-failed',
  },
  {
    name: 'TraderScheduleMissing',
    metric: 'trader_schedule_missing',
    ...equals(1),
    // A connector restores it within ten seconds.
    forSeconds: 20,
    severity: 'critical',
    summary: 'A job is not scheduled any more; it does not run by itself.',
    runbook: 'schedule-missing',
  },
  {
    name: 'TraderDeadLetters',
    metric: 'trader_dead_letters',
    ...above(0),
    forSeconds: 0,
    severity: 'warning',
    summary: 'Calls that nobody waited for failed for good.',
    runbook: 'dead-letters',
  },
  {
    name: 'TraderBackupFailed',
    metric: 'trader_job_failed',
    labels: { job_name: 'backup' },
    ...equals(1),
    forSeconds: 0,
    severity: 'warning',
    summary: 'The last backup failed.',
    runbook: 'backup-failed',
  },
  {
    name: 'TraderBackupOld',
    metric: 'trader_job_last_end_timestamp_seconds',
    labels: { job_name: 'backup' },
    of: 'age',
    ...above(2 * DAY_SECONDS),
    forSeconds: 0,
    waits: 'A backup is made once a day; TraderBackupFailed reports one that failed.',
    severity: 'warning',
    summary: 'No backup was made for two days.',
    runbook: 'backup-failed',
  },
  {
    name: 'TraderDiskFull',
    metric: 'trader_disk_free_ratio',
    ...below(0.1),
    forSeconds: 20,
    severity: 'warning',
    summary: 'Less than a tenth of the disk is free.',
    runbook: 'disk-full',
  },
  {
    name: 'TraderDiskReadOnly',
    metric: 'trader_disk_writable',
    ...equals(0),
    forSeconds: 0,
    severity: 'critical',
    summary: 'The disk of a board cannot be written to.',
    runbook: 'disk-full',
  },
  {
    name: 'TraderLogNotWritten',
    metric: 'trader_log_writable',
    ...equals(0),
    forSeconds: 0,
    severity: 'warning',
    summary:
      'The log file of a board cannot be written; what happens meanwhile is not on record in it.',
    runbook: 'log-not-written',
  },
  {
    name: 'TraderCertificateRefused',
    metric: 'trader_certificate_refused',
    ...equals(1),
    forSeconds: 20,
    severity: 'critical',
    summary:
      'A certificate that was renewed cannot be used; the board works with the one before until that ends.',
    runbook: 'certificate-ends',
  },
  {
    name: 'TraderCertificateEnds',
    metric: 'trader_certificate_expires_timestamp_seconds',
    of: 'time-left',
    ...below(14 * DAY_SECONDS),
    forSeconds: 0,
    severity: 'warning',
    summary: 'The certificate of a board ends within two weeks.',
    runbook: 'certificate-ends',
  },
  {
    name: 'TraderClockWrong',
    metric: 'trader_clock_skew_seconds',
    of: 'distance',
    ...above(5),
    forSeconds: 20,
    severity: 'warning',
    summary: 'The clock of a board differs from that of Redis by more than five seconds.',
    runbook: 'clock-wrong',
  },
  {
    name: 'TraderPlanWaits',
    metric: 'trader_proposal_waiting',
    ...equals(1),
    forSeconds: 0,
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
