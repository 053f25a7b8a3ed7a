/** What files of prices say, once they are read; the bars of a security may lie elsewhere. */
import type { CorporateAction } from '#shared/kernel/corporate-action.ts';
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { FileFacts, ListedFundamentals } from '../market-data.ts';
import type { CsvSeries } from './bar-columns.ts';
import { doubtsOf } from './contents-doubts.ts';
import type { CsvContents } from './csv-contents.ts';
import type { CsvRates } from './csv-rates.ts';

export interface ArchiveDetails {
  readonly rates: CsvRates | undefined;
  readonly fundamentals: ReadonlyMap<Isin, ListedFundamentals>;
  readonly actions: readonly CorporateAction[];
}

export interface PriceArchive extends FileFacts {
  details(): Promise<ArchiveDetails>;
  /** Undefined for a security without bars. */
  series(isin: Isin): Promise<CsvSeries | undefined>;
  /** The series as far as it was asked for before. */
  known(isin: Isin): CsvSeries | undefined;
}

export function archiveOf(contents: CsvContents, lastDay: CalendarDay): PriceArchive {
  const { listing, rates, fundamentals, actions, series } = contents;
  const { securities, benchmark } = listing;
  const details = { rates, fundamentals, actions };
  return {
    ...{ securities, benchmark, lastDay, hasRates: rates !== undefined },
    doubts: doubtsOf(contents),
    details: async () => details,
    series: async (isin) => series.get(isin),
    known: (isin) => series.get(isin),
  };
}

/** Files that another thread has read: they are read here once something is asked that it does not know. */
export function deferredArchive(facts: FileFacts, open: () => Promise<PriceArchive>): PriceArchive {
  let opening: Promise<PriceArchive> | undefined;
  let opened: PriceArchive | undefined;
  const archive = async (): Promise<PriceArchive> => {
    opening ??= open();
    // What could not be read may be readable the next time.
    return (opened = await opening.catch((thrown: unknown) => {
      opening = undefined;
      throw thrown;
    }));
  };
  return {
    ...facts,
    details: async () => (await archive()).details(),
    series: async (isin) => (await archive()).series(isin),
    known: (isin) => opened?.known(isin),
  };
}
