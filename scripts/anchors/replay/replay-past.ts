/** A table of closes as the historical data of a replay. */
import type { DailyBar, ListedSecurity } from '#shared/clients/market-data/market-data.ts';
import { addDays, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { isinCheckDigit, parseIsin, type Isin } from '#shared/kernel/isin.ts';
import type { Past } from '#shared/replay/past.ts';

export interface Table {
  readonly assets: readonly string[];
  readonly isDated: boolean;
  /** As the file names its rows. */
  readonly steps: readonly string[];
  readonly days: readonly CalendarDay[];
  /** A column for each asset; undefined where there is no price. */
  readonly closes: readonly (readonly (number | undefined)[])[];
}

export interface Needed {
  readonly shares: 'whole' | 'fractional';
  readonly from: CalendarDay;
  /** Closes before the first day. */
  readonly before: number;
}

/** The check of prices judges a bar by those of a year before it. */
const CONTEXT_DAYS = 400;
const FRACTION = '0.000000001';

export function pastOf(table: Table, { shares, from, before }: Needed): Past {
  const first = table.days.findIndex((day) => day >= from);
  const since = [table.days[Math.max(0, first - before)] ?? from, addDays(from, -CONTEXT_DAYS)];
  const start = since.sort()[0] ?? from;
  const securities = table.assets.map((symbol, i) => listed(symbol, i, shares));
  return {
    securities,
    bars: new Map(securities.map(({ isin }, i) => [isin, barsOf(table, i, start)])),
    rates: new Map(),
    fundamentals: new Map(),
  };
}

function listed(symbol: string, index: number, shares: Needed['shares']): ListedSecurity {
  return {
    ...{ symbol, name: symbol, exchange: 'PAST', securityType: 'EQUITY' },
    isin: isinOf(index),
    currency: parseCurrency('XTS'),
    lot: shares === 'whole' ? '1' : FRACTION,
  };
}

function isinOf(index: number): Isin {
  const body = `XS${String(index + 1).padStart(9, '0')}`;
  return parseIsin(`${body}${isinCheckDigit(body)}`);
}

function barsOf({ days, closes }: Table, column: number, since: CalendarDay): DailyBar[] {
  return days.flatMap((day, row) => {
    const close = closes[column]?.[row];
    if (close === undefined || day < since) return [];
    return [{ day, open: close, high: close, low: close, close, adjustedClose: close }];
  });
}
