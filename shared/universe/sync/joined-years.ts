/**
 * The latest years of bars as one series, for as long as the stored years are the same: the next bar is judged by them
 * and goes on from them, and joining them anew would copy them for each.
 */
import type { Isin } from '#shared/kernel/isin.ts';
import type { Database } from '#shared/redis/database.ts';
import type { PriceSeries } from '../model/price-series.ts';
import type { YearField } from './year-hashes.ts';

interface Joined {
  readonly years: readonly YearField[];
  readonly series: PriceSeries;
}

const SECURITIES_MAX = 200;

export class JoinedYears {
  private readonly byIsin = new Map<Isin, Joined>();

  /** @param years in any order */
  find(isin: Isin, years: readonly YearField[]): PriceSeries | undefined {
    const known = this.byIsin.get(isin);
    if (known?.years.length !== years.length) return undefined;
    const isSame = ([year, field]: YearField): boolean =>
      years.some(([other, found]) => other === year && found === field);
    return known.years.every(isSame) ? known.series : undefined;
  }

  /** @param series with all bars of these years and no others */
  keep(isin: Isin, years: readonly YearField[], series: PriceSeries): void {
    this.byIsin.delete(isin);
    this.byIsin.set(isin, { years, series });
    const [oldest] = this.byIsin.keys();
    if (this.byIsin.size > SECURITIES_MAX && oldest !== undefined) this.byIsin.delete(oldest);
  }
}

const ofDatabase = new WeakMap<Database['redis'], JoinedYears>();

/** Also for what reads the same state as of one decision. */
export function joinedYearsOf({ redis }: Database): JoinedYears {
  const known = ofDatabase.get(redis) ?? new JoinedYears();
  ofDatabase.set(redis, known);
  return known;
}
