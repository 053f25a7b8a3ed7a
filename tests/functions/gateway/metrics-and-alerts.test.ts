/** The metrics of the state and the alerts on them, by making the conditions. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { GetMetricsResponse, ListAlertsResponse } from '#protos/gen/gateway.ts';
import { openSchedules } from '#gateway/connector/schedules.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { beat } from '#shared/redis/pulses.ts';
import { alertTable } from '#shared/gateway/observe/alert-table.ts';
import { processAlerts } from '#shared/gateway/observe/process-alerts.ts';
import { metricTable, type MetricRow } from '#shared/contract/metric-table.ts';
import { replicasMissing } from '#shared/redis/replication.ts';
import { certificateExposition } from '#gateway/runtime/observe/certificate-exposition.ts';
import { stateExposition } from '#gateway/runtime/observe/state-exposition.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { isinCheckDigit, parseIsin, type Isin } from '#shared/kernel/isin.ts';
import { keys } from '#shared/redis/keys.ts';
import { reportBoard } from '#shared/runtime/board-figures.ts';
import { SecurityStore } from '#shared/universe/security-store.ts';
import { silentLog } from '#shared/process/log.ts';
import { dayOf } from '#shared/kernel/calendar-day.ts';
import { DAY_MS, instantOf } from '#shared/kernel/instant.ts';
import { PriceStore } from '#shared/universe/price-store.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';
import { PriceDoubtStore } from '#shared/universe/price-doubt-store.ts';
import getMetrics from '../../../functions/gateway/get-metrics/handler.ts';
import listAlerts from '../../../functions/gateway/list-alerts/handler.ts';
import setTradingState from '../../../functions/trading/set-trading-state/handler.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import { testNeeding } from '../../support/needing.ts';
import { openTradingFixture, type TradingFixture } from '../../support/brokers/trading-fixture.ts';

const described = (isin: Isin) => ({
  ...{
    isin,
    symbol: `S${isin.slice(6, 11)}`,
    name: isin,
    exchange: 'XNAS',
    securityType: 'EQUITY',
  },
  ...{ currency: parseCurrency('EUR'), lot: Decimal.one, addedAt: instantOf(0), addedBy: 'a test' },
});

const NAMED_MAX = 20;
const ROOT = join(__dirname, '../../..');
const RULES = join(ROOT, 'deploy/prometheus');
const RUNBOOKS = join(ROOT, 'docs/runbooks');

let redis: TestRedis;
let t: TradingFixture;
/** Of this test alone: the state's epoch is recorded there. */
let dataDir: string;

beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'trader-metrics-'));
  t = await openTradingFixture(redis, { DATA_DIR: dataDir });
});
afterEach(async () => {
  await t.dependencies.close();
  rmSync(dataDir, { recursive: true });
});

const samples = async () => ((await t.call(getMetrics, {})).body as GetMetricsResponse).samples;
const value = async (name: string, labels: object = {}) =>
  (await samples()).find(
    (one) =>
      one.name === name && Object.entries(labels).every(([key, text]) => one.labels[key] === text),
  )?.value;
const alerts = async () =>
  ((await t.call(listAlerts, {})).body as ListAlertsResponse).alerts.map(({ name }) => name);

