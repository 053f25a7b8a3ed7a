/**
 * Market data of a live source: a person's list of securities, bars of one source, rates of the
 * ECB, and sessions of the exchanges' calendars. Only bars of finished sessions are returned: a bar
 * that still changes would be stored as if it were final.
 */
import { dayOf, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { Failure, notFound, refused } from '#shared/kernel/failure.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type {
  DailyBar,
  DailyRate,
  ListedFundamentals,
  ListedSecurity,
  MarketData,
  MarketEvent,
  MarketSession,
} from '../market-data.ts';
import type { EcbRates } from './ecb-rates.ts';
import { sessionAt } from './exchange-session.ts';
import type { ListedSecurities, LiveListing } from './listed-securities.ts';

/** What a source of prices answers about one security, from a day on, oldest first. */
export interface PriceHistory {
  /** What the source calls the security. */
  readonly symbol: string;
  readonly currency: Currency | undefined;
  readonly bars: readonly DailyBar[];
  readonly events: readonly MarketEvent[];
}

export interface PriceSource {
  readonly name: string;
  /** @throws Failure UNAVAILABLE */
  ping(signal: AbortSignal): Promise<void>;
  /** @throws Failure NOT_FOUND where the source does not know the security */
  history(
    security: ListedSecurity,
    from: CalendarDay,
    listing: LiveListing,
    signal: AbortSignal,
  ): Promise<PriceHistory>;
}

export interface LiveParts {
  readonly prices: PriceSource;
  readonly rates: EcbRates;
  readonly listed: ListedSecurities;
  /** Of a replay: when the recording ends. */
  readonly standsAt?: Instant | undefined;
  now(): Instant;
}

export class LiveMarketData implements MarketData {
  readonly name: string;
  readonly simulated = false;
  private readonly parts: LiveParts;
  private known: LiveListing | undefined;
  readonly ratesSource = 'ecb';
  private readonly sources = new Map<Isin, string>();

  constructor(parts: LiveParts) {
    this.parts = parts;
    this.name = parts.prices.name;
  }

  /** Known once the list was read. */
  get benchmark(): Isin | undefined {
    return this.known?.benchmark;
  }

  ping(signal: AbortSignal): Promise<void> {
    return this.parts.prices.ping(signal);
  }

  async listing(): Promise<readonly ListedSecurity[]> {
    return (await this.read()).securities;
  }

  async bars(isin: Isin, from: CalendarDay, signal: AbortSignal): Promise<readonly DailyBar[]> {
    const { security, history } = await this.history(isin, from, signal);
    const last = this.session(security.exchange, this.parts.now()).day;
    return history.bars.filter(({ day }) => day >= from && day <= last);
  }

  async events(
    isin: Isin,
    from: CalendarDay,
    signal: AbortSignal,
  ): Promise<readonly MarketEvent[]> {
    const { history } = await this.history(isin, from, signal);
    return history.events.filter(({ day }) => day >= from);
  }

  originOf(isin: Isin, day: CalendarDay): string | undefined {
    const source = this.sources.get(isin);
    return source && `${source} ${day}`;
  }

  /** Known once its bars were asked for. */
  sourceOf(isin: Isin): string | undefined {
    return this.sources.get(isin);
  }

  async fundamentals(isin: Isin): Promise<ListedFundamentals | undefined> {
    await this.require(isin);
    return undefined;
  }

  /** A rate of a day to come is left out, as a bar of one is. */
  async rates(
    from: Currency,
    to: Currency,
    since: CalendarDay,
    signal: AbortSignal,
  ): Promise<readonly DailyRate[]> {
    const last = this.today(this.parts.now());
    const rates = await this.parts.rates.rates(from, to, since, signal);
    return rates.filter(({ day }) => day <= last);
  }

  session(exchange: string, now: Instant): MarketSession {
    return sessionAt(exchange, this.at(now));
  }

  today(now: Instant): CalendarDay {
    return dayOf(this.at(now));
  }

  private at(now: Instant): Instant {
    return this.parts.standsAt ?? now;
  }

  private async history(isin: Isin, from: CalendarDay, signal: AbortSignal) {
    const security = await this.require(isin);
    const history = await this.parts.prices
      .history(security, from, await this.read(), signal)
      .catch((thrown: unknown) => this.brokenBy(thrown));
    const { currency, symbol } = history;
    if (currency !== undefined && currency !== security.currency)
      throw refused(
        'price-currency',
        `${this.name} quotes ${symbol} in ${currency}; securities.csv says ${security.currency}.`,
        { isin, expected: security.currency, found: currency },
      );
    this.sources.set(isin, `${this.name} ${symbol}`);
    return { security, history };
  }

  /** A time that is no date, or a zone that is none: the source's fault, and of one security only. */
  private brokenBy(thrown: unknown): never {
    if (!(thrown instanceof RangeError)) throw thrown;
    const text = `${this.name} answered what cannot be read: ${thrown.message.slice(0, 100)}.`;
    throw new Failure('UPSTREAM_BROKEN', text, { what: this.name });
  }

  private async require(isin: Isin): Promise<ListedSecurity> {
    const security = (await this.read()).byIsin.get(isin);
    if (!security) throw notFound('security', isin);
    return security;
  }

  private async read(): Promise<LiveListing> {
    this.known = await this.parts.listed.read();
    return this.known;
  }
}
