/**
 * The metrics of the state, beside those of each process: name, help and labels in the naming
 * conventions of Prometheus. Labels have few values whatever the number of securities; amounts of
 * money are not among them. docs/operate/metrics.md is generated from this table.
 */
export interface MetricRow {
  /** What is read together, and is absent together where it cannot be read. */
  readonly part?: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

export const metricTable = {
  trader_state_part_unread: {
    help: '1 where a part of these metrics cannot be read, or not within five seconds; its series are absent then.',
    labels: ['part'],
  },
  trader_state_lost: {
    part: 'epoch',
    help: '1 while the state in Redis was lost or is another one.',
  },
  trader_trading_state: {
    part: 'control',
    help: '1 for the trading state in force.',
    labels: ['state'],
  },
  trader_orders_live: { part: 'orders', help: 'Orders that have not ended.', labels: ['state'] },
  trader_orders_last_day: {
    part: 'orders',
    help: 'Orders of the last 24 hours.',
    labels: ['state'],
  },
  trader_orders_unresolved: {
    part: 'orders',
    help: 'Orders whose outcome is not known, or that need a person.',
  },
  trader_orders_unresolved_age_seconds: {
    part: 'orders',
    help: 'Age of the oldest of them; 0 without any.',
  },
  trader_unresolved_order_age_seconds: {
    part: 'orders',
    help: 'Age of each of them, the twenty oldest; `trade` is the id of the trade.',
    labels: ['account', 'trade', 'state'],
  },
  trader_plan_age_seconds: { part: 'plans', help: 'Time since the last plan was made.' },
  trader_proposal_waiting: { part: 'plans', help: '1 while a plan waits for its owner’s answer.' },
  trader_proposal_expires_seconds: { part: 'plans', help: 'Time that is left to answer it.' },
  trader_cash_ratio: {
    part: 'account',
    help: 'Cash as a fraction of the value of the default account.',
  },
  trader_drift_ratio: {
    part: 'drift',
    help: 'Half the sum of the distances between weights and targets of the default account; absent without targets.',
  },
  trader_book_differences: {
    part: 'book',
    help: 'Findings of the last check of the book against the broker: after each sync of the positions, and once in a quarter of an hour.',
  },
  trader_positions: { part: 'account', help: 'Positions of the default account.' },
  trader_prices_age_seconds: {
    part: 'market',
    help: 'Time since the last day that prices were fetched through: `all` for the newest, and the ISINs of the securities that lag behind it, twenty at most. A fetch that brought no bar for ten days brought no prices.',
    labels: ['isin'],
  },
  trader_rates_age_seconds: {
    part: 'market',
    help: 'Time since the last day that the rates of a traded currency were fetched through: `all` for the newest, and the pairs that lag behind it, twenty at most.',
    labels: ['pair'],
  },
  trader_price_doubts: {
    part: 'market',
    help: 'Securities set aside for their prices.',
    labels: ['kind'],
  },
  trader_price_doubts_ratio: {
    part: 'market',
    help: 'Those of them that are traded, as a fraction of all that are.',
    labels: ['kind'],
  },
  trader_suspected_split: {
    part: 'market',
    help: '1 for each security that is held back as it may have been split, twenty at most.',
    labels: ['isin'],
  },
  trader_securities: { part: 'market', help: 'Securities that are traded.' },
  trader_job_failed: {
    part: 'jobs',
    help: '1 where the last run of a job failed.',
    labels: ['job_name'],
  },
  trader_job_runs_total: {
    part: 'jobs',
    help: 'Runs of a job that ended.',
    labels: ['job_name', 'outcome'],
  },
  trader_job_last_end_timestamp_seconds: {
    part: 'jobs',
    help: 'When the last run of a job ended, seconds since 1970.',
    labels: ['job_name'],
  },
  trader_schedule_missing: {
    part: 'jobs',
    help: '1 where nothing runs a job by the clock any more: its schedule, or the next turn of it, is not in Redis. Absent where no connector was ever heard of.',
    labels: ['job_name'],
  },
  trader_dead_letters: {
    part: 'dead-letters',
    help: 'Calls that nobody waited for and that failed for good.',
    labels: ['kind'],
  },
  trader_queue_jobs: {
    part: 'queues',
    help: 'Jobs in a queue of runs; of queued calls, callbacks, messages and topics those of all functions together, without the failed ones (trader_dead_letters).',
    labels: ['queue', 'state'],
  },
  trader_queue_oldest_seconds: {
    part: 'queues',
    help: 'How long the oldest job that is due waits in a queue; 0 without any. Of the queues that functions have for queued calls, the twenty whose oldest waits longest.',
    labels: ['queue'],
  },
  trader_queue_unworked_seconds: {
    part: 'queues',
    help: 'The same while none of the queue runs; 0 otherwise.',
    labels: ['queue'],
  },
  trader_pulse_age_seconds: {
    part: 'pulses',
    help: 'Time since a part was last heard of: `connector` (without a board: any of them), `prices` (their source), `board`.',
    labels: ['part', 'board'],
  },
  trader_backup_newest_timestamp_seconds: {
    part: 'backups',
    help: 'When the newest backup that can be restored was written, seconds since 1970.',
  },
  trader_services_unhealthy: { part: 'services', help: 'Services that cannot do their work.' },
  trader_service_up: {
    part: 'services',
    help: '1 where a service can do its work, 0 where it or the board that it runs on cannot.',
    labels: ['service', 'board'],
  },
  trader_service_latency_seconds: {
    part: 'services',
    help: 'Time until the last function of a service had said whether it is ready; four at most.',
    labels: ['service', 'board'],
  },
  trader_dependency_calls: {
    part: 'dependencies',
    help: 'Calls of a service by another, or by a part of the system, in this and the last clock hour.',
    labels: ['caller', 'callee'],
  },
  trader_dependency_failures: {
    part: 'dependencies',
    help: 'Those of them that ended as errors of the callee.',
    labels: ['caller', 'callee'],
  },
  trader_dependency_mean_seconds: {
    part: 'dependencies',
    help: 'Mean time of these calls.',
    labels: ['caller', 'callee'],
  },
  trader_undeclared_calls: {
    part: 'dependencies',
    help: 'Calls in this and the last clock hour that the catalogue does not have, the twenty most frequent pairs; 0 without any.',
    labels: ['caller', 'callee'],
  },
  trader_redis_up: { part: 'redis', help: '1 where Redis answers within three seconds.' },
  trader_redis_append_only: { part: 'redis', help: '1 where Redis keeps an append-only file.' },
  trader_redis_fsync_always: {
    part: 'redis',
    help: '1 where each write is on the disk before it is answered; absent without a file, and where Redis does not say.',
  },
  trader_redis_write_ok: {
    part: 'redis',
    help: '1 where its last write and rewrite to the file succeeded.',
  },
  trader_redis_used_memory_bytes: { part: 'redis', help: 'Memory that Redis uses.' },
  trader_redis_max_memory_bytes: { part: 'redis', help: 'Memory that it may use; 0: no limit.' },
  trader_redis_memory_ratio: {
    part: 'redis',
    help: 'Memory that Redis uses as a fraction of what it may use; 0 without a limit. At 1 it refuses what is to be stored.',
  },
  trader_redis_may_evict: {
    part: 'redis',
    help: '1 where Redis may throw records away when its memory is full.',
  },
  trader_redis_replicas: { part: 'redis', help: 'Replicas that are connected to it.' },
  trader_redis_replicas_missing: {
    part: 'redis',
    help: 'Replicas that are missing of those that a write that trades waits for (REDIS_REPLICAS); one that was not heard of for ten seconds is missing.',
  },
  trader_disk_free_ratio: {
    part: 'disk',
    help: 'Free part of the file system that DATA_DIR is on, on each board: of its blocks or of its files, whichever is less.',
    labels: ['board'],
  },
  trader_disk_writable: {
    part: 'disk',
    help: '1 where DATA_DIR of a board can be written to.',
    labels: ['board'],
  },
  trader_log_writable: {
    part: 'disk',
    help: '1 where lines reach the log file that `npm start` writes on a board, and would where it begins the next one.',
    labels: ['board'],
  },
  trader_certificate_refused: {
    part: 'certificate',
    help: '1 where the certificate, key and CA of a board, as their files are now, cannot be used; the processes go on with those they had.',
    labels: ['board'],
  },
  trader_certificate_expires_timestamp_seconds: {
    part: 'certificate',
    help: 'When the certificate of a board ends, seconds since 1970.',
    labels: ['board'],
  },
  trader_clock_skew_seconds: {
    part: 'clock',
    help: 'Clock of a board less that of Redis; negative: it is behind.',
    labels: ['board'],
  },
} as const satisfies Readonly<Record<string, MetricRow>>;

export type MetricName = keyof typeof metricTable;
export type MetricPart = {
  [name in MetricName]: (typeof metricTable)[name] extends { readonly part: infer P } ? P : never;
}[MetricName];

export interface Sample {
  readonly name: MetricName;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export function sample(
  name: MetricName,
  value: number | boolean,
  labels: Readonly<Record<string, string>> = {},
): Sample {
  return { name, labels, value: Number(value) };
}

/** One sample for each key; the keys become the label's values. */
export function samplesBy(
  name: MetricName,
  label: string,
  values: Readonly<Record<string, number>>,
): Sample[] {
  return Object.entries(values).map(([key, value]) => sample(name, value, { [label]: key }));
}
