/** Made-up fundamentals that agree with the made-up prices: good companies show it, mostly. */
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import { normal, seededRandom } from '#shared/kernel/random.ts';
import type { ListedFundamentals } from '../market-data.ts';
import { quality } from './factor-model.ts';
import type { SampleSecurity } from './sample-listing.ts';

const UNKNOWN_SHARE = 0.06;

/** Yearly dividends of a sector, as a fraction of the price. */
const YIELD_OF: Readonly<Record<string, number>> = {
  Utilities: 0.042,
  'Real Estate': 0.045,
  Energy: 0.043,
  Financials: 0.035,
  'Consumer Staples': 0.029,
  'Communication Services': 0.031,
  Technology: 0.008,
};

/** @param close on the day the figures stand at */
export function sampleFundamentals(
  seed: string,
  security: SampleSecurity,
  asOf: CalendarDay,
  close: number,
): ListedFundamentals {
  if (security.sector === undefined) return { asOf, dividendYieldRatio: 0.016 };
  const random = seededRandom(`${seed}/fundamentals/${security.symbol}`);
  const around = (middle: number, spread: number): number => middle + spread * normal(random);
  // Each figure draws the same numbers whether it is known or not.
  const known = (value: number, decimals: number): number | undefined =>
    random() < UNKNOWN_SHARE ? undefined : Number(value.toFixed(decimals));
  const edge = quality(seed, security.symbol);
  const losing = security.industry === 'Biotechnology';
  const pe = known(Math.max(5, around(17 - 2 * edge, 4)), 2);
  const margin = losing ? -0.18 : Math.max(0.01, around(0.11 + 0.035 * edge, 0.03));
  return {
    asOf,
    peRatio: losing ? undefined : pe,
    pbRatio: known(Math.max(0.4, around(2.2 + 0.4 * edge, 0.6)), 2),
    dividendYieldRatio: losing ? 0 : known(dividendYield(security.sector, around(0, 0.006)), 4),
    marketCap: Math.round(close * 1e6 * Math.exp(around(5.2, 0.9))),
    profitMarginRatio: known(margin, 4),
    returnOnEquityRatio: known(losing ? -0.22 : around(0.13 + 0.05 * edge, 0.03), 4),
    debtToEquityRatio: known(Math.max(0.02, around(0.8 - 0.2 * edge, 0.25)), 2),
    revenueGrowthRatio: known(around(0.05 + 0.03 * edge, 0.03), 4),
    earningsGrowthRatio: losing ? undefined : known(around(0.06 + 0.05 * edge, 0.05), 4),
    analystRating: known(Math.max(1, Math.min(5, around(2.6 - 0.5 * edge, 0.4))), 1),
  };
}

function dividendYield(sector: string, deviation: number): number {
  return Math.max(0, (YIELD_OF[sector] ?? 0.022) + deviation);
}
