/**
 * Prices and rates by age, and what is set aside. Securities and pairs that lag behind have series of their own, so that an alert
 * names them; twenty at most, whatever the size of the universe.
 */
import { sample, samplesBy, type Sample } from '#shared/contract/metric-table.ts';
import { addDays, dayOf, startOf, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { Context } from '#shared/runtime/context.ts';
import { isTradable, type Security } from '#shared/universe/model/security.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';

const NAMED_MAX = 20;
/** No exchange is closed for longer; a fetch that brought no bar for longer brought no prices. */
const CLOSED_DAYS_MAX = 10;
const ALL = 'all';

export async function marketSamples(context: Context): Promise<Sample[]> {
  const { database, baseCurrency, now } = context;
  const market = new StoredMarket(database);
  const tradable = (await market.securities()).filter(isTradable);
  const foreign = tradable.map(({ currency }) => currency).filter((one) => one !== baseCurrency);
  const [doubts, prices, rates] = await Promise.all([
    market.doubts(),
    priceDays(market, tradable, dayOf(now())),
    market.ratesThrough(new Set(foreign)),
  ]);
  const traded = new Set(tradable.map(({ isin }) => isin));
  const doubted = [...doubts].filter(([isin]) => traded.has(isin)).map(([, all]) => all);
  const ratioOf = (kind: string): number =>
    doubted.filter((all) => all.some((one) => one.kind === kind)).length /
    Math.max(1, tradable.length);
  const kinds: Record<string, number> = { 'suspected-split': 0 };
  for (const { kind } of [...doubts.values()].flat()) kinds[kind] = (kinds[kind] ?? 0) + 1;
  const held = [...doubts].filter(([, all]) => all.some(({ kind }) => kind === 'suspected-split'));
  const priced = new Map([...prices].filter(([isin]) => !doubts.has(isin)));
  const ageOf = (day: CalendarDay): number => (now() - startOf(day)) / 1_000;
  return [
    sample('trader_securities', tradable.length),
    ...samplesBy('trader_price_doubts', 'kind', kinds),
    ...['dead-price', 'sources-disagree', 'suspected-split'].map((kind) =>
      sample('trader_price_doubts_ratio', ratioOf(kind), { kind }),
    ),
    ...namedFirst(held.map(([isin]) => isin)).map((isin) =>
      sample('trader_suspected_split', 1, { isin }),
    ),
    ...lagging(priced).map(([isin, day]) =>
      sample('trader_prices_age_seconds', ageOf(day), { isin }),
    ),
    ...lagging(rates).map(([pair, day]) =>
      sample('trader_rates_age_seconds', ageOf(day), { pair }),
    ),
  ];
}

/** The day through which each security has prices; the day on which it was added where there are none yet. */
async function priceDays(
  market: StoredMarket,
  securities: readonly Security[],
  today: CalendarDay,
): Promise<ReadonlyMap<Isin, CalendarDay>> {
  const through = await market.pricesThrough(securities.map(({ isin }) => isin));
  const oldest = addDays(today, -CLOSED_DAYS_MAX);
  return new Map(
    securities.map(({ isin, addedAt }) => {
      const { fetched = dayOf(addedAt), bar = fetched } = through.get(isin) ?? {};
      return [isin, bar < oldest && bar < fetched ? bar : fetched];
    }),
  );
}

/** The newest day under the name `all`, and those that lag behind it by their names. */
function lagging(days: ReadonlyMap<string, CalendarDay>): [string, CalendarDay][] {
  const newest = [...days.values()].sort().at(-1);
  if (newest === undefined) return [];
  const behind = [...days]
    .filter(([, day]) => day < newest)
    .sort(([one, a], [other, b]) => (a === b ? order(one, other) : order(a, b)));
  return [[ALL, newest], ...behind.slice(0, NAMED_MAX)];
}

function namedFirst(names: readonly string[]): string[] {
  return [...names].sort(order).slice(0, NAMED_MAX);
}

function order(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
