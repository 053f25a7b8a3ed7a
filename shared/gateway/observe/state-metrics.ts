/**
 * Reads the metrics of the state in parts. A part that fails, or is not there in time, is named; the others are answered, so
 * that one thing that is away does not hide the rest.
 */
import { join } from 'node:path';
import { portfolio } from '#shared/contract/portfolio.ts';
import { trading } from '#shared/contract/trading.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { StoredPlans } from '#shared/planning/stored-plans.ts';
import { untilAborted } from '#shared/process/deadline.ts';
import type { Context } from '#shared/runtime/context.ts';
import { ProposalStore } from '../approval/proposal-store.ts';
import { sample, type MetricPart, type Sample } from '#shared/contract/metric-table.ts';
import { newestBackup } from '../backup/newest-backup.ts';
import { loadAccountFacts } from '../overview/load-account.ts';
import { holdingsMessage } from '../overview/rows-message.ts';
import { valuedAccount } from '../overview/value-message.ts';
import { certificateSamples, clockSamples, diskSamples, redisSamples } from './board-samples.ts';
import { bookDifferences } from './book-check.ts';
import { dependencySamples } from './dependency-samples.ts';
import { deadLetterSamples } from './dead-letters.ts';
import { marketSamples } from './market-samples.ts';
import { orderSamples } from './order-samples.ts';
import { jobSamples, pulseSamples, queueSamples } from './queue-samples.ts';
import { servicesHealth } from '../services-health.ts';

/** A scrape may take ten seconds; the health of a service is known after four. */
const PART_MS_MAX = 5_000;

const readers: Readonly<Record<MetricPart, (context: Context) => Promise<readonly Sample[]>>> = {
  epoch: epochSamples,
  control: controlSamples,
  orders: orderSamples,
  plans: planSamples,
  account: accountSamples,
  drift: driftSamples,
  book: bookSamples,
  market: marketSamples,
  jobs: jobSamples,
  queues: queueSamples,
  pulses: pulseSamples,
  'dead-letters': deadLetterSamples,
  backups: backupSamples,
  services: serviceSamples,
  dependencies: dependencySamples,
  redis: redisSamples,
  disk: diskSamples,
  certificate: certificateSamples,
  clock: clockSamples,
};

export async function stateMetrics(context: Context): Promise<Sample[]> {
  const parts = Object.entries(readers).map(([part, read]) => readPart(context, part, read));
  return (await Promise.all(parts)).flat();
}

async function readPart(
  context: Context,
  part: string,
  read: (context: Context) => Promise<readonly Sample[]>,
): Promise<readonly Sample[]> {
  const unread = (is: boolean) => sample('trader_state_part_unread', is, { part });
  try {
    const samples = await untilAborted(read(context), AbortSignal.timeout(PART_MS_MAX));
    return [...samples, unread(false)];
  } catch (cause) {
    context.log.warn('state-part-unread', { part, cause });
    return [unread(true)];
  }
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

async function serviceSamples(context: Context): Promise<Sample[]> {
  const services = await servicesHealth(context);
  return [
    sample('trader_services_unhealthy', services.filter(({ healthy }) => !healthy).length),
    ...services.flatMap(({ serviceName: service, healthy, latencyMs }) => {
      const labels = { service, board: boardOf(context, service) };
      return [
        sample('trader_service_up', healthy, labels),
        sample('trader_service_latency_seconds', seconds(latencyMs), labels),
      ];
    }),
  ];
}

function boardOf({ placement }: Context, service: string): string {
  const place = Object.entries(placement.places).find(([name]) => name === service)?.[1];
  return place?.mode === 'remote' ? place.device.name : placement.device;
}

function seconds(ms: number): number {
  return ms / 1_000;
}
