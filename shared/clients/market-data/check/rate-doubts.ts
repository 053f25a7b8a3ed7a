/** What the rates of a folder cannot convert, a sentence each. */
import { addDays, parseDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { pairOf, type Currency } from '#shared/kernel/currency.ts';
import type { CsvContents } from '../csv/csv-contents.ts';

/** A week holds every weekend and most holidays. */
const AGE_DAYS_MAX = 7;
const EARLIEST = parseDay('0001-01-01');

/** An account is kept in one currency: whichever it is, every other needs a rate into it. */
export function rateDoubts({ listing, rates, series }: CsvContents): readonly string[] {
  const currencies = [...new Set(listing.securities.map(({ currency }) => currency))].sort();
  if (currencies.length < 2) return [];
  if (!rates)
    return [
      `Securities are priced in ${currencies.join(', ')}, and there is no rates.csv: only those in the account's currency can be valued and traded.`,
    ];
  const [first, last] = spanOf([...series.values()].map(({ bars }) => bars.map(({ day }) => day)));
  return pairsOf(currencies).flatMap(([from, to]) => {
    const days = rates.between(from, to, EARLIEST).map(({ day }) => day);
    return doubtOf(pairOf(from, to), spanOf([days]), first, last);
  });
}

type Span = readonly [first: CalendarDay | undefined, last: CalendarDay | undefined];

function doubtOf(
  pair: string,
  [from, until]: Span,
  first: CalendarDay | undefined,
  last: CalendarDay | undefined,
): readonly string[] {
  if (from === undefined || until === undefined)
    return [`rates.csv has no rate of ${pair}, directly or through another currency.`];
  const begins = first !== undefined && from > addDays(first, AGE_DAYS_MAX);
  const ends = last !== undefined && addDays(until, AGE_DAYS_MAX) < last;
  return [
    ...(begins ? [`Rates of ${pair} begin on ${from}, and prices on ${first}.`] : []),
    ...(ends ? [`Rates of ${pair} end on ${until}, and prices on ${last}.`] : []),
  ];
}

function spanOf(lists: readonly (readonly CalendarDay[])[]): Span {
  const days = lists.flatMap((list) => [list.at(0) ?? [], list.at(-1) ?? []].flat()).sort();
  return [days.at(0), days.at(-1)];
}

function pairsOf(currencies: readonly Currency[]): readonly (readonly [Currency, Currency])[] {
  return currencies.flatMap((from, i) =>
    currencies.slice(i + 1).map((to): readonly [Currency, Currency] => [from, to]),
  );
}
