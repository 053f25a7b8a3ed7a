/** Dashboards of Grafana (trading, runtime, boards) from the table of metrics: a panel a metric. */
import { metricTable, type MetricName, type MetricRow } from '#shared/contract/metric-table.ts';

interface PanelRow {
  readonly title: string;
  readonly expr: string;
  readonly legend: string;
  readonly unit: string;
}

/** Each metric of the table is on one of them. */
const dashboards: Readonly<Record<string, readonly MetricName[]>> = {
  trading: [
    'trader_trading_state',
    'trader_orders_live',
    'trader_orders_last_day',
    'trader_orders_unresolved',
    'trader_orders_unresolved_age_seconds',
    'trader_unresolved_order_age_seconds',
    'trader_plan_age_seconds',
    'trader_proposal_waiting',
    'trader_proposal_expires_seconds',
    'trader_cash_ratio',
    'trader_drift_ratio',
    'trader_book_differences',
    'trader_positions',
    'trader_prices_age_seconds',
    'trader_rates_age_seconds',
    'trader_price_doubts',
    'trader_price_doubts_ratio',
    'trader_suspected_split',
    'trader_securities',
  ],
  runtime: [
    'trader_job_failed',
    'trader_job_runs_total',
    'trader_job_last_end_timestamp_seconds',
    'trader_schedule_missing',
    'trader_dead_letters',
    'trader_queue_jobs',
    'trader_queue_oldest_seconds',
    'trader_queue_unworked_seconds',
    'trader_pulse_age_seconds',
    'trader_dependency_calls',
    'trader_dependency_failures',
    'trader_dependency_mean_seconds',
    'trader_undeclared_calls',
  ],
  boards: [
    'trader_state_lost',
    'trader_services_unhealthy',
    'trader_service_up',
    'trader_service_latency_seconds',
    'trader_state_part_unread',
    'trader_redis_up',
    'trader_redis_append_only',
    'trader_redis_fsync_always',
    'trader_redis_write_ok',
    'trader_redis_used_memory_bytes',
    'trader_redis_max_memory_bytes',
    'trader_redis_memory_ratio',
    'trader_redis_replicas',
    'trader_redis_replicas_missing',
    'trader_redis_may_evict',
    'trader_disk_free_ratio',
    'trader_disk_writable',
    'trader_log_writable',
    'trader_certificate_expires_timestamp_seconds',
    'trader_certificate_refused',
    'trader_clock_skew_seconds',
    'trader_backup_newest_timestamp_seconds',
  ],
};

/** Series that are not of the table: of the gateway and of the process. */
const further: Readonly<Record<string, readonly PanelRow[]>> = {
  runtime: [
    panel(
      'Calls a second',
      'sum by (function_name) (rate(gateway_function_invocation_total[5m]))',
      'reqps',
      '{{function_name}}',
    ),
    panel(
      'Calls that failed',
      'sum by (function_name) (rate(gateway_function_invocation_total{code=~"5.."}[5m]))',
      'reqps',
      '{{function_name}}',
    ),
    panel(
      'Time of a call, 95th percentile',
      'histogram_quantile(0.95, sum by (le, function_name) (rate(gateway_functions_seconds_bucket[5m])))',
      's',
      '{{function_name}}',
    ),
    panel('Delay of the event loop, 99th percentile', 'nodejs_eventloop_lag_p99_seconds', 's'),
    panel('Resident memory', 'process_resident_memory_bytes', 'bytes'),
    panel('CPU', 'rate(process_cpu_seconds_total[5m])', 'percentunit'),
  ],
  boards: [
    panel('The metrics of the state can be read', 'trader_state_up', 'none'),
    panel('Calls to another board are not made', 'trader_breaker_open', 'none', '{{device}}'),
  ],
};

const COLUMNS = 24;
const [WIDTH, HEIGHT] = [12, 8];
const SOURCE = { type: 'prometheus', uid: '${source}' };

/** @returns file name → text @throws where a metric of the table is on no dashboard, or on two */
export function grafanaDashboards(): [string, string][] {
  requireAll();
  return Object.entries(dashboards).map(([name, metrics]): [string, string] => [
    `deploy/grafana/${name}.json`,
    `${JSON.stringify(dashboardOf(name, [...metrics.map(panelOf), ...(further[name] ?? [])]), null, 2)}\n`,
  ]);
}

function requireAll(): void {
  const shown = Object.values(dashboards).flat();
  const wrong = Object.keys(metricTable).filter(
    (name) => shown.filter((one) => one === name).length !== 1,
  );
  if (wrong.length > 0) throw new Error(`not on exactly one dashboard: ${wrong.join(', ')}`);
}

function panelOf(name: MetricName): PanelRow {
  const { help, labels = [] }: MetricRow = metricTable[name];
  const legend = ['{{instance}}', ...labels.map((label) => `{{${label}}}`)].join(' ');
  const title = help.replace(/[.;:].*$/, '');
  if (name.endsWith('_total')) return panel(title, `increase(${name}[1d])`, 'none', legend);
  if (name === 'trader_certificate_expires_timestamp_seconds')
    return panel('Time until the certificate ends', `${name} - time()`, 's', legend);
  if (name.endsWith('_timestamp_seconds'))
    return panel(`${title} (age)`, `time() - ${name}`, 's', legend);
  return panel(title, name, unitOf(name), legend);
}

function panel(title: string, expr: string, unit: string, legend = '{{instance}}'): PanelRow {
  return { title, expr, unit, legend };
}

function unitOf(name: string): string {
  if (name.endsWith('_seconds')) return 's';
  if (name.endsWith('_bytes')) return 'bytes';
  return name.endsWith('_ratio') ? 'percentunit' : 'none';
}

function dashboardOf(name: string, panels: readonly PanelRow[]) {
  return {
    uid: `arduino-trader-${name}`,
    title: `Arduino Trader: ${name}`,
    tags: ['arduino-trader'],
    schemaVersion: 39,
    editable: true,
    refresh: '30s',
    time: { from: 'now-24h', to: 'now' },
    templating: {
      list: [{ name: 'source', label: 'Source', type: 'datasource', query: 'prometheus' }],
    },
    panels: panels.map((one, index) => ({
      id: index + 1,
      type: 'timeseries',
      title: one.title,
      datasource: SOURCE,
      gridPos: placeOf(index),
      fieldConfig: { defaults: { unit: one.unit, min: 0 }, overrides: [] },
      targets: [{ refId: 'A', datasource: SOURCE, expr: one.expr, legendFormat: one.legend }],
    })),
  };
}

function placeOf(index: number) {
  const across = COLUMNS / WIDTH;
  return {
    x: (index % across) * WIDTH,
    y: Math.floor(index / across) * HEIGHT,
    w: WIDTH,
    h: HEIGHT,
  };
}