describe('the metrics of the state', () => {
  it('are those of the table, with its labels', async () => {
    for (const { name, labels } of await samples()) {
      const row = (metricTable as Readonly<Record<string, MetricRow>>)[name];
      expect([name, Object.keys(labels)]).toEqual([name, row?.labels ?? []]);
    }
  });

  it('have no label that a Prometheus gives itself', () => {
    const all = Object.values<MetricRow>(metricTable).flatMap(({ labels = [] }) => labels);
    // It would store theirs as `exported_job`, and no alert would find it.
    expect(all.filter((label) => /^(?:job|instance|__.*|exported_.*|le)$/.test(label))).toEqual([]);
  });

  it('follow the state', async () => {
    expect(await value('trader_state_lost')).toBe(0);
    expect(await value('trader_trading_state', { state: 'ACTIVE' })).toBe(1);
    expect(await value('trader_redis_append_only')).toBeDefined();
    expect(await value('trader_disk_free_ratio')).toBeGreaterThan(0);
    await t.call(setTradingState, { state: 'HALTED', reason: 'a test' }, 'halt-1');
    expect(await value('trader_trading_state', { state: 'ACTIVE' })).toBe(0);
    expect(await value('trader_trading_state', { state: 'HALTED' })).toBe(1);
  });

  it('show the figures that another board reported, until it reports no more', async () => {
    const { database } = t.dependencies;
    const files = { dataDir, tls: undefined };
    (await reportBoard(database, 'far', 'connector', files))();
    expect(await value('trader_disk_free_ratio', { board: 'far' })).toBeGreaterThan(0);
    expect(
      Math.abs((await value('trader_clock_skew_seconds', { board: 'far' })) ?? 9),
    ).toBeLessThan(5);
    expect(await value('trader_certificate_expires_timestamp_seconds')).toBeUndefined();
    const reported = (seconds: number, figures: object) =>
      database.redis.hset(
        keys.runtime.boardFigures(),
        'far connector',
        JSON.stringify({ at: Date.now() - seconds * 1_000, ...figures }),
      );
    await reported(5, { diskFreeRatio: 0.01, clockSkewSeconds: -60, certificateExpires: 1 });
    expect(await alerts()).toEqual(
      expect.arrayContaining(['TraderDiskFull', 'TraderClockWrong', 'TraderCertificateEnds']),
    );
    await reported(90, { diskFreeRatio: 0.01 });
    expect(await value('trader_disk_free_ratio', { board: 'far' })).toBeUndefined();
  });

  it('show what each process of a board reported', async () => {
    const { database } = t.dependencies;
    const files = { dataDir, tls: undefined };
    (await reportBoard(database, 'far', 'gateway', { ...files, isLogWritable: () => false }))();
    (await reportBoard(database, 'far', 'connector', files))();
    const board = 'far';
    expect(await value('trader_log_writable', { board })).toBe(0);
    expect(await alerts()).toContain('TraderLogNotWritten');
    (await reportBoard(database, 'far', 'gateway', { ...files, isLogWritable: () => true }))();
    expect(await value('trader_log_writable', { board })).toBe(1);
  });

  it('keep the other figures of a board whose certificate cannot be read', async () => {
    const file = join(dataDir, 'cut-off.pem');
    writeFileSync(file, 'cut off');
    (
      await reportBoard(t.dependencies.database, 'far', 'gateway', {
        dataDir,
        tls: { cert: file, key: file },
      })
    )();
    const board = 'far';
    expect(await value('trader_certificate_refused', { board })).toBe(1);
    expect(await value('trader_certificate_expires_timestamp_seconds')).toBeUndefined();
    expect(await value('trader_disk_free_ratio', { board })).toBeGreaterThan(0);
    expect(await value('trader_disk_writable', { board })).toBe(1);
    expect(await alerts()).toContain('TraderCertificateRefused');
    // Nor of a facade, which shows it as well.
    const shown = await certificateExposition({ cert: file, key: file }, board)();
    expect(shown).toContain('trader_certificate_refused{board="far"} 1\n');
  });

  const replication = (...replicas: string[]) =>
    new Map(replicas.map((text, index) => [`slave${index}`, text]));
  it.each([
    [0, 0, replication()],
    [1, 1, replication()],
    [1, 0, replication('ip=10.0.0.2,port=6379,state=online,offset=10,lag=0')],
    // Its connection is open, and nobody is there.
    [1, 1, replication('ip=10.0.0.2,port=6379,state=online,offset=10,lag=11')],
    [1, 1, replication('ip=10.0.0.2,port=6379,state=send_bulk,offset=0,lag=0')],
    [2, 1, replication('ip=10.0.0.2,port=6379,state=online,offset=10,lag=1')],
  ])('of %d replicas that trading waits for %d are missing', (required, missing, info) => {
    expect(replicasMissing(info, required)).toBe(missing);
  });

  it('hold the book against the broker, and count dead letters and drift', async () => {
    expect(await value('trader_book_differences')).toBe(0);
    expect(await value('trader_dead_letters', { kind: 'async-call' })).toBe(0);
    const { redis: client } = t.dependencies.database;
    await client.sadd('queue:{function-queues:async}:names', 'echo');
    await client.zadd('queue:async.echo:failed', 1, 'call-1', 2, 'call-2');
    expect(await value('trader_dead_letters', { kind: 'async-call' })).toBe(2);
    expect(await alerts()).toContain('TraderDeadLetters');
  });

  it('count the calls that wait, and name the queue that nobody works', async () => {
    const { database, runs, now } = t.dependencies;
    const { redis: client } = database;
    await client.sadd('queue:{function-queues:async}:names', 'echo', 'idle');
    const queue = 'async.echo';
    const of = (name: string, labels: object = {}) => value(name, { queue, ...labels });
    const job = (id: string, secondsAgo: number, opts: object = {}) =>
      client.hset(`queue:${queue}:${id}`, {
        ...{ timestamp: now() - secondsAgo * 1_000, opts: JSON.stringify(opts) },
      });
    await Promise.all([job('old', 90), job('new', 1)]);
    await client.lpush(`queue:${queue}:wait`, 'old', 'new');
    expect(await value('trader_queue_jobs', { queue: 'async', state: 'wait' })).toBe(2);
    expect(await of('trader_queue_unworked_seconds')).toBeCloseTo(90, -1);
    expect(await alerts()).toContain('TraderQueueNotWorked');
    await client.lpush(`queue:${queue}:active`, 'running');
    expect(await of('trader_queue_oldest_seconds')).toBeCloseTo(90, -1);
    expect(await of('trader_queue_unworked_seconds')).toBe(0);
    expect(await alerts()).not.toContain('TraderQueueNotWorked');
    await client.del(`queue:${queue}:active`, `queue:${queue}:wait`);
    // One that is tried again later is not stuck before it is due.
    const dueIn = (seconds: number) => (now() + seconds * 1_000) * 4_096;
    await client.zadd(`queue:${queue}:delayed`, dueIn(60), 'old');
    expect(await of('trader_queue_unworked_seconds')).toBeUndefined();
    await client.zadd(`queue:${queue}:delayed`, dueIn(-60), 'old');
    expect(await of('trader_queue_unworked_seconds')).toBeCloseTo(60, -1);
    await client.del(`queue:${queue}:delayed`);
    expect(await value('trader_queue_jobs', { queue: 'async' })).toBeUndefined();
    // A turn of a schedule waits since its time, not since the one before it.
    const turns = await runs.queueOf(gateway.triggerJob.topic);
    await turns.upsertJobScheduler('backup', { pattern: '0 3 * * *', tz: 'UTC' });
    const [turn] = await turns.getDelayed();
    await client.hset(`queue:${turns.name}:${turn?.id ?? ''}`, {
      ...{ timestamp: now() - DAY_MS, opts: JSON.stringify({ ...turn?.opts, prevMillis: now() }) },
    });
    await turn?.promote();
    const age = await value('trader_queue_oldest_seconds', { queue: gateway.triggerJob.name });
    expect(age).toBeLessThan(60);
  });

  it('name a job that is not scheduled any more, where there is a connector', async () => {
    const { database, runs } = t.dependencies;
    const missing = (job_name: string) => value('trader_schedule_missing', { job_name });
    expect(await missing('backup')).toBeUndefined();
    await beat(database, 'connector');
    await openSchedules(runs);
    expect(await missing('backup')).toBe(0);
    const turns = await runs.queueOf(gateway.triggerJob.topic);
    await turns.removeJobScheduler('backup');
    expect([await missing('backup'), await missing('sync-prices')]).toEqual([1, 0]);
    expect(await alerts()).toContain('TraderScheduleMissing');
  });

  it('name twenty of 5,000 securities at most', async () => {
    // Reading them is counted among the calls of services, and settles with the second time.
    await samples();
    const before = (await samples()).length;
    const isins = Array.from({ length: 5_000 }, (_, index) => {
      const body = `XX${String(index).padStart(9, '0')}`;
      return parseIsin(`${body}${isinCheckDigit(body)}`);
    });
    const store = new SecurityStore(t.dependencies.database);
    for (const isin of isins) await store.add(described(isin), `add-${isin}`);
    expect((await value('trader_securities')) ?? 0).toBeGreaterThanOrEqual(5_000);
    // None of them was ever fetched.
    expect((await samples()).length).toBe(before + NAMED_MAX);
    const { database, now } = t.dependencies;
    const prices = new PriceStore(database);
    const doubts = new PriceDoubtStore(database);
    const [kind, day] = ['suspected-split' as const, dayOf(instantOf(now() - 5 * DAY_MS))];
    const split = { kind, day, ratio: 2, evidence: 'jump', isLive: false } as const;
    for (const isin of isins.slice(0, 100)) {
      await prices.putFetched(`prices:${isin}`, { through: day, at: now() });
      await doubts.put(isin, kind, [split]);
    }
    expect(await value('trader_price_doubts', { kind })).toBe(100);
    expect((await samples()).length).toBe(before + 2 * NAMED_MAX);
  });

  it('name the security whose prices lag, though others are fetched', async () => {
    const { database, now } = t.dependencies;
    const isins = (await new StoredMarket(database).securities()).map(({ isin }) => isin);
    const [lagging] = isins;
    const day = (days: number) => dayOf(instantOf(now() - days * DAY_MS));
    const store = new PriceStore(database);
    for (const isin of isins)
      await store.putFetched(`prices:${isin}`, { through: day(0), at: now() });
    await store.putFetched('rates:AUD-NZD', { through: day(0), at: now() });
    expect(await alerts()).not.toContain('TraderPricesStale');
    await store.putFetched(`prices:${lagging as Isin}`, { through: day(9), at: now() });
    expect(await value('trader_prices_age_seconds', { isin: 'all' })).toBeLessThan(2 * 86_400);
    expect(await value('trader_prices_age_seconds', { isin: lagging })).toBeGreaterThan(8 * 86_400);
    expect(await alerts()).toContain('TraderPricesStale');
  });

  it('distinguish a rate that lags from prices that were fetched', async () => {
    const { database, now, baseCurrency } = t.dependencies;
    const [foreign = ''] = (await new StoredMarket(database).securities())
      .map(({ currency }) => currency)
      .filter((currency) => currency !== baseCurrency);
    const day = (days: number) => dayOf(instantOf(now() - days * DAY_MS));
    const store = new PriceStore(database);
    await store.putFetched(`rates:${foreign}-${baseCurrency}`, { through: day(9), at: now() });
    await store.putFetched('rates:AUD-NZD', { through: day(90), at: now() });
    expect(await value('trader_rates_age_seconds')).toBeGreaterThan(8 * 86_400);
    expect(await value('trader_rates_age_seconds')).toBeLessThan(11 * 86_400);
    expect(await alerts()).toContain('TraderRatesStale');
    await store.putFetched(`rates:${foreign}-${baseCurrency}`, { through: day(0), at: now() });
    expect(await alerts()).not.toContain('TraderRatesStale');
  });

  it('say what part of the securities has prices in doubt', async () => {
    const { database } = t.dependencies;
    const doubts = new PriceDoubtStore(database);
    const isins = (await new StoredMarket(database).securities()).map(({ isin }) => isin);
    const kind = 'dead-price';
    const found = { kind, day: '2024-06-26', reason: 'its last bar is that of earlier days' };
    const doubt = (isin: Isin) => doubts.put(isin, kind, [found as never]);
    expect(await value('trader_price_doubts_ratio', { kind })).toBe(0);
    const quarter = Math.floor(isins.length / 4);
    for (const isin of isins.slice(0, quarter)) await doubt(isin);
    expect(await alerts()).not.toContain('TraderPricesInDoubt');
    for (const isin of isins.slice(quarter, quarter + 1)) await doubt(isin);
    expect(await value('trader_price_doubts_ratio', { kind })).toBe((quarter + 1) / isins.length);
    expect(await alerts()).toContain('TraderPricesInDoubt');
  });

  it('do not grow in number with doubts about securities', async () => {
    await samples();
    const before = (await samples()).length;
    const doubts = new PriceDoubtStore(t.dependencies.database);
    const found = { kind: 'dead-price', day: '2024-06-26', reason: 'It never moves.' } as const;
    for (const symbol of ['ARVN', 'ALDR', 'CRVN'])
      await doubts.put(t.isin(symbol), 'dead-price', [found as never]);
    expect((await samples()).length).toBeLessThanOrEqual(before + 1);
  });

  it('are shown in the format of Prometheus, or said to be missing', async () => {
    const text = await stateExposition(t.dependencies.functions, silentLog)();
    expect(text).toContain('trader_state_up 1');
    expect(text).toMatch(/^trader_trading_state\{state="ACTIVE"\} 1$/m);
    const nobody = { call: () => Promise.reject(new Error('away')) };
    const absent = await stateExposition(nobody as never, silentLog)();
    expect(absent).toContain('trader_state_up 0');
    expect(absent).not.toContain('trader_trading_state');
  });
});

