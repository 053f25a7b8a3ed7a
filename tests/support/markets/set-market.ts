/** A market whose prices, volumes and rates are just what a test sets. */
import type {
  DailyBar,
  DailyRate,
  ListedFundamentals,
  ListedSecurity,
  MarketData,
  MarketSession,
} from '#shared/clients/market-data/market-data.ts';
import { dayOf, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import {
  corporateAction,
  type CorporateAction,
  type StatedAction,
} from '#shared/kernel/corporate-action.ts';
import { parseCurrency, type Currency } from '#shared/kernel/currency.ts';
import { notFound } from '#shared/kernel/failure.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import { parseIsin, type Isin } from '#shared/kernel/isin.ts';

export const ALPHA = parseIsin('DE0007164600');
export const BETA = parseIsin('US0378331005');
export const GAMMA = parseIsin('GB0002634946');

const SECURITIES: readonly ListedSecurity[] = [
  listed(ALPHA, 'ALPHA', 'EUR', 'DE', 'Technology', '1'),
  listed(BETA, 'BETA', 'USD', 'US', 'Health Care', '1'),
  listed(GAMMA, 'GAMMA', 'GBP', 'GB', 'Industrials', '10'),
];

export class SetMarket implements MarketData {
  readonly name = 'set';
  readonly simulated = true;
  private readonly closes = new Map<Isin, Map<CalendarDay, DailyBar>>();
  private readonly declared: CorporateAction[] = [];
  private readonly ratesByPair = new Map<string, Map<CalendarDay, DailyRate>>();

  setClose(isin: Isin, day: string, close: number, volume?: number): this {
    const bar = {
      day: day as CalendarDay,
      open: close,
      high: close,
      low: close,
      close,
      adjustedClose: close,
      ...(volume !== undefined && { volume }),
    };
    this.closes.set(
      isin,
      (this.closes.get(isin) ?? new Map<CalendarDay, DailyBar>()).set(bar.day, bar),
    );
    return this;
  }

  setRate(from: string, to: string, day: string, rate: number): this {
    const pair = `${from}-${to}`;
    const known = this.ratesByPair.get(pair) ?? new Map<CalendarDay, DailyRate>();
    this.ratesByPair.set(pair, known.set(day as CalendarDay, { day: day as CalendarDay, rate }));
    return this;
  }

  setAction(action: StatedAction): this {
    this.declared.push(corporateAction(action));
    return this;
  }

  actions(isin: Isin): Promise<readonly CorporateAction[]> {
    return Promise.resolve(this.declared.filter((action) => action.isin === isin));
  }

  ping(): Promise<void> {
    return Promise.resolve();
  }

  listing(): Promise<readonly ListedSecurity[]> {
    return Promise.resolve(SECURITIES);
  }

  bars(isin: Isin, from: CalendarDay): Promise<readonly DailyBar[]> {
    const bars = this.closes.get(isin);
    if (!bars) return Promise.reject(notFound('security', isin));
    return Promise.resolve(byDay([...bars.values()]).filter((bar) => bar.day >= from));
  }

  fundamentals(): Promise<ListedFundamentals | undefined> {
    return Promise.resolve(undefined);
  }

  rates(from: Currency, to: Currency, since: CalendarDay): Promise<readonly DailyRate[]> {
    const rates = this.ratesByPair.get(`${from}-${to}`)?.values() ?? [];
    return Promise.resolve(byDay([...rates]).filter((rate) => rate.day >= since));
  }

  session(_exchange: string, now: Instant): MarketSession {
    return { open: true, day: this.today(now), reason: 'a set market never closes' };
  }

  today(now: Instant): CalendarDay {
    return dayOf(now);
  }
}

function byDay<T extends { readonly day: CalendarDay }>(entries: T[]): T[] {
  return entries.sort((a, b) => (a.day < b.day ? -1 : 1));
}

function listed(
  isin: Isin,
  symbol: string,
  currency: string,
  country: string,
  sector: string,
  lot: string,
): ListedSecurity {
  return {
    isin,
    symbol,
    name: `${symbol} Limited`,
    exchange: 'XTST',
    currency: parseCurrency(currency),
    country,
    sector,
    securityType: 'EQUITY',
    lot,
  };
}
