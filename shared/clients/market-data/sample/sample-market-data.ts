/** An embedded market: seeded, without a network, and always labelled as a simulation. */
import {
  dayOf,
  dayOfEpoch,
  epochDay,
  parseDay,
  type CalendarDay,
} from '#shared/kernel/calendar-day.ts';
import type { BarFigures } from '#shared/kernel/bars/packed-bars.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { notFound } from '#shared/kernel/failure.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type {
  DailyBar,
  DailyRate,
  ListedFundamentals,
  ListedSecurity,
  MarketData,
  MarketSession,
} from '../market-data.ts';
import {
  marketReturns,
  sampleBars,
  sampleRates,
  sectorReturns,
  weekdaysThrough,
  type SampleBars,
} from './factor-model.ts';
import { sampleFundamentals } from './sample-fundamentals.ts';
import { sampleBenchmark, sampleSecurities, type SampleSecurity } from './sample-listing.ts';

/** One euro in each currency, around which the rates move. */
const PER_EURO: Readonly<Record<string, number>> = { EUR: 1, USD: 1.12, GBP: 0.86 };

const byIsin = new Map(sampleSecurities.map((security) => [security.isin, security]));
const exchanges = new Set(sampleSecurities.map((security) => security.exchange));

/** All paths up to one last day. */
interface Paths {
  readonly last: number;
  readonly days: readonly number[];
  readonly names: readonly CalendarDay[];
  readonly market: Float64Array;
  readonly sectors: Map<string, Float64Array>;
  readonly bars: Map<Isin, SampleBars>;
  readonly rates: Map<string, readonly number[]>;
}

export class SampleMarketData implements MarketData {
  readonly name = 'sample';
  readonly simulated = true;
  readonly benchmark = sampleBenchmark.isin;
  private readonly seed: string;
  private readonly now: () => Instant;
  private known: Paths | undefined;

  /** @param seed two sources with the same seed answer the same bars for the same days */
  constructor(seed: string, now: () => Instant) {
    this.seed = seed;
    this.now = now;
  }

  async ping(): Promise<void> {}

  async listing(): Promise<readonly ListedSecurity[]> {
    return sampleSecurities.map(
      ({ firstPrice: _, beta: __, ownVolatility: ___, ...listed }) => listed,
    );
  }

  async bars(isin: Isin, from: CalendarDay): Promise<readonly DailyBar[]> {
    const { open, high, low, close, volume } = this.barsOf(requireSecurity(isin));
    const { days, names } = this.paths();
    const first = firstIndex(days, epochDay(from));
    const of = (column: Float64Array, i: number): number => column[first + i] ?? Number.NaN;
    return names.slice(first).map((day, i) => ({
      ...{ open: of(open, i), high: of(high, i), low: of(low, i), close: of(close, i) },
      ...{ volume: of(volume, i), day, adjustedClose: of(close, i) },
    }));
  }

  async figures(isin: Isin): Promise<BarFigures> {
    const { open, high, low, volume, ...bars } = this.barsOf(requireSecurity(isin));
    const close = bars.close.slice();
    return {
      days: Int32Array.from(this.paths().days),
      ...{ open: open.slice(), high: high.slice(), low: low.slice(), volume: volume.slice() },
      ...{ close, adjustedClose: close },
    };
  }

  /** Figures stand at the first day of the quarter. */
  async fundamentals(isin: Isin): Promise<ListedFundamentals | undefined> {
    const security = requireSecurity(isin);
    const asOf = quarterOf(this.today(this.now()));
    const closes = this.barsOf(security).close;
    const index = Math.min(firstIndex(this.paths().days, epochDay(asOf)), closes.length - 1);
    const close = closes[index];
    return close === undefined ? undefined : sampleFundamentals(this.seed, security, asOf, close);
  }

  async rates(from: Currency, to: Currency, since: CalendarDay): Promise<readonly DailyRate[]> {
    if (!(from in PER_EURO) || !(to in PER_EURO)) return [];
    const { days, names } = this.paths();
    const [sold, bought] = [this.ratesPerEuro(from), this.ratesPerEuro(to)];
    const first = firstIndex(days, epochDay(since));
    return names.slice(first).map((day, i) => ({
      day,
      rate: crossRate(sold[first + i] ?? 1, bought[first + i] ?? 1),
    }));
  }

  session(exchange: string, now: Instant): MarketSession {
    if (!exchanges.has(exchange)) throw notFound('exchange', exchange);
    const latest = weekdaysThrough(epochDay(this.today(now))).at(-1);
    return {
      open: true,
      day: latest === undefined ? this.today(now) : dayOfEpoch(latest),
      reason: 'SIMULATED prices: a simulation never closes.',
    };
  }

  today(now: Instant): CalendarDay {
    return dayOf(now);
  }

  private barsOf(security: SampleSecurity): SampleBars {
    const { bars, market, sectors } = this.paths();
    return remembered(bars, security.isin, () => {
      const sector = security.sector ?? '';
      const path = remembered(sectors, sector, () =>
        sector === ''
          ? new Float64Array(market.length)
          : sectorReturns(this.seed, sector, market.length),
      );
      return sampleBars(this.seed, security, market, path);
    });
  }

  private ratesPerEuro(currency: Currency): readonly number[] {
    const { rates, days } = this.paths();
    return remembered(rates, currency, () =>
      currency === 'EUR'
        ? days.map(() => 1)
        : sampleRates(this.seed, currency, PER_EURO[currency] ?? 1, days.length),
    );
  }

  /** Drawn at the first need, and anew when a day has passed. */
  private paths(): Paths {
    const last = epochDay(this.today(this.now()));
    if (this.known?.last === last) return this.known;
    const days = weekdaysThrough(last);
    this.known = {
      last,
      days,
      names: days.map(dayOfEpoch),
      market: marketReturns(this.seed, days.length),
      sectors: new Map(),
      bars: new Map(),
      rates: new Map(),
    };
    return this.known;
  }
}

function requireSecurity(isin: Isin): SampleSecurity {
  const security = byIsin.get(isin);
  if (!security) throw notFound('security', isin);
  return security;
}

function crossRate(sold: number, bought: number): number {
  return Math.round((bought / sold) * 1e6) / 1e6;
}

function quarterOf(day: CalendarDay): CalendarDay {
  const month = Number(day.slice(5, 7));
  const first = month - ((month - 1) % 3);
  return parseDay(`${day.slice(0, 4)}-${String(first).padStart(2, '0')}-01`);
}

/** Index of the first day on or after a given one. */
function firstIndex(days: readonly number[], first: number): number {
  const index = days.findIndex((day) => day >= first);
  return index === -1 ? days.length : index;
}

function remembered<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}
