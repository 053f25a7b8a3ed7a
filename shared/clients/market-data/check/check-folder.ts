/**
 * Reads and checks a folder of price files as a start does, but reports all findings instead of
 * stopping at the first.
 */
import { checkBars } from '#shared/kernel/bars/bar-check.ts';
import { dayOf, dayOfEpoch, daysBetween, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { sharesRatio } from '#shared/kernel/corporate-action.ts';
import { deadPriceReason, movedLately } from '#shared/kernel/bars/dead-price.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import {
  explainsJump,
  JUMP_EXPLAINED_DAYS_MAX,
  suspectedSplits,
  unconfirmedSplits,
} from '#shared/kernel/bars/split-suspicion.ts';
import { barToCheck } from '../checked-bars.ts';
import type { CsvSeries } from '../csv/bar-columns.ts';
import { doubtsOf } from '../csv/contents-doubts.ts';
import { readContents, type CsvContents } from '../csv/csv-contents.ts';
import { securitiesMissing } from '../csv/csv-folder.ts';
import { pricesMissing } from '../csv/csv-market-data.ts';
import { rateDoubts } from './rate-doubts.ts';
import { folderAt } from '../csv/price-folder.ts';
import type { FileBar } from '../csv/csv-prices.ts';
import type { ListedSecurity } from '../market-data.ts';

export interface DataReport {
  readonly folder: string;
  /** Whether a start with this folder would succeed. */
  readonly ready: boolean;
  readonly securitiesFile: boolean;
  /** The last day that has a price, and its age by the wall clock. */
  readonly lastDay: CalendarDay | null;
  readonly ageDays: number | null;
  /** What stops a start, by file and line. */
  readonly problems: readonly { readonly where: string; readonly message: string }[];
  readonly securities: readonly SecurityReport[];
  /** Sentences on what can be read and is likely wrong, and on files that are not used. */
  readonly doubts: readonly string[];
}

export interface SecurityReport {
  readonly symbol: string;
  /** Null without a securities.csv. */
  readonly isin: string | null;
  readonly currency: string | null;
  /** The unit the file quotes in, such as pence, where that is not the currency itself. */
  readonly perCurrency: number;
  readonly file: string | null;
  readonly firstDay: CalendarDay | null;
  readonly lastDay: CalendarDay | null;
  readonly bars: number;
  /** Days without bars, longer than a week. */
  readonly gaps: readonly {
    readonly after: CalendarDay;
    readonly before: CalendarDay;
    readonly days: number;
  }[];
  readonly setAside: readonly {
    readonly day: CalendarDay;
    readonly where: string;
    readonly reason: string;
  }[];
  readonly suspectedSplits: readonly {
    readonly day: CalendarDay;
    readonly where: string;
    readonly ratio: number;
    readonly inAdjustedPrices: boolean;
  }[];
  /** Why the price counts as dead; null where it does not. */
  readonly deadPrice: string | null;
}

const GAP_MAX_DAYS = 7;

/** @throws Failure REFUSED market-data-missing */
export async function checkFolder(path: string, now: Instant): Promise<DataReport> {
  const contents = await readContents(await folderAt(path), now, { guessListing: true });
  const { files, complaints, lastDay, listing } = contents;
  const hasListing = files.securities !== undefined;
  const securities = listing.securities.map((security) => securityReport(contents, security));
  return {
    folder: files.folder,
    ready: hasListing && complaints.all.length === 0 && lastDay !== undefined,
    securitiesFile: hasListing,
    lastDay: lastDay ?? null,
    ageDays: lastDay === undefined ? null : daysBetween(lastDay, dayOf(now)),
    problems: problemsOf(contents),
    securities,
    doubts: [
      ...doubtsOf(contents),
      ...(hasListing ? rateDoubts(contents) : []),
      ...contradictions(contents, securities),
    ],
  };
}

/** Where nothing is wrong by line, and a start is refused all the same, what it says. */
function problemsOf(contents: CsvContents): DataReport['problems'] {
  const { complaints, files, lastDay, prices } = contents;
  const byLine = complaints.all.map(({ field, message }) => ({ where: field, message }));
  if (byLine.length > 0) return byLine;
  const where = files.folder;
  if (!files.securities) return [{ where, message: securitiesMissing(files, prices).message }];
  return lastDay === undefined ? [{ where, message: pricesMissing(contents).message }] : [];
}

