/** Reads a source of market data once and wholly, as the past of replays. */
import type { MarketData } from '#shared/clients/market-data/market-data.ts';
import { parseDay } from '#shared/kernel/calendar-day.ts';
import { pairOf, type Currency } from '#shared/kernel/currency.ts';
import { refused } from '#shared/kernel/failure.ts';
import type { Past } from './past.ts';
import type { ReplayPolicy } from './replay-policy.ts';

const BEGINNING = parseDay('1900-01-01');
/** Shares that a fractional order counts in. */
const FRACTION = '0.000000001';

export async function readPast(
  source: MarketData,
  base: Currency,
  signal: AbortSignal,
): Promise<Past> {
  const securities = await source.listing(signal);
  const bars: [Past['securities'][number]['isin'], Awaited<ReturnType<MarketData['bars']>>][] = [];
  const fundamentals: [(typeof bars)[number][0], NonNullable<FundamentalsOf>][] = [];
  const actions: [(typeof bars)[number][0], readonly ActionOf[]][] = [];
  for (const { isin } of securities) {
    bars.push([isin, await source.bars(isin, BEGINNING, signal)]);
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
