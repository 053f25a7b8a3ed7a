/** A small market of random prices in two currencies; its day moves only when the test moves it. */
import type {
  DailyBar,
  DailyRate,
  ListedFundamentals,
  ListedSecurity,
  MarketData,
  MarketSession,
} from '#shared/clients/market-data/market-data.ts';
import {
  addDays,
  dayOf,
  isWeekend,
  startOf,
  type CalendarDay,
} from '#shared/kernel/calendar-day.ts';
import { parseCurrency, type Currency } from '#shared/kernel/currency.ts';
import { notFound } from '#shared/kernel/failure.ts';
import { HOUR_MS, later, type Instant } from '#shared/kernel/instant.ts';
import { isinCheckDigit, type Isin } from '#shared/kernel/isin.ts';
import { normal, seededRandom } from '#shared/kernel/random.ts';

const HISTORY_DAYS = 420;
const sectors = ['Energy', 'Health Care', 'Technology'];

export class RandomMarket implements MarketData {
  readonly name = 'random';
  readonly simulated = true;
  private readonly seed: string;
  private readonly securities: readonly ListedSecurity[];
  private readonly first: CalendarDay;
  private last: CalendarDay;

  constructor(seed: string, count: number, today: CalendarDay) {
    this.seed = seed;
    this.securities = Array.from({ length: count }, (_, i) => listed(i));
    this.first = addDays(today, -HISTORY_DAYS);
    this.last = today;
  }

  /** Moves on to the next weekday. */
  nextDay(): void {
    do this.last = addDays(this.last, 1);
    while (isWeekend(this.last));
  }

  /** The wall clock that goes with the market's day. */
  now(): Instant {
    return later(startOf(this.last), 15 * HOUR_MS);
  }

  ping(): Promise<void> {
    return Promise.resolve();
  }

  listing(): Promise<readonly ListedSecurity[]> {
    return Promise.resolve(this.securities);
  }

  bars(isin: Isin, from: CalendarDay): Promise<readonly DailyBar[]> {
    if (!this.securities.some((security) => security.isin === isin))
      return Promise.reject(notFound('security', isin));
    return Promise.resolve(this.walk(isin, 0.02, 40).filter(({ day }) => day >= from));
  }

  fundamentals(isin: Isin): Promise<ListedFundamentals | undefined> {
    const random = seededRandom(`${this.seed} fundamentals ${isin}`);
    return Promise.resolve({
      asOf: this.first,
      peRatio: 8 + 20 * random(),
      dividendYieldRatio: 0.05 * random(),
      profitMarginRatio: 0.3 * random(),
    });
  }

  rates(from: Currency, to: Currency, since: CalendarDay): Promise<readonly DailyRate[]> {
    if (from !== 'USD' || to !== 'EUR') return Promise.resolve([]);
    const rates = this.walk('USD-EUR', 0.004, 0.9).map(({ day, close }) => ({ day, rate: close }));
    return Promise.resolve(rates.filter(({ day }) => day >= since));
  }

  session(_exchange: string, now: Instant): MarketSession {
    return { open: true, day: this.today(now), reason: 'a random market never closes' };
  }

  today(now: Instant): CalendarDay {
    return dayOf(now) < this.last ? dayOf(now) : this.last;
  }

  private walk(name: string, volatility: number, start: number): DailyBar[] {
    const random = seededRandom(`${this.seed} ${name}`);
    const drift = 0.0006 * normal(random);
    const bars: DailyBar[] = [];
    let close = start * (0.5 + random());
    for (let day = this.first; day <= this.last; day = addDays(day, 1)) {
      if (isWeekend(day)) continue;
      const open = close;
      close = open * Math.exp(drift + volatility * normal(random));
      const [high, low] = [Math.max(open, close) * 1.002, Math.min(open, close) * 0.998];
      bars.push({
        day,
        open,
        high,
        low,
        close,
        adjustedClose: close,
        volume: 20_000 * (0.5 + random()),
      });
    }
    return bars;
  }
}

function listed(index: number): ListedSecurity {
  const american = index % 2 === 1;
  const body = `${american ? 'US' : 'DE'}${String(index).padStart(9, '0')}`;
  return {
    isin: `${body}${isinCheckDigit(body)}` as Isin,
    symbol: `RND${index}`,
    name: `Random ${index}`,
    exchange: american ? 'XNYS' : 'XETR',
    currency: parseCurrency(american ? 'USD' : 'EUR'),
    country: american ? 'US' : 'DE',
    sector: sectors[index % sectors.length],
    securityType: 'EQUITY',
    lot: '1',
  };
}
