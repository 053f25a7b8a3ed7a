/** Reads a source of market data once and wholly, as the past of replays. */
import { getHeapStatistics } from 'node:v8';
import type { MarketData } from '#shared/clients/market-data/market-data.ts';
import { parseDay } from '#shared/kernel/calendar-day.ts';
import { pairOf, type Currency } from '#shared/kernel/currency.ts';
import { refused } from '#shared/kernel/failure.ts';
import { memoryLeft } from '#shared/process/memory-left.ts';
import type { Past } from './past.ts';
import type { ReplayPolicy } from './replay-policy.ts';

const BEGINNING = parseDay('1900-01-01');
/** Of a bar as an object with its figures and its day, in a column for measuring, and in the stores. */
const BAR_BYTES = 250;
/** Of the room that is left; the rest is worked in. */
const PAST_RATIO = 0.8;
const MEGABYTE = 2 ** 20;

/** Shares that a fractional order counts in. */
const FRACTION = '0.000000001';

/**
 * @param room bytes that it may take; by default of what V8 and the control group have left, whichever is less
 * @throws Failure REFUSED `replay-memory` as soon as more is read
 */
export async function readPast(
  source: MarketData,
  base: Currency,
  signal: AbortSignal,
  room = roomHere(),
): Promise<Past> {
  const securities = await source.listing(signal);
  const bars: [Past['securities'][number]['isin'], Awaited<ReturnType<MarketData['bars']>>][] = [];
  const fundamentals: [(typeof bars)[number][0], NonNullable<FundamentalsOf>][] = [];
  const actions: [(typeof bars)[number][0], readonly ActionOf[]][] = [];
  let count = 0;
  for (const { isin } of securities) {
    const own = await source.bars(isin, BEGINNING, signal);
    bars.push([isin, own]);
    count += own.length;
    requireRoom(count, room, bars.length, securities.length);
    const known = await source.fundamentals(isin, signal);
    if (known) fundamentals.push([isin, known]);
    actions.push([isin, (await source.actions?.(isin, signal)) ?? []]);
  }
  const currencies = new Set(securities.map(({ currency }) => currency));
  currencies.delete(base);
  const rates: [string, Awaited<ReturnType<MarketData['rates']>>][] = [];
  for (const from of currencies)
    rates.push([pairOf(from, base), await source.rates(from, base, BEGINNING, signal)]);
  return {
    securities,
    bars: new Map(bars),
    rates: new Map(rates),
    fundamentals: new Map(fundamentals),
    actions: new Map(actions),
    benchmark: source.benchmark,
  };
}

function roomHere(): number {
  const { heap_size_limit: limit, used_heap_size: used } = getHeapStatistics();
  return Math.min(limit - used, memoryLeft()) * PAST_RATIO;
}

function requireRoom(bars: number, room: number, read: number, all: number): void {
  const bytes = bars * BAR_BYTES;
  if (bytes <= room) return;
  const megabytes = (of: number): string => `${Math.ceil(of / MEGABYTE)} MB`;
  throw refused(
    'replay-memory',
    `The prices of ${read} of ${all} securities take ${megabytes(bytes)} of memory, and there are ${megabytes(room)} for them. ` +
      'Replay fewer securities or a shorter history, or where there is more memory.',
    { securities: read, bars },
  );
}

type FundamentalsOf = Awaited<ReturnType<MarketData['fundamentals']>>;
type ActionOf = Awaited<ReturnType<NonNullable<MarketData['actions']>>>[number];

/**
 * The securities that a policy is about, traded as it says.
 * @throws Failure REFUSED for a symbol without prices, or one that the policy does not trade
 */
export function pastUnder(past: Past, policy: ReplayPolicy): Past {
  const { securities, shares } = policy;
  requireTraded(past, policy);
  const isMeant = (symbol: string): boolean => !securities || securities.includes(symbol);
  const chosen = past.securities.filter(
    ({ isin, symbol }) => isin === past.benchmark || isMeant(symbol),
  );
  return {
    ...past,
    securities: chosen.map((one) => (shares === 'fractional' ? { ...one, lot: FRACTION } : one)),
    bars: new Map(chosen.map(({ isin }) => [isin, past.bars.get(isin) ?? []])),
  };
}

function requireTraded(past: Past, { securities, weights }: ReplayPolicy): void {
  const known = new Set(past.securities.map(({ symbol }) => symbol));
  const index = past.securities.find(({ isin }) => isin === past.benchmark)?.symbol;
  const weighed = weights.kind === 'fixed' ? Object.keys(weights.weights) : [];
  const named = [...new Set([...(securities ?? []), ...weighed])];
  const missing = named.filter((symbol) => !known.has(symbol));
  if (missing.length > 0)
    throw refused('prices-missing', `The data has no prices of ${missing.join(', ')}.`);
  if (index !== undefined && named.includes(index))
    throw refused(
      'benchmark',
      `${index} is the benchmark of the data, which a policy does not trade.`,
    );
  const others = securities ? weighed.filter((symbol) => !securities.includes(symbol)) : [];
  if (others.length > 0)
    throw refused(
      'not-traded',
      `The policy has weights of ${others.join(', ')}, but not among its securities.`,
    );
}
