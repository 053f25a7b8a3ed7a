/** The metrics as a real Prometheus scrapes them, with the rules it evaluates and the dashboards on them. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { metricsEndpoint } from '#gateway/runtime/observe/metrics-endpoint.ts';
import { stateExposition } from '#gateway/runtime/observe/state-exposition.ts';
import { metricTable } from '#shared/contract/metric-table.ts';
import { silentLog } from '#shared/process/log.ts';
import setTradingState from '../../../functions/trading/set-trading-state/handler.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import { freePort } from '../../support/free-port.ts';
import { describeNeeding } from '../../support/needing.ts';
import { openTradingFixture, type TradingFixture } from '../../support/brokers/trading-fixture.ts';

const missing = spawnSync('prometheus', ['--version']).error
  ? 'no prometheus is installed (apt-get install prometheus)'
  : undefined;
interface Target {
  readonly title: string;
  readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>;
  readonly targets: readonly { readonly expr: string }[];
}
const dashboards = readdirSync('deploy/grafana').map((file) => {
  const text = readFileSync(join('deploy/grafana', file), 'utf8');
  return JSON.parse(text) as { uid: string; panels: readonly Target[] };
});
const expressions = dashboards.flatMap(({ panels }) =>
  panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
);

it('are all on a dashboard, whose panels do not overlap', () => {
  const shown = expressions.join('\n');
  expect(Object.keys(metricTable).filter((name) => !shown.includes(name))).toEqual([]);
  expect(new Set(dashboards.map(({ uid }) => uid)).size).toBe(3);
  for (const { panels } of dashboards)
    for (const [index, { gridPos }] of panels.entries())
      for (const { gridPos: other } of panels.slice(index + 1)) {
        const apart =
          gridPos.x + gridPos.w <= other.x ||
          other.x + other.w <= gridPos.x ||
          gridPos.y + gridPos.h <= other.y ||
          other.y + other.h <= gridPos.y;
        expect(apart).toBe(true);
      }
});

describeNeeding(missing, 'a Prometheus', () => {
  let redis: TestRedis;
  let t: TradingFixture;
  let folder: string;
  let url: string;
  let prometheus: ChildProcess;
  const metrics = createServer();

  beforeAll(async () => {
    redis = await startTestRedis();
    folder = mkdtempSync(join(tmpdir(), 'trader-prometheus-'));
    t = await openTradingFixture(redis, { DATA_DIR: folder });
    await t.call(setTradingState, { state: 'HALTED', reason: 'a test' }, 'halt-1');
    const endpoint = metricsEndpoint(
      [stateExposition(t.dependencies.functions, silentLog)],
      silentLog,
    );
    metrics.on('request', endpoint).listen(0, '127.0.0.1');
    await once(metrics, 'listening');
    const { port } = metrics.address() as AddressInfo;
    const config = [
      'global: { scrape_interval: 1s, evaluation_interval: 1s }',
      `rule_files: [${JSON.stringify(resolve('deploy/prometheus/alerts.yaml'))}]`,
      'scrape_configs:',
      `  - { job_name: trader, static_configs: [{ targets: ['127.0.0.1:${port}'] }] }`,
    ];
    writeFileSync(join(folder, 'prometheus.yaml'), config.join('\n'));
    const own = await freePort();
    url = `http://127.0.0.1:${own}`;
    const files = [`--config.file=${folder}/prometheus.yaml`, `--storage.tsdb.path=${folder}/data`];
    prometheus = spawn('prometheus', [...files, `--web.listen-address=127.0.0.1:${own}`], {
      stdio: 'ignore',
    });
  });
  afterAll(async () => {
    prometheus.kill('SIGKILL');
    await once(prometheus, 'close');
    metrics.closeAllConnections();
    metrics.close();
    await t.dependencies.close();
    await redis.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Asks until it is as wanted; the test's own time ends it. */
  async function asked<T>(path: string, isThere: (data: T) => boolean): Promise<T> {
    for (;;) {
      const answer = await fetch(`${url}${path}`).catch(() => undefined);
      const body = answer?.ok ? ((await answer.json()) as { data: T }) : undefined;
      if (body && isThere(body.data)) return body.data;
      await sleep(200);
    }
  }
  const query = (expr: string) =>
    asked<{ result: { value: [number, string] }[] }>(
      `/api/v1/query?query=${encodeURIComponent(expr)}`,
      ({ result }) => result.length > 0,
    );

  it('scrapes them, and fires the alert whose condition was made', async () => {
    expect((await query('trader_state_up')).result[0]?.value[1]).toBe('1');
    expect((await query('trader_trading_state{state="HALTED"}')).result[0]?.value[1]).toBe('1');
    const { alerts } = await asked<{ alerts: { labels: { alertname: string }; state: string }[] }>(
      '/api/v1/alerts',
      (data) => data.alerts.some(({ state }) => state === 'firing'),
    );
    expect(alerts.map(({ labels }) => labels.alertname)).toContain('TraderHalted');
  });

  it('takes every expression of the dashboards, and has series for those whose metrics were scraped', async () => {
    const { port } = metrics.address() as AddressInfo;
    const shown = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const scraped = new Set([...shown.matchAll(/^([a-z_]+)[{ ]/gm)].map(([, name]) => name));
    const answered = [];
    for (const expr of expressions) {
      const answer = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expr)}`);
      expect([expr, answer.status]).toEqual([expr, 200]);
      const used = expr.match(/(?:trader|gateway|process|nodejs)_[a-z_]+/g) ?? [];
      if (used.length === 0 || !used.every((name) => scraped.has(name))) continue;
      await query(expr);
      answered.push(expr);
    }
    expect(answered.length).toBeGreaterThan(20);
  });
});
