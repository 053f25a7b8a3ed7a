/**
 * Market data of one source, compared with a second one. Where the two disagree about a day that
 * both have, the security is reported and blocked from trading until they agree.
 */
import { daysBetween, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { Failure } from '#shared/kernel/failure.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { DailyBar, Disagreement, MarketData } from '../market-data.ts';

/** Free prices of one exchange differ from those of all exchanges by a little. */
const TOLERANCE_RATIO = 0.02;
/** Days that are compared, and how old the second source may be. */
const SPAN_DAYS = 10;

export class ComparedMarketData implements MarketData {
  readonly name: string;
  readonly simulated: boolean;
  readonly fundamentals: MarketData['fundamentals'];
  readonly listing: MarketData['listing'];
  readonly bars: MarketData['bars'];
  readonly figures: NonNullable<MarketData['figures']>;
  private readonly first: MarketData;
  private readonly second: MarketData;

  constructor(first: MarketData, second: MarketData) {
    this.first = first;
    this.second = second;
    this.name = first.name;
    this.simulated = first.simulated;
    this.listing = (signal) => first.listing(signal);
    this.bars = (isin, from, signal) => first.bars(isin, from, signal);
    this.figures = async (isin, signal) => first.figures?.(isin, signal);
    this.fundamentals = (isin, signal) => first.fundamentals(isin, signal);
  }

  get benchmark(): Isin | undefined {
    return this.first.benchmark;
  }

  get doubts(): readonly string[] | undefined {
    return this.first.doubts;
  }

  async refresh(): Promise<void> {
    await Promise.all([this.first.refresh?.(), this.second.refresh?.()]);
  }

  ping(signal: AbortSignal): Promise<void> {
    return this.first.ping(signal);
  }

  get ratesSource(): string | undefined {
    return this.first.ratesSource;
  }

  sourceOf(isin: Isin): string | undefined {
    return this.first.sourceOf?.(isin);
  }

  originOf(isin: Isin, day: CalendarDay): string | undefined {
    return this.first.originOf?.(isin, day);
  }

  rates(from: Currency, to: Currency, since: CalendarDay, signal: AbortSignal) {
    return this.first.rates(from, to, since, signal);
  }

  session(exchange: string, now: Instant) {
    return this.first.session(exchange, now);
  }

  today(now: Instant): CalendarDay {
    return this.first.today(now);
  }

  events(isin: Isin, from: CalendarDay, signal: AbortSignal) {
    return this.first.events?.(isin, from, signal) ?? Promise.resolve([]);
  }

  /**
   * Differences of the second source over the last days. If it is unreachable or does not know the
   * security, there is no difference: prices come from the first source.
   */
  async disagreement(
    isin: Isin,
    bars: readonly Pick<DailyBar, 'day' | 'close'>[],
    signal: AbortSignal,
  ): Promise<Disagreement | undefined> {
    const last = bars.at(-1)?.day;
    if (last === undefined) return undefined;
    const recent = bars.filter(({ day }) => daysBetween(day, last) <= SPAN_DAYS);
    const others = await this.closesOf(isin, recent[0]?.day ?? last, signal);
    for (const { day, close } of recent.toReversed()) {
      const other = others.get(day);
      if (other === undefined || Math.abs(other / close - 1) <= TOLERANCE_RATIO) continue;
      const reason = `${this.name} closes at ${close} on ${day}, ${this.second.name} at ${other}`;
      return { day, reason };
    }
    return undefined;
  }

  private async closesOf(
    isin: Isin,
    from: CalendarDay,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<CalendarDay, number>> {
    try {
      const bars = await this.second.bars(isin, from, signal);
      return new Map(bars.map(({ day, close }) => [day, close]));
    } catch (thrown) {
      if (!(thrown instanceof Failure) || thrown.code === 'BUG') throw thrown;
      return new Map();
    }
  }
}
