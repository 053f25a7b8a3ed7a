/** The page of metrics and alerts, from the table of metrics and the two tables of alerts. */
import { collectDefaultMetrics, Registry } from 'prom-client';
import { alertTable, type AlertRow } from '#shared/gateway/observe/alert-table.ts';
import { processAlerts } from '#shared/gateway/observe/process-alerts.ts';
import { metricTable, type MetricRow } from '#shared/contract/metric-table.ts';
import { expressionOf } from './alerts.ts';

/** By whom it is shown, its labels, and its meaning. */
const processMetrics: Readonly<Record<string, readonly [string, string, string]>> = {
  trader_state_up: ['gateway, connector', '', '0 while the metrics of the state cannot be read.'],
  gateway_function_invocation_total: [
    'gateway',
    'function_name, code',
    'Calls of a function that ended, as an OpenFaaS gateway counts them.',
  ],
  gateway_function_invocation_started: [
    'gateway',
    'function_name',
    'Calls of a function that began.',
  ],
  gateway_functions_seconds: ['gateway', 'function_name, code', 'Time of a call.'],
  gateway_service_count: ['gateway', 'function_name', 'Replicas of a function.'],
  grpc_server_handled_total: [
    'facade, gateway',
    'grpc_service, grpc_method, grpc_code',
    'Calls of the gRPC facade that ended.',
  ],
  trader_breaker_open: [
    'gateway, facade',
    'device',
    '1 while calls to another board are not made, as it did not answer.',
  ],
  http_requests_in_flight: ['a function', '', 'Calls that are running.'],
  http_requests_total: ['a function', 'code, method', 'Calls that were answered.'],
  http_request_duration_seconds: [
    'a function',
    'code, method',
    'Time from a request to the end of its answer.',
  ],
};

/** What the library shows of each process that is not a function's. */
async function ownMetrics(): Promise<string[]> {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const all = await register.getMetricsAsJSON();
  return all
    .map(({ name, help }) => `| \`${name}\` | | gateway, connector, facade | ${help} |`)
    .sort();
}

type Described = Pick<
  AlertRow,
  'name' | 'severity' | 'summary' | 'runbook' | 'forSeconds' | 'waits'
>;

export async function metricsPage(): Promise<string> {
  const metrics = Object.entries<MetricRow>(metricTable).map(
    ([name, { help, labels = [] }]) => `| \`${name}\` | ${labels.join(', ')} | ${help} |`,
  );
  const ofEach = Object.entries(processMetrics).map(
    ([name, [by, labels, help]]) => `| \`${name}\` | ${labels} | ${by} | ${help} |`,
  );
  const lineOf = (row: Described, expr: string): string => {
    const { name, severity, summary, runbook, forSeconds, waits } = row;
    const meaning = [summary, ...(waits ? [`_${waits}_`] : [])].join(' ');
    return `| ${name} | ${severity} | ${meaning} | \`${expr.replaceAll('|', '\\|')}\` | ${forSeconds} s | [${runbook}](../runbooks/${runbook}.md) |`;
  };
  const alerts = alertTable.map((row) => lineOf(row, expressionOf(row)));
  const ofProcesses = processAlerts.map((row) => lineOf(row, row.expr));
  return `# Metrics and alerts

Generated from \`shared/contract/metric-table.ts\` and \`shared/gateway/observe/alert-table.ts\` by \`npm run generate\`.

Each process has \`/metrics\`, and belongs among the targets of \`deploy/prometheus/prometheus.yaml\`:

| process | where | what it shows |
| --- | --- | --- |
| gateway (\`npm start\`, and beside functions in containers) | \`GATEWAY_METRICS_PORT\` | the state, calls of functions, calls of its gRPC facade, breakers, the process |
| connector | \`CONNECTOR_METRICS_PORT\`; 8083 on boards with faasd, 8081 in Kubernetes | the state, the process |
| gRPC facade | \`FACADE_METRICS_PORT\`; 8084 on boards with faasd, 8081 in Kubernetes | its calls, breakers, its certificate, the process |
| a function's container | [\`metrics_port\`](../develop/template.md) | its calls |

A scrape is answered within ten seconds, also where Redis or the broker does not answer, and is not counted as a call of a function.

## Of the state

They are shown by the board that has the gateway service. They hold no amounts of money and no names; of securities and orders that
are in trouble they name ISINs and trade ids, twenty at most, so that their number does not grow with the universe.
\`STATE_METRICS=off\` leaves them out. As data they are \`gateway-get-metrics\`; \`deploy/grafana\` has dashboards of Grafana for
trading, runtime and boards. What cannot be read is absent, and \`trader_state_part_unread\` says so.

| metric | labels | meaning |
| --- | --- | --- |
${metrics.join('\n')}

## Of processes

| metric | labels | shown by | meaning |
| --- | --- | --- | --- |
${ofEach.join('\n')}
${(await ownMetrics()).join('\n')}

## Alerts

\`deploy/prometheus/alerts.yaml\` has them as rules of Prometheus, \`alerts-test.yaml\` their unit tests
(\`promtool test rules\`). Where there is no Prometheus, \`gateway-list-alerts\` evaluates the same conditions,
without the waiting times. Each has a runbook. With the intervals of \`deploy/prometheus/prometheus.yaml\` each is found within
a minute, but for those that say why not.

| alert | severity | meaning | condition | for | runbook |
| --- | --- | --- | --- | --- | --- |
${alerts.join('\n')}

What follows only Prometheus sees, since a process that does not answer cannot report itself. It expects \`job_name: arduino-trader\`,
as in \`deploy/prometheus/prometheus.yaml\`, and every process of the system among its targets.

| alert | severity | meaning | condition | for | runbook |
| --- | --- | --- | --- | --- | --- |
${ofProcesses.join('\n')}

\`npm run soak -- night\` makes faults at random and finds each by these alerts alone ([simulation](../develop/simulation.md#a-night-of-faults)).
`;
}
