/** Reads the metrics of the state; what cannot be read now is left out. */
import { X509Certificate } from 'node:crypto';
import { readFile, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { operations } from '#shared/contract/catalogue.ts';
import { jobs } from '#shared/contract/jobs.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import { trading } from '#shared/contract/trading.ts';
import { startOf } from '#shared/kernel/calendar-day.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { DAY_MS, instantOf, type Instant } from '#shared/kernel/instant.ts';
import { StoredPlans } from '#shared/planning/stored-plans.ts';
import { Accounts } from '#shared/portfolio/accounts.ts';
import type { Context } from '#shared/runtime/context.ts';
import { isUnresolved } from '#shared/trading/model/order-state.ts';
import type { OrderRecord } from '#shared/trading/model/order-record.ts';
import { StoredOrders } from '#shared/trading/stored-orders.ts';
import { isTradable } from '#shared/universe/model/security.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';
import { ProposalStore } from '../approval/proposal-store.ts';
import { JobStore } from '../job-store.ts';
import { sample, samplesBy, type Sample } from '#shared/contract/metric-table.ts';
import { newestBackup } from '../backup/newest-backup.ts';
import { loadAccountFacts } from '../overview/load-account.ts';
import { holdingsMessage } from '../overview/rows-message.ts';
import { valuedAccount } from '../overview/value-message.ts';
import { bookDifferences } from './book-check.ts';
import { dependencySamples } from './dependency-samples.ts';
import { deadLetterSamples } from './dead-letters.ts';
import { redisInfo } from '../redis-info.ts';
import { servicesHealth } from '../services-health.ts';

const readers: readonly ((context: Context) => Promise<readonly Sample[]>)[] = [
  epochSamples,
  controlSamples,
  orderSamples,
  planSamples,
  accountSamples,
  driftSamples,
  bookSamples,
  marketSamples,
  jobSamples,
  queueSamples,
  deadLetterSamples,
  backupSamples,
  serviceSamples,
  dependencySamples,
  redisSamples,
  diskSamples,
  certificateSamples,
  clockSamples,
];

export async function stateMetrics(context: Context): Promise<Sample[]> {
  const settled = await Promise.allSettled(readers.map((read) => read(context)));
  return settled.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
}

async function epochSamples({ database }: Context): Promise<Sample[]> {
  const { kind } = await database.epoch.verdict();
  return [sample('trader_state_lost', kind === 'lost')];
}

async function controlSamples({ functions, callOptions }: Context): Promise<Sample[]> {
  const { state } = await functions.call(trading.getTradingState, {}, callOptions());
  return ['ACTIVE', 'REDUCING', 'HALTED'].map((one) =>
    sample('trader_trading_state', one === state, { state: one }),
  );
}

async function orderSamples({ database, baseCurrency, now }: Context): Promise<Sample[]> {
  const stored = new StoredOrders(database);
  const accounts = await new Accounts(database, baseCurrency).ids();
  const since = instantOf(now() - DAY_MS);
  const live = (await Promise.all(accounts.map((id) => stored.liveOrders(id)))).flat();
  const day = (await Promise.all(accounts.map((id) => stored.historySince(id, since)))).flat();
  const unresolved = live.filter(({ state }) => isUnresolved(state));
  const ages = unresolved.map(({ requestedAt }) => seconds(now() - requestedAt));
  return [
    ...samplesBy('trader_orders_live', 'state', { NEEDS_HUMAN: 0, UNKNOWN: 0, ...byState(live) }),
    ...samplesBy('trader_orders_last_day', 'state', byState(day)),
    sample('trader_orders_unresolved', unresolved.length),
    sample('trader_orders_unresolved_age_seconds', Math.max(0, ...ages)),
  ];
}

function byState(orders: readonly OrderRecord[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { state } of orders) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

async function planSamples({ database, now }: Context): Promise<Sample[]> {
  const { plans } = await new StoredPlans(database).page('', 0, 1);
  const waiting = await new ProposalStore(database, DEFAULT_ACCOUNT).waiting();
  const waits = waiting?.state === 'PROPOSED' && waiting.expiresAt > now();
  return [
    ...plans.map(({ createdAt }) => sample('trader_plan_age_seconds', seconds(now() - createdAt))),
    sample('trader_proposal_waiting', waits),
    ...(waits
      ? [sample('trader_proposal_expires_seconds', seconds(waiting.expiresAt - now()))]
      : []),
  ];
}

async function accountSamples({ functions, callOptions }: Context): Promise<Sample[]> {
  const summary = await functions.call(portfolio.getSummary, {}, callOptions());
  const [cash, total] = [summary.cashBalance, summary.totalValue].map((one) => Number(one?.amount));
  const ratio = (cash ?? 0) / (total ?? 0);
  return [
    sample('trader_positions', summary.positionCount),
    ...(Number.isFinite(ratio) ? [sample('trader_cash_ratio', ratio)] : []),
  ];
}

/** Weights and targets as the owner's page shows them; cash is what is left of both. */
async function driftSamples(context: Context): Promise<Sample[]> {
  const facts = await loadAccountFacts(context, DEFAULT_ACCOUNT);
  const holdings = holdingsMessage(facts, valuedAccount(facts));
  const distances = holdings.flatMap(({ weightRatio, targetRatio }) =>
    weightRatio === undefined || targetRatio === undefined ? [] : [weightRatio - targetRatio],
  );
  if (distances.length === 0) return [];
  const cash = -distances.reduce((sum, one) => sum + one, 0);
  const sum = [...distances, cash].reduce((total, one) => total + Math.abs(one), 0);
  return [sample('trader_drift_ratio', sum / 2)];
}

async function bookSamples(context: Context): Promise<Sample[]> {
  return [sample('trader_book_differences', await bookDifferences(context))];
}

async function backupSamples({ settings: { dataDir } }: Context): Promise<Sample[]> {
  const { newestGood } = await newestBackup(join(dataDir, 'backups'));
  const written = newestGood?.writtenAt;
  if (!written) return [];
  return [sample('trader_backup_newest_timestamp_seconds', Number(written.seconds))];
}

async function marketSamples({ database, baseCurrency, now }: Context): Promise<Sample[]> {
  const market = new StoredMarket(database);
  const [through, securities, doubts] = await Promise.all([
    market.fetchedThrough(),
    market.securities(),
    market.doubts(),
  ]);
  const tradable = securities.filter(isTradable);
  const foreign = tradable.map(({ currency }) => currency).filter((one) => one !== baseCurrency);
  const rates = await market.ratesThrough(new Set(foreign));
  const kinds: Record<string, number> = { 'suspected-split': 0 };
  for (const { kind } of [...doubts.values()].flat()) kinds[kind] = (kinds[kind] ?? 0) + 1;
  return [
    sample('trader_securities', tradable.length),
    ...samplesBy('trader_price_doubts', 'kind', kinds),
    ...(through === undefined
      ? []
      : [sample('trader_prices_age_seconds', seconds(now() - startOf(through)))]),
    ...(rates === undefined
      ? []
      : [sample('trader_rates_age_seconds', seconds(now() - startOf(rates)))]),
  ];
}

async function jobSamples({ database }: Context): Promise<Sample[]> {
  const store = new JobStore(database);
  const records = await Promise.all(jobs.map(({ name }) => store.find(name)));
  return jobs.flatMap(({ name: job }, index) => {
    const record = records[index];
    if (!record) return [];
    const { lastError, successes, failures, lastEndedAt } = record;
    return [
      sample('trader_job_failed', lastError !== '', { job }),
      sample('trader_job_runs_total', successes, { job, outcome: 'success' }),
      sample('trader_job_runs_total', failures, { job, outcome: 'failure' }),
      ...(lastEndedAt === undefined
        ? []
        : [sample('trader_job_last_end_timestamp_seconds', seconds(lastEndedAt), { job })]),
    ];
  });
}

async function queueSamples({ runs, now }: Context): Promise<Sample[]> {
  const queued = operations.filter(({ queue }) => queue !== null);
  const all = await Promise.all(
    queued.map(async ({ name, topic }) => {
      const queue = await runs.queueOf(topic);
      const counts = await queue.getJobCounts('wait', 'active', 'delayed', 'failed');
      const [oldest] = await queue.getWaiting(0, 0);
      const age = oldest ? seconds(now() - instantOf(oldest.timestamp)) : 0;
      return [
        ...Object.entries(counts).map(([state, count]) =>
          sample('trader_queue_jobs', count, { queue: name, state }),
        ),
        sample('trader_queue_oldest_seconds', Math.max(0, age), { queue: name }),
      ];
    }),
  );
  return all.flat();
}

async function serviceSamples(context: Context): Promise<Sample[]> {
  const services = await servicesHealth(context);
  return [
    sample('trader_services_unhealthy', services.filter(({ healthy }) => !healthy).length),
    ...services.map(({ serviceName: service, healthy }) =>
      sample('trader_service_up', healthy, { service, board: boardOf(context, service) }),
    ),
  ];
}

function boardOf({ placement }: Context, service: string): string {
  const place = Object.entries(placement.places).find(([name]) => name === service)?.[1];
  return place?.mode === 'remote' ? place.device.name : placement.device;
}

async function redisSamples({ database: { redis } }: Context): Promise<Sample[]> {
  const info = await redisInfo(redis);
  const read = (name: string) => info.get(name) ?? '';
  const isOk = (name: string) => read(name) === 'ok';
  const [used, limit] = [Number(read('used_memory')), Number(read('maxmemory'))];
  return [
    sample('trader_redis_append_only', read('aof_enabled') === '1'),
    sample(
      'trader_redis_write_ok',
      isOk('aof_last_write_status') && isOk('aof_last_bgrewrite_status'),
    ),
    sample('trader_redis_used_memory_bytes', used),
    sample('trader_redis_max_memory_bytes', limit),
    sample('trader_redis_memory_ratio', limit > 0 ? used / limit : 0),
    sample('trader_redis_replicas', Number(read('connected_slaves'))),
  ];
}

async function diskSamples({ settings: { dataDir } }: Context): Promise<Sample[]> {
  const { bavail, blocks } = await statfs(dataDir);
  return [sample('trader_disk_free_ratio', bavail / blocks)];
}

async function certificateSamples({ settings: { grpcTlsCert } }: Context): Promise<Sample[]> {
  if (grpcTlsCert === undefined) return [];
  const { validTo } = new X509Certificate(await readFile(grpcTlsCert));
  const name = 'trader_certificate_expires_timestamp_seconds';
  return [sample(name, Date.parse(validTo) / 1_000)];
}

async function clockSamples({ database: { redis } }: Context): Promise<Sample[]> {
  const before = Date.now();
  const [secondsText = 0, microseconds = 0] = (await redis.time()) as unknown as string[];
  const localSeconds = (before + Date.now()) / 2_000;
  const redisSeconds = Number(secondsText) + Number(microseconds) / 1e6;
  return [sample('trader_clock_skew_seconds', localSeconds - redisSeconds)];
}

function seconds(ms: number | Instant): number {
  return ms / 1_000;
}
