/** The steps that bring the book, the prices and the scores up to date. All may be repeated. */
import { percent } from '#shared/kernel/text.ts';
import type { SyncPricesUpdate } from '#protos/gen/universe.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { optimization } from '#shared/contract/optimization.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import { scoring } from '#shared/contract/scoring.ts';
import { trading } from '#shared/contract/trading.ts';
import { StoredOrders } from '#shared/trading/stored-orders.ts';
import { universe } from '#shared/contract/universe.ts';
import { isTradable } from '#shared/universe/model/security.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';
import { countText } from '../model/cycle.ts';
import type { Cycle, ProgressStream } from './cycle-run.ts';
import { amountText, takeSnapshot } from './snapshot.ts';

export async function* syncPositions(cycle: Cycle): ProgressStream {
  yield cycle.report('sync-positions', 0, 'Asking the broker for the account’s holdings.');
  await askAfterLiveTrades(cycle);
  const synced = await cycle.call(portfolio.updatePositions, { forceSync: true });
  const stops = synced.differences.length > 0 ? ' Nothing is sent until this is explained: ' : '';
  yield await cycle.done(
    'sync-positions',
    `The book agrees with the broker: ${countText(synced.fillsBooked, 'fill')} and ` +
      `${countText(synced.flowsBooked, 'flow')} booked, ${synced.externalBooked} of them external.` +
      (stops && `${stops}${synced.differences.join('; ')}.`),
  );
}

/** An order not queried since may have been filled, or its outcome become known. */
async function askAfterLiveTrades(cycle: Cycle): Promise<void> {
  const trades = new StoredOrders(cycle.context.database);
  for (const { tradeId } of await trades.liveOrders(DEFAULT_ACCOUNT))
    await cycle.call(trading.getTradeStatus, { tradeId });
}

/**
 * Prices, and fundamentals too where a security has none yet. Only what is old, unless forced, or after an
 * interruption: the source may have corrected its last day meanwhile, and the broker goes by that.
 */
export async function* syncPrices(cycle: Cycle): ProgressStream {
  yield cycle.report('sync-prices', 0, 'Fetching prices.');
  let last: SyncPricesUpdate | undefined;
  const prices = { forceRefresh: cycle.request.force || cycle.wasInterrupted };
  for await (const update of cycle.stream(universe.syncPrices, prices)) {
    last = update;
    if (!update.complete)
      yield cycle.report('sync-prices', update.progressPct / 100, `Prices: ${syncedText(update)}.`);
  }
  const { database, marketData } = cycle.context;
  const securities = marketData.hasNoFundamentals
    ? []
    : await new StoredMarket(database).securities();
  const bare = securities.filter((one) => isTradable(one) && one.fundamentals === undefined);
  for (const isins of inChunks(bare.map(({ isin }) => isin)))
    for await (const update of cycle.stream(universe.syncFundamentals, { isins }))
      yield cycle.report('sync-prices', 1, `Fundamentals: ${syncedText(update)}.`);
  const prefix = last ? `Prices: ${syncedText(last)}` : 'No security has prices to fetch';
  yield await cycle.done('sync-prices', `${prefix}${last ? qualityText(last) : ''}.`);
}

/** Records the holdings before any order; an empty account ends the cycle. */
export async function* snapshot(cycle: Cycle): ProgressStream {
  const before = await takeSnapshot(cycle);
  await cycle.change((record) => ({ ...record, before }));
  if (before.holdings.length === 0 && Number(before.cash?.amount ?? 0) === 0)
    cycle.endsBecause =
      Number(before.totalValue?.amount ?? 0) === 0
        ? 'The account holds nothing and has no cash; there is nothing to trade.'
        : `The account holds nothing but cash in other currencies, worth ${amountText(before.totalValue)}, which pays for no order.`;
  yield await cycle.done(
    'snapshot',
    cycle.endsBecause ??
      `The account is worth ${amountText(before.totalValue)}: ` +
        `${countText(before.holdings.length, 'position')} and ${amountText(before.cash)} in cash.`,
  );
}

export async function* score(cycle: Cycle): ProgressStream {
  yield cycle.report('score', 0, 'Scoring the universe.');
  const { totalScored, failed } = await cycle.call(scoring.batchScoreSecurities, {});
  const without = failed > 0 ? `; ${failed} could not be scored` : '';
  yield await cycle.done('score', `${totalScored} securities scored${without}.`);
}

/** The targets that the default objective gives, for the reader; planning weighs its own orders. */
export async function* optimise(cycle: Cycle): ProgressStream {
  yield cycle.report('optimise', 0, 'Searching for the best allocation.');
  const answer = await cycle.call(optimization.optimizeAllocation, {
    portfolioHash: cycle.record.before?.portfolioHash,
  });
  const { solverStatus, metrics, conflicts, targetWeights } = answer;
  const targets = Object.values(targetWeights).filter((weight) => weight > 0).length;
  const figures = metrics
    ? `implied return ${percent(metrics.expectedReturn)}, volatility ` +
      `${percent(metrics.expectedVolatility)}, Sharpe ratio ${metrics.sharpeRatio.toFixed(2)}`
    : 'no figures';
  yield await cycle.done(
    'optimise',
    answer.success
      ? `${answer.objective === 'OBJECTIVE_UNSPECIFIED' ? 'Own target weights' : answer.objective} over ${targets} securities: ${figures}.`
      : `No allocation (${solverStatus}): ${conflicts.join('; ')}.`,
  );
}

/** How many bars are set aside now and how many doubts there are; the report names each. */
function qualityText({ setAside, priceDoubts }: SyncPricesUpdate): string {
  const bars = setAside.length > 0 ? `; ${countText(setAside.length, 'bar')} set aside` : '';
  const doubts = priceDoubts.length > 0 ? `; ${countText(priceDoubts.length, 'doubt')}` : '';
  return `${bars}${doubts}`;
}

interface Synced {
  readonly synced: number;
  readonly failed: number;
  readonly total: number;
  readonly perMinute?: number | undefined;
  readonly remainingSeconds?: number | undefined;
}

function timeText(seconds: number): string {
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

function syncedText({ synced, failed, total, perMinute, remainingSeconds }: Synced): string {
  const done = `${synced} of ${total} up to date${failed > 0 ? `, ${failed} failed` : ''}`;
  if (!perMinute || !remainingSeconds) return done;
  return `${done}, ${Math.round(perMinute)} a minute, about ${timeText(remainingSeconds)} left`;
}

/** As many as a request takes. */
const ISINS_MAX = 1_000;

function inChunks<T>(all: readonly T[]): readonly T[][] {
  const count = Math.ceil(all.length / ISINS_MAX);
  return Array.from({ length: count }, (_, i) => all.slice(i * ISINS_MAX, (i + 1) * ISINS_MAX));
}
