/** The latest years of a security's bars, as many as new bars are judged by. */
import type { Isin } from '#shared/kernel/isin.ts';
import type { PriceSeries } from '../model/price-series.ts';
import type { YearField } from './year-hashes.ts';

/** The latest bars, as many as new ones are judged by, or some more. */
export interface LatestSeries {
  readonly series: PriceSeries;
  /** What they were read from. */
  readonly years: readonly YearField[];
  /** Whether these are all. */
  readonly isWhole: boolean;
}

/** New bars are judged by those of the last months; more than the calendar days that a dead price is judged on. */
const BARS_MIN = 140;

export class LatestYears {
  readonly isin: Isin;
  private readonly join: (isin: Isin, years: readonly YearField[]) => Omit<PriceSeries, 'isin'>;
  private readonly known: readonly string[];
  private first: number;
  private years: readonly YearField[] = [];
  private series: PriceSeries | undefined;
  private fault: { readonly thrown: unknown } | undefined;

  /** @param known the years that are stored, the earliest first */
  constructor(isin: Isin, known: readonly string[], join: LatestYears['join']) {
    this.isin = isin;
    this.join = join;
    this.known = known;
    this.first = known.length;
  }

  /** The year that is needed next; undefined where there are enough. */
  get next(): string | undefined {
    const isEnough = (this.series?.days.length ?? 0) >= BARS_MIN;
    return isEnough || this.fault ? undefined : this.known[this.first - 1];
  }

  take(year: YearField | undefined): void {
    this.first -= 1;
    if (!year) return;
    this.years = [year, ...this.years];
    try {
      this.series = this.joined();
    } catch (thrown) {
      this.fault = { thrown };
    }
  }

  /** @throws Failure DATA_CORRUPT */
  found(): LatestSeries {
    if (this.fault) throw this.fault.thrown;
    const isWhole = this.years.length === this.known.length;
    return { series: this.series ?? this.joined(), years: this.years, isWhole };
  }

  private joined(): PriceSeries {
    const columns = this.join(this.isin, this.years);
    return 'isin' in columns ? (columns as PriceSeries) : { ...columns, isin: this.isin };
  }
}
