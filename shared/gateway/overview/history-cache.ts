/**
 * The history of an account's value, computed once for a position of its ledger and of the prices: it reads
 * every price that ever counted, and changes only with them. Each process keeps the last few.
 */
import { contentHash } from '#shared/kernel/hash.ts';
import type { OverviewHistory } from '#protos/gen/overview.ts';
import { addDays } from '#shared/kernel/calendar-day.ts';
import { securitiesIn } from '#shared/portfolio/model/ledger-lines.ts';
import { dailyTotals, type DayValue } from '#shared/portfolio/model/value-history.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';
import type { Settings } from '#shared/process/settings.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { valueHistoryMessage } from './history-message.ts';
import { loadHistory, withoutBenchmark, type AccountFacts } from './load-account.ts';

export interface HistoryPart {
  readonly days: readonly DaySum[];
  readonly message: OverviewHistory;
}

export type DaySum = Pick<DayValue, 'day' | 'value' | 'deposited' | 'withdrawn'>;

export interface HistoryRequest {
  readonly pointsMax: number;
  /** Calendar days back from today; 0 is all. */
  readonly historyDays: number;
}

/** The periods of the page, of a few accounts. */
const KEPT_MAX = 12;
/** By the settings, which all requests of an installation share. */
const caches = new WeakMap<Settings, Map<string, Promise<HistoryPart>>>();

export async function historyPart(
  dependencies: Dependencies,
  facts: AccountFacts,
  request: HistoryRequest,
): Promise<HistoryPart> {
  const { settings } = dependencies;
  const cache = caches.get(settings) ?? new Map<string, Promise<HistoryPart>>();
  caches.set(settings, cache);
  const key = await positionOf(dependencies, facts, request);
  const known = cache.get(key);
  if (known) return known;
  const computed = compute(dependencies, facts, request);
  cache.set(key, computed);
  // What failed is tried again.
  computed.catch(() => cache.delete(key));
  for (const oldest of cache.keys()) if (cache.size > KEPT_MAX) cache.delete(oldest);
  return computed;
}

/** Everything that the history follows from. */
async function positionOf(
  { database, marketData }: Dependencies,
  { account, ledger, today }: AccountFacts,
  request: HistoryRequest,
): Promise<string> {
  const held = [...securitiesIn(ledger)];
  const prices = await new StoredMarket(database).position(held);
  const last = ledger.at(-1);
  const booked = { lines: ledger.length, last: last?.id ?? '', at: last?.happenedAt ?? 0 };
  const { benchmark = '' } = marketData;
  return contentHash({ account: account.id, booked, today, benchmark, prices, ...request });
}

async function compute(
  dependencies: Dependencies,
  facts: AccountFacts,
  { pointsMax, historyDays }: HistoryRequest,
): Promise<HistoryPart> {
  const { benchmark: isin } = dependencies.marketData;
  const history = await loadHistory(dependencies, facts, isin);
  const days = dailyTotals(withoutBenchmark(history, isin));
  const message = valueHistoryMessage(days, history, {
    benchmark: isin && facts.securities.get(isin),
    pointsMax,
    from: historyDays > 0 ? addDays(facts.today, -historyDays) : undefined,
  });
  return { days: days.map(sumOf), message };
}

function sumOf({ day, value, deposited, withdrawn }: DayValue): DaySum {
  return { day, value, deposited, withdrawn };
}