describe('alerts', () => {
  it('fire by the condition that was made', async () => {
    expect(await alerts()).not.toContain('TraderHalted');
    await t.call(setTradingState, { state: 'HALTED', reason: 'a test' }, 'halt-1');
    expect(await alerts()).toContain('TraderHalted');
    await t.call(setTradingState, { state: 'ACTIVE' }, 'halt-2');
    expect(await alerts()).not.toContain('TraderHalted');
  });

  it.each([...alertTable, ...processAlerts].map(({ name, runbook }) => [name, runbook]))(
    '%s has the runbook %s',
    (name, runbook) => {
      const page = join(RUNBOOKS, `${runbook}.md`);
      expect(existsSync(page)).toBe(true);
      const text = readFileSync(page, 'utf8');
      expect(text).toContain(`\`${name}\``);
      for (const heading of ['What it means', 'What to do', 'When it is over'])
        expect(text).toContain(`## ${heading}`);
    },
  );

  it('are found within a minute with the intervals that are deployed, but for those that say why not', () => {
    const { global } = parse(readFileSync(join(RULES, 'prometheus.yaml'), 'utf8')) as {
      readonly global: Readonly<Record<string, string>>;
    };
    const seconds = (name: string) => Number(/^(\d+)s$/.exec(global[`${name}`] ?? '')?.[1]);
    const seen =
      seconds('scrape_interval') + seconds('scrape_timeout') + seconds('evaluation_interval');
    const late = [...alertTable.filter(({ waits }) => waits === undefined), ...processAlerts]
      .filter(({ forSeconds }) => !(seen + forSeconds <= 60))
      .map(({ name }) => name);
    expect(late).toEqual([]);
  });

  it('leave no runbook without an alert, but those that other runbooks lead to', () => {
    const rows = [...alertTable, ...processAlerts];
    const named = new Set(rows.map(({ runbook }) => `${runbook}.md`));
    for (const page of ['restore.md', 'failover.md']) named.add(page);
    expect(readdirSync(RUNBOOKS).filter((file) => !named.has(file))).toEqual([]);
  });

  const promtool = spawnSync('promtool', ['--version']).error;
  const missing = promtool ? 'no promtool is installed (apt-get install prometheus)' : undefined;
  testNeeding(missing, 'hold as rules of Prometheus, each fired and not fired', async () => {
    const tested = spawnSync('promtool', ['test', 'rules', 'alerts-test.yaml'], { cwd: RULES });
    expect(String(tested.stdout) + String(tested.stderr)).toContain('SUCCESS');
    const checked = spawnSync('promtool', ['check', 'config', 'prometheus.yaml'], { cwd: RULES });
    expect(checked.status).toBe(0);
    const text = await stateExposition(t.dependencies.functions, silentLog)();
    const linted = spawnSync('promtool', ['check', 'metrics'], { input: text });
    expect(String(linted.stderr)).toBe('');
  });
});
