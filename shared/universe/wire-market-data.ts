/** Bars and figures as callers see them. */
import type { Indicators, MarketMetrics, PriceBar, PriceSource } from '#protos/gen/universe.ts';
import { dayOfEpoch, startOf, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { toTimestamp } from '#shared/kernel/instant.ts';
import { Price } from '#shared/kernel/price.ts';
import type { LatestIndicators } from './model/latest-indicators.ts';
import type { BarMetrics } from './model/market-metrics.ts';
import { indexAt, type PriceSeries } from './model/price-series.ts';
import type { Security } from './model/security.ts';
import type { SourceSpan } from './model/source-span.ts';

/** Bars after a day, oldest first; a bar is dated by midnight UTC. */
export function toWireBars(series: PriceSeries, after: CalendarDay): PriceBar[] {
  const first = indexAt(series.days, after) + 1;
  const at = (column: Float64Array, i: number): number => column[first + i] ?? Number.NaN;
  return Array.from(series.days.subarray(first), (day, i) => {
    const volume = at(series.volume, i);
    return {
      date: toTimestamp(startOf(dayOfEpoch(day))),
      open: at(series.open, i),
      high: at(series.high, i),
      low: at(series.low, i),
      close: at(series.close, i),
      volume: Number.isNaN(volume) ? undefined : Math.round(volume).toFixed(0),
      adjustedClose: at(series.adjustedClose, i),
    };
  });
}

export function toWireSources(spans: readonly SourceSpan[]): PriceSource[] {
  return spans.map(({ source, from, fetchedAt }) => ({
    source,
    from: toTimestamp(startOf(from)),
    fetchedAt: toTimestamp(fetchedAt),
  }));
}

export function toWireMetrics(
  security: Security,
  metrics: BarMetrics,
  indicators: LatestIndicators,
): MarketMetrics {
  const { currency, fundamentals } = security;
  const { beta, volatilityRatio, averageVolume, lastCloses, range } = metrics;
  return {
    beta,
    volatility: volatilityRatio,
    averageVolume,
    marketCap: fundamentals?.marketCap,
    peRatio: fundamentals?.peRatio,
    dividendYield: fundamentals?.dividendYieldRatio,
    dayChangePct: lastCloses && (lastCloses[1] / lastCloses[0] - 1) * 100,
    dayChange: lastCloses && difference(lastCloses, currency),
    week52High: range && Price.fromEstimate(range.high, currency).toJSON(),
    week52Low: range && Price.fromEstimate(range.low, currency).toJSON(),
    indicators: toWireIndicators(indicators),
  };
}

function toWireIndicators({
  changeRatio20,
  changeRatio252,
  ...same
}: LatestIndicators): Indicators | undefined {
  const isKnown = Object.values(same).some((value) => value !== undefined);
  if (!isKnown && changeRatio20 === undefined) return undefined;
  return {
    sma50: same.sma50,
    sma200: same.sma200,
    ema20: same.ema20,
    rsi14: same.rsi14,
    macd: same.macd,
    macdSignal: same.macdSignal,
    atrPct14: same.atrPct14,
    bollingerPosition: same.bollingerPosition,
    changePct20: changeRatio20 === undefined ? undefined : changeRatio20 * 100,
    changePct252: changeRatio252 === undefined ? undefined : changeRatio252 * 100,
  };
}

/** Exact, as both closes are; may be negative, as a price may not. */
function difference([previous, last]: readonly [number, number], currency: Currency) {
  const amount = Price.fromEstimate(last, currency).amount.subtract(
    Price.fromEstimate(previous, currency).amount,
  );
  return { amount: amount.normalize().toString(), currency };
}
