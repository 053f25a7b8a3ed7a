/** The market reader over the data synced into Redis. */
import { dayOfEpoch, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { SetAsideBar } from '#shared/kernel/bars/bar-check.ts';
import { sharesRatio, type CorporateAction } from '#shared/kernel/corporate-action.ts';
import { present } from '#shared/kernel/assert.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { unitRate, type ExchangeRate, type RateTable } from '#shared/kernel/exchange-rate.ts';
import { contentHash } from '#shared/kernel/hash.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Price } from '#shared/kernel/price.ts';
import type { Database } from '#shared/redis/database.ts';
import type { MarketReader } from './market-reader.ts';
import type { Quote } from './model/market-view.ts';
import { rateOver, routes, seriesOver, type Hop, type Leg } from './model/exchange-rates.ts';
import { sharesFactor, type PriceDoubts } from './model/price-doubt.ts';
import type { CloseSeries, PriceSeries, RateSeries } from './model/price-series.ts';
import type { SourceSpan } from './model/source-span.ts';
import { isTradable, type Security } from './model/security.ts';
import { splitAdjusted } from './model/split-adjustment.ts';
import { ActionStore } from './action-store.ts';
import { PriceDoubtStore } from './price-doubt-store.ts';
import type { LatestClose } from './known-closes.ts';
import { PriceStore } from './price-store.ts';
import { SecurityStore } from './security-store.ts';

/** What quotes are made from; where nothing has changed, the very objects of the last time. */
interface QuoteSources {
  readonly latest: ReadonlyMap<Isin, LatestClose>;
  readonly doubts: PriceDoubts;
  readonly actions: readonly CorporateAction[];
  readonly through: CalendarDay | undefined;
  readonly securities: readonly Security[];
}

const quotedBefore = new WeakMap<
  QuoteSources['latest'],
  { readonly sources: QuoteSources; readonly quotes: ReadonlyMap<Isin, Quote> }
>();

function areSame(a: QuoteSources, b: QuoteSources): boolean {
  const { doubts, actions, through, securities } = a;
  return (
    doubts === b.doubts &&
    actions === b.actions &&
    through === b.through &&
    securities === b.securities
  );
}

/**
 * Price of a counted share from a close: a split after the day of the close is applied, and one
 * that the count does not include yet is reversed.
 */
function heldFactor(
  actions: readonly CorporateAction[],
  day: CalendarDay,
  counts: (action: CorporateAction) => boolean,
): number {
  return actions.reduce((factor, action) => {
    const ratio = sharesRatio(action);
    if (ratio === 1) return factor;
    if (counts(action)) return action.day > day ? factor / ratio : factor;
    return action.day <= day ? factor * ratio : factor;
  }, 1);
}

export class StoredMarket implements MarketReader {
  private readonly database: Database;
  private readonly securityStore: SecurityStore;
  private readonly priceStore: PriceStore;
  private readonly doubtStore: PriceDoubtStore;
  private readonly actionStore: ActionStore;

  constructor(database: Database) {
    this.database = database;
    this.securityStore = new SecurityStore(database);
    this.priceStore = new PriceStore(database);
    this.doubtStore = new PriceDoubtStore(database);
    this.actionStore = new ActionStore(database);
  }

  reading(): StoredMarket {
    return new StoredMarket(this.database.reading());
  }

  /** Changes whenever prices or rates were fetched, or an action of one of these securities was declared. */
  async position(isins: readonly Isin[]): Promise<string> {
    const [fetched, actions] = await Promise.all([this.priceStore.position(), this.actions(isins)]);
    return contentHash({ fetched, actions: actions.map(({ actionId }) => actionId) });
  }

  securities(): Promise<readonly Security[]> {
    return this.securityStore.all();
  }

  security(isin: Isin): Promise<Security | undefined> {
    return this.securityStore.find(isin);
  }

  securitiesOf(isins: readonly Isin[]): Promise<readonly Security[]> {
    return this.securityStore.some(isins);
  }

  /** Without regard to case; where several bear the symbol, one that is not removed. */
  async bySymbol(symbol: string): Promise<Security | undefined> {
    const requested = symbol.toUpperCase();
    const found = (await this.securities()).filter((s) => s.symbol.toUpperCase() === requested);
    return found.find(isTradable) ?? found[0];
  }

  async series(isin: Isin, from?: CalendarDay): Promise<PriceSeries> {
    const found = await this.seriesOf([isin], from);
    return present(found.get(isin), 'a series is answered for each security asked for');
  }

  async seriesOf(
    isins: readonly Isin[],
    from?: CalendarDay,
  ): Promise<ReadonlyMap<Isin, PriceSeries>> {
    const [found, actions] = await Promise.all([
      this.priceStore.seriesOf(isins, from),
      this.actions(isins),
    ]);
    if (actions.length === 0) return found;
    return new Map([...found].map(([isin, series]) => [isin, splitAdjusted(series, actions)]));
  }

  /** What a split changes is judged by opens too: a security that had one is read in whole bars. */
  async closesOf(
    isins: readonly Isin[],
    from: CalendarDay,
  ): Promise<ReadonlyMap<Isin, CloseSeries>> {
    const actions = await this.actions(isins);
    const splits = actions.filter((action) => sharesRatio(action) !== 1);
    const split = new Set(splits.map(({ isin }) => isin));
    const found = await this.priceStore.closesOf(
      isins.filter((isin) => !split.has(isin)),
      from,
    );
    const whole = await this.priceStore.seriesOf([...split], from);
    const adjusted = [...whole].map(([isin, one]) => [isin, splitAdjusted(one, splits)] as const);
    return new Map<Isin, CloseSeries>([...found, ...adjusted]);
  }

  actions(isins: readonly Isin[]): Promise<readonly CorporateAction[]> {
    return this.actionStore.of(isins);
  }

  setAside(isin: Isin): Promise<readonly SetAsideBar[]> {
    return this.priceStore.setAside(isin);
  }

  async setAsideOf(isins: readonly Isin[]): Promise<ReadonlyMap<Isin, readonly SetAsideBar[]>> {
    const found = await this.priceStore.setAsideOf(isins);
    return new Map([...found].map(([isin, read]) => [isin, read()]));
  }

  /** Where the bars of a security came from. */
  async sourcesOf(isin: Isin): Promise<readonly SourceSpan[]> {
    return (await this.priceStore.fetched(`prices:${isin}`))?.sources ?? [];
  }

  doubts(): Promise<PriceDoubts> {
    return this.doubtStore.all();
  }

  /** The day that each pair with one of the currencies was fetched through, as `USD-EUR`. */
  async ratesThrough(currencies: ReadonlySet<string>): Promise<ReadonlyMap<string, CalendarDay>> {
    const all = await this.priceStore.fetchedDays('rates');
    const isOne = (pair: string) => pair.split('-').some((currency) => currencies.has(currency));
    return new Map([...all].filter(([pair]) => isOne(pair)));
  }

  /** The day that each security's prices were fetched through, and the day of its last bar. */
  async pricesThrough(
    isins: readonly Isin[],
  ): Promise<ReadonlyMap<Isin, { readonly fetched?: CalendarDay; readonly bar?: CalendarDay }>> {
    const [fetched, bars] = await Promise.all([
      this.priceStore.fetchedDays('prices'),
      this.priceStore.latest(isins),
    ]);
    return new Map(
      isins.map((isin) => {
        const [day, bar] = [fetched.get(isin), bars.get(isin)];
        return [isin, { ...(day && { fetched: day }), ...(bar && { bar: dayOfEpoch(bar.day) }) }];
      }),
    );
  }

  /** The latest day that prices were fetched through; undefined before the first fetch. */
  fetchedThrough(): Promise<CalendarDay | undefined> {
    return this.priceStore.fetchedThrough();
  }

  async quote(isin: Isin): Promise<Quote | undefined> {
    return (await this.quotes([isin])).get(isin);
  }

  async quotes(
    isins: readonly Isin[],
    counts?: (action: CorporateAction) => boolean | undefined,
  ): Promise<ReadonlyMap<Isin, Quote>> {
    const [latest, doubts, actions, through, securities] = await Promise.all([
      this.priceStore.latest(isins),
      this.doubts(),
      this.actions(isins),
      this.priceStore.fetchedThrough(),
      this.securitiesOf(isins),
    ]);
    const sources = { latest, doubts, actions, through, securities };
    const known = quotedBefore.get(latest);
    if (known && areSame(known.sources, sources)) return known.quotes;
    const splits = actions.filter((action) => sharesRatio(action) !== 1);
    const quotes = this.quotesFrom(sources, splits, counts);
    // Only with splits does it matter which actions count.
    if (splits.length === 0) quotedBefore.set(latest, { sources, quotes });
    return quotes;
  }

  private quotesFrom(
    { latest, doubts, through, securities }: QuoteSources,
    splits: readonly CorporateAction[],
    counts: ((action: CorporateAction) => boolean | undefined) | undefined,
  ): ReadonlyMap<Isin, Quote> {
    const currencyOf = new Map(securities.map(({ isin, currency }) => [isin, currency]));
    const quotes = new Map<Isin, Quote>();
    for (const [isin, { day, close }] of latest) {
      const currency = currencyOf.get(isin);
      if (currency === undefined) continue;
      const on = dayOfEpoch(day);
      const own = splits.filter((action) => action.isin === isin);
      const isDue = (action: CorporateAction) => action.day <= (through ?? on);
      const isThere = (action: CorporateAction) => counts?.(action) ?? isDue(action);
      const factor = sharesFactor(doubts.get(isin) ?? []) * heldFactor(own, on, isThere);
      quotes.set(isin, this.quoteOf(isin, on, close * factor, currency));
    }
    return quotes;
  }

  private quoteOf(isin: Isin, day: CalendarDay, price: number, currency: Currency): Quote {
    return this.database.read(`quote:${isin}`, `${day} ${price} ${currency}`, () => ({
      isin,
      day,
      price: Price.fromEstimate(price, currency),
    }));
  }

  /** 1 for the currency itself, whatever the day; without a day it carries the last fetch's. */
  async rates(into: Currency, from: Iterable<Currency>, day?: CalendarDay): Promise<RateTable> {
    const table = new Map<Currency, ExchangeRate>();
    const pairs = await this.priceStore.pairs();
    for (const currency of new Set(from)) {
      const rate =
        currency === into
          ? unitRate(into, day ?? (await this.priceStore.fetchedThrough()) ?? dayOfEpoch(0))
          : await this.rate(pairs, currency, into, day);
      if (rate) table.set(currency, rate);
    }
    return table;
  }

  /** Stored, or the inverse of what is stored, or through one common currency; else empty. */
  async rateSeries(from: Currency, into: Currency): Promise<RateSeries> {
    for (const route of routes(await this.priceStore.pairs(), from, into)) {
      const series = seriesOver(await this.legs(route));
      if (series.days.length > 0) return series;
    }
    return seriesOver([]);
  }

  private async rate(
    pairs: readonly (readonly [Currency, Currency])[],
    from: Currency,
    into: Currency,
    day: CalendarDay | undefined,
  ): Promise<ExchangeRate | undefined> {
    for (const route of routes(pairs, from, into)) {
      const rate = rateOver(await this.legs(route), from, into, day);
      if (rate) return rate;
    }
    return undefined;
  }

  private legs(route: readonly Hop[]): Promise<Leg[]> {
    return Promise.all(
      route.map(async ({ pair, inverse }) => ({
        series: await this.priceStore.rates(...pair),
        inverse,
      })),
    );
  }
}
