/**
 * The metrics of the state, beside those of each process: name, help and labels in the naming
 * conventions of Prometheus. Labels have few values whatever the number of securities; amounts of
 * money are not among them. docs/operate/metrics.md is generated from this table.
 */
export interface MetricRow {
  readonly help: string;
  readonly labels?: readonly string[];
}

export const metricTable = {
  trader_state_lost: { help: '1 while the state in Redis was lost or is another one.' },
  trader_trading_state: {
    help: '1 for the trading state in force.',
    labels: ['state'],
  },
  trader_orders_live: { help: 'Orders that have not ended.', labels: ['state'] },
  trader_orders_last_day: { help: 'Orders of the last 24 hours.', labels: ['state'] },
  trader_orders_unresolved: { help: 'Orders whose outcome is not known, or that need a person.' },
  trader_orders_unresolved_age_seconds: { help: 'Age of the oldest of them; 0 without any.' },
  trader_plan_age_seconds: { help: 'Time since the last plan was made.' },
  trader_proposal_waiting: { help: '1 while a plan waits for its owner’s answer.' },
  trader_proposal_expires_seconds: { help: 'Time that is left to answer it.' },
  trader_cash_ratio: { help: 'Cash as a fraction of the value of the default account.' },
  trader_drift_ratio: {
    help: 'Half the sum of the distances between weights and targets of the default account; absent without targets.',
  },
  trader_book_differences: {
    help: 'Findings of the last check of the book against the broker, at most a quarter of an hour old.',
  },
  trader_positions: { help: 'Positions of the default account.' },
  trader_prices_age_seconds: { help: 'Time since the last day that prices were fetched through.' },
  trader_rates_age_seconds: {
    help: 'Time since the last day of the exchange rate that was fetched least recently.',
  },
  trader_price_doubts: { help: 'Securities set aside for their prices.', labels: ['kind'] },
  trader_securities: { help: 'Securities that are traded.' },
  trader_job_failed: { help: '1 where the last run of a job failed.', labels: ['job'] },
  trader_job_runs_total: { help: 'Runs of a job that ended.', labels: ['job', 'outcome'] },
  trader_job_last_end_timestamp_seconds: {
    help: 'When the last run of a job ended, seconds since 1970.',
    labels: ['job'],
  },
  trader_dead_letters: {
    help: 'Calls that nobody waited for and that failed for good.',
    labels: ['kind'],
  },
  trader_queue_jobs: { help: 'Jobs in a queue of runs.', labels: ['queue', 'state'] },
  trader_queue_oldest_seconds: {
    help: 'How long the oldest waiting job of a queue waits; 0 without any.',
    labels: ['queue'],
  },
  trader_backup_newest_timestamp_seconds: {
    help: 'When the newest backup that can be restored was written, seconds since 1970.',
  },
  trader_services_unhealthy: { help: 'Services that cannot do their work.' },
  trader_service_up: {
    help: '1 where a service can do its work, 0 where it or the board that it runs on cannot.',
    labels: ['service', 'board'],
  },
  trader_dependency_calls: {
    help: 'Calls of a service by another, or by a part of the system, in this and the last clock hour.',
    labels: ['caller', 'callee'],
  },
  trader_dependency_failures: {
    help: 'Those of them that ended as errors of the callee.',
    labels: ['caller', 'callee'],
  },
  trader_dependency_mean_seconds: {
    help: 'Mean time of these calls.',
    labels: ['caller', 'callee'],
  },
  trader_undeclared_calls: {
    help: 'Calls in this and the last clock hour that the catalogue does not have, the twenty most frequent pairs; 0 without any.',
    labels: ['caller', 'callee'],
  },
  trader_redis_append_only: { help: '1 where Redis keeps an append-only file.' },
  trader_redis_write_ok: { help: '1 where its last write and rewrite to the file succeeded.' },
  trader_redis_used_memory_bytes: { help: 'Memory that Redis uses.' },
  trader_redis_max_memory_bytes: { help: 'Memory that it may use; 0: no limit.' },
  trader_redis_memory_ratio: {
    help: 'Memory that Redis uses as a fraction of what it may use; 0 without a limit. At 1 it refuses what is to be stored.',
  },
  trader_redis_replicas: { help: 'Replicas that are connected to it.' },
  trader_disk_free_ratio: { help: 'Free part of the file system that DATA_DIR is on.' },
  trader_certificate_expires_timestamp_seconds: {
    help: 'When the certificate of this board ends, seconds since 1970.',
  },
  trader_clock_skew_seconds: {
    help: 'Clock of this process less that of Redis; negative: it is behind.',
  },
} as const satisfies Readonly<Record<string, MetricRow>>;

export type MetricName = keyof typeof metricTable;

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
