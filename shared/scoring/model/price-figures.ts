/**
 * Figures from a security's own bars: adjusted closes in its own currency, so that exchange rate
 * moves do not count as momentum or risk of the security.
 */
import { epochDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { depths } from '#shared/quant/measures/drawdowns.ts';
import { annualVolatility, logReturns } from '#shared/quant/measures/returns.ts';
import { indexAtEpoch, type CloseSeries } from '#shared/universe/model/price-series.ts';

const YEAR_DAYS = 365;
/** The latest month is left out of momentum: it tends to reverse (Jegadeesh 1990). */
const MONTH_DAYS = 30;
/** Maximum age of the bar used for a requested day. */
const STALE_DAYS_MAX = 10;
/** Returns (or closes) within the year that volatility and drawdown need. */
const OBSERVATIONS_MIN = 60;

export interface PriceFigures {
  /** Return from 12 months ago to 1 month ago. */
  readonly momentum: number;
  /** Standard deviation of daily log returns over a year, times √252. */
  readonly volatility: number;
  /** 1 − last close ÷ highest close of the year; 0 at the high. */
  readonly drawdown: number;
}

const unknown: PriceFigures = { momentum: NaN, volatility: NaN, drawdown: NaN };

/** NaN for figures that the bars do not allow; all NaN when the last bar is stale on `asOf`. */
export function priceFigures(series: CloseSeries, asOf: CalendarDay): PriceFigures {
  const { days, adjustedClose: closes } = series;
  const today = epochDay(asOf);
  const last = indexAtEpoch(days, today);
  if (last < 0 || today - (days[last] ?? 0) > STALE_DAYS_MAX) return unknown;
  const momentum = closeAt(series, today - MONTH_DAYS) / closeAt(series, today - YEAR_DAYS) - 1;
  const first = indexAtEpoch(days, today - YEAR_DAYS) + 1;
  if (last - first < OBSERVATIONS_MIN) return { ...unknown, momentum };
  const year = closes.subarray(first, last + 1);
  return {
    momentum,
    volatility: annualVolatility(logReturns(year)),
    drawdown: depths(year).at(-1) ?? NaN,
  };
}

/** The adjusted close on a day since 1970-01-01 or at most STALE_DAYS_MAX before it; else NaN. */
function closeAt({ days, adjustedClose }: CloseSeries, day: number): number {
  const index = indexAtEpoch(days, day);
  if (index < 0 || day - (days[index] ?? 0) > STALE_DAYS_MAX) return NaN;
  return adjustedClose[index] ?? NaN;
}
