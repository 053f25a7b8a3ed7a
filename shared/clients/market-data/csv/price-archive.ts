/** What files of prices say, once they are read; the bars of a security may lie elsewhere. */
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { CorporateAction } from '#shared/kernel/corporate-action.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { ListedFundamentals, ListedSecurity } from '../market-data.ts';
import { doubtsOf, type CsvContents, type CsvSeries } from './csv-contents.ts';
import type { CsvRates } from './csv-rates.ts';

export interface PriceArchive {
  readonly securities: readonly ListedSecurity[];
  readonly benchmark: Isin | undefined;
  readonly rates: CsvRates | undefined;
  readonly fundamentals: ReadonlyMap<Isin, ListedFundamentals>;
  readonly actions: readonly CorporateAction[];
  readonly doubts: readonly string[];
  /** The last day that has a bar. */
  readonly lastDay: CalendarDay;
  /** Undefined for a security without bars. */
  series(isin: Isin): Promise<CsvSeries | undefined>;
  /** The series as far as it was asked for before. */
  known(isin: Isin): CsvSeries | undefined;
}

export function archiveOf(contents: CsvContents, lastDay: CalendarDay): PriceArchive {
  const { listing, rates, fundamentals, actions, series } = contents;
  return {
    ...{ ...listing, rates, fundamentals, actions, lastDay },
    doubts: doubtsOf(contents),
    series: async (isin) => series.get(isin),
    known: (isin) => series.get(isin),
  };
}