function securityReport(contents: CsvContents, security: ListedSecurity): SecurityReport {
  const { listing, files, series } = contents;
  const { isin, symbol, currency } = security;
  const found = series.get(isin);
  const isListed = files.securities !== undefined;
  return {
    symbol,
    isin: isListed ? isin : null,
    currency: isListed ? currency : null,
    perCurrency: listing.units.get(isin)?.perCurrency ?? 1,
    file: found?.file ?? null,
    firstDay: found?.bars[0]?.day ?? null,
    lastDay: found?.bars.at(-1)?.day ?? null,
    bars: found?.bars.length ?? 0,
    gaps: gapsOf(found?.bars ?? []),
    ...(found ? qualityOf(contents, security, found) : NOTHING_FOUND),
  };
}

const NOTHING_FOUND = { setAside: [], suspectedSplits: [], deadPrice: null } as const;

function qualityOf(
  contents: CsvContents,
  { isin, securityType }: ListedSecurity,
  series: CsvSeries,
) {
  const { file, bars } = series;
  const declared = contents.actions.filter((action) => action.isin === isin);
  const stated = bars.map(barToCheck);
  const { accepted, setAside } = checkBars(stated);
  const lineOf = new Map(bars.map(({ day, line }) => [day, `${file}:${line}`]));
  const where = (day: CalendarDay): string => lineOf.get(day) ?? file;
  return {
    setAside: setAside.map(({ day, reason }) => ({ day, where: where(day), reason })),
    suspectedSplits: [...suspectedSplits(accepted), ...unconfirmedSplits(accepted, stated)]
      .map(({ day: days, ratio, isAdjusted }) => {
        const day = dayOfEpoch(days);
        return { day, where: where(day), ratio, inAdjustedPrices: isAdjusted };
      })
      .filter((jump) => !declared.some((one) => explainsJump(one, jump, JUMP_EXPLAINED_DAYS_MAX))),
    deadPrice:
      deadPriceReason(columnsOf(accepted), {
        peersMoved: peersMoved(contents, isin),
        tradesInShares: securityType === 'EQUITY' || securityType === 'ETF',
      }) ?? null,
  };
}

/** A split declared near a jump that it does not explain: most often its ratio is the wrong way round. */
function contradictions(
  { actions }: CsvContents,
  securities: readonly SecurityReport[],
): readonly string[] {
  return securities.flatMap(({ isin, symbol, suspectedSplits: jumps }) =>
    jumps.flatMap(({ day, ratio }) =>
      actions
        .filter(
          (one) => one.isin === isin && (one.kind === 'split' || one.kind === 'stock-dividend'),
        )
        .filter((one) => Math.abs(daysBetween(one.day, day)) <= JUMP_EXPLAINED_DAYS_MAX)
        .map(
          (one) =>
            `${symbol}: a ${one.kind} of ${sharesRatio(one)} shares for one is declared on ${one.day}, and the prices ` +
            `of ${day} look like ${ratio} for one.`,
        ),
    ),
  );
}

function gapsOf(bars: readonly FileBar[]): SecurityReport['gaps'] {
  return bars.flatMap((bar, i) => {
    const before = bars[i - 1];
    const days = before ? daysBetween(before.day, bar.day) : 0;
    return before && days > GAP_MAX_DAYS ? [{ after: before.day, before: bar.day, days }] : [];
  });
}

function columnsOf(bars: readonly { readonly adjustedClose: number; readonly volume: number }[]) {
  return {
    adjustedClose: bars.map(({ adjustedClose }) => adjustedClose),
    volume: bars.map(({ volume }) => volume),
  };
}

function peersMoved({ series }: CsvContents, isin: Isin): boolean {
  const peers = [...series].filter(([other]) => other !== isin);
  const moved = peers.filter(([, { bars }]) => movedLately(columnsOf(bars.map(barToCheck))));
  return peers.length > 0 && moved.length * 2 >= peers.length;
}
