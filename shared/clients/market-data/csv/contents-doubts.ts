/** What a folder's files say that can be read and is likely wrong. */
import type { ListedSecurity } from '../market-data.ts';
import type { CsvContents } from './csv-contents.ts';

/** A row stands alone when so many days lie before the next. */
const GAP_NAMED_DAYS = 370;
const NAMED_MAX = 10;

/** Warnings about rows that can be read but are likely wrong: dates years away from the others. */
export function doubtsOf({
  series,
  unused,
  files,
  listing,
  rates,
}: CsvContents): readonly string[] {
  const gaps = [...series.values()].flatMap((one) =>
    one
      .gapsOver(GAP_NAMED_DAYS)
      .map(
        ({ line, days, before, day }) =>
          `${one.file}:${line}: ${days} days lie between ${before} and ${day}.`,
      ),
  );
  const without = listing.securities.filter(({ isin }) => !series.has(isin));
  return [
    ...gaps,
    ...(rates?.doubts ?? []),
    ...unused.map(({ file, reason }) => `${file} is not used: it ${reason}.`),
    ...files.spreadsheets.map((file) => `${file} is a spreadsheet, and not read: save it as CSV.`),
    ...(series.size > 0 && without.length > 0 ? [withoutPrices(without)] : []),
  ];
}

function withoutPrices(securities: readonly ListedSecurity[]): string {
  const symbols = securities.map(({ symbol }) => symbol);
  const shown = symbols.slice(0, NAMED_MAX).join(', ');
  const more = symbols.length - NAMED_MAX;
  return `No file has prices of ${shown}${more > 0 ? ` and ${more} more` : ''}.`;
}
