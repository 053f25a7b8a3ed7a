/**
 * An account with a history: payments, purchases at the prices of their days, dividends and sales.
 */
import { addDays, startOf, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price } from '#shared/kernel/price.ts';
import type { Book, LedgerEntry } from '#shared/portfolio/model/book.ts';
import { bookEntries, emptyBook, quantityOf } from '#shared/portfolio/model/booking.ts';
import { openBook } from '#shared/clients/broker/paper/paper-book.ts';
import { paperRecord, paperRecordOf } from '#shared/clients/broker/paper/record.ts';
import { keys } from '#shared/redis/keys.ts';
import { loadDailyPrices } from '#shared/portfolio/load-prices.ts';
import { priceOn } from '#shared/portfolio/model/value-history.ts';
import { PortfolioStore } from '#shared/portfolio/portfolio-store.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';

export interface Past {
  readonly days: number;
  readonly holdings: number;
  /** Whole units of the base currency. */
  readonly deposit: number;
}

/** The market must be stored already. @returns the ledger that was booked */
export async function liveAccount(
  dependencies: Dependencies,
  { days, holdings, deposit }: Past,
): Promise<readonly LedgerEntry[]> {
  const { database, baseCurrency: base, marketData } = dependencies;
  const today = marketData.today(dependencies.now());
  const first = addDays(today, -days);
  const market = new StoredMarket(database);
  const securities = (await market.securities()).slice(0, holdings);
  const prices = await loadDailyPrices(market, securities, [], base, addDays(first, -30));
  const lines: LedgerEntry[] = [paid('opening', first, deposit)];
  securities.forEach(({ isin, symbol, currency }, index) => {
    const day = addDays(first, 1 + (index % 20));
    const close = priceOn(prices, isin, day) ?? 1;
    const shares = Math.max(1, Math.floor((0.9 * deposit) / securities.length / close));
    lines.push(traded('buy', `buy-${index}`, day, { isin, symbol, currency, shares, close }));
    if (index % 3 === 0 && days > 200)
      lines.push(
        cash('dividend', `dividend-${index}`, addDays(first, 150), close * shares * 0.02, isin),
      );
    if (index % 5 === 0 && days > 300 && shares > 1) {
      const sold = addDays(first, 280);
      const part = { isin, symbol, currency, shares: Math.floor(shares / 2) };
      lines.push(
        traded('sell', `sell-${index}`, sold, { ...part, close: priceOn(prices, isin, sold) ?? 1 }),
      );
    }
  });
  for (let at = 90; at < days; at += 90)
    lines.push(paid(`deposit-${at}`, addDays(first, at), deposit / 20));
  const ledger = lines.toSorted((a, b) => a.happenedAt - b.happenedAt);
  const store = new PortfolioStore(database, base);
  const before = await store.load(DEFAULT_ACCOUNT);
  const book = bookEntries(emptyBook(DEFAULT_ACCOUNT, base), ledger);
  await store.save(before, { ...book, syncedAt: dependencies.now() }, ledger, undefined);
  await agreeWithBroker(dependencies, book);
  return ledger;

  function paid(id: string, day: CalendarDay, amount: number): LedgerEntry {
    return cash('deposit', id, day, amount);
  }

  function cash(
    kind: LedgerEntry['kind'],
    id: string,
    day: CalendarDay,
    amount: number,
    isin?: Isin,
  ) {
    const at = (startOf(day) + 12 * 3_600_000) as Instant;
    const money = Money.fromEstimate(amount, base, 'half-even');
    return { id, kind, cash: money, happenedAt: at, recordedAt: at, ...(isin && { isin }) };
  }

  function traded(
    kind: 'buy' | 'sell',
    id: string,
    day: CalendarDay,
    of: { isin: Isin; symbol: string; currency: Price['currency']; shares: number; close: number },
  ): LedgerEntry {
    const worth = of.shares * of.close;
    const line = cash(kind, id, day, kind === 'buy' ? -worth * 1.003 : worth * 0.997);
    const own = prices.series.get(of.isin);
    const price = own && own.close.length > 0 ? of.close : 1;
    return {
      ...line,
      ...{ isin: of.isin, symbol: of.symbol },
      quantity: Decimal.ofNumber(of.shares),
      price: Price.fromEstimate(price, of.currency),
      exchangeRate: Decimal.one,
    };
  }
}

/** The paper broker holds what the book does, so that nothing is to be reconciled. */
async function agreeWithBroker({ database, now }: Dependencies, book: Book): Promise<void> {
  const opened = openBook(DEFAULT_ACCOUNT, Money.zero(book.currency), now());
  const holdings = [...book.holdings.values()].map(
    (one) => [one.isin, { symbol: one.symbol, quantity: quantityOf(one) }] as const,
  );
  const held = new Map(holdings.filter(([, { quantity }]) => quantity.sign > 0));
  const paper = { ...opened, cash: book.cash, holdings: held };
  const { record } = paperRecordOf(paper, undefined, new Set());
  await database.update(keys.paperBroker.book(DEFAULT_ACCOUNT), paperRecord(), () => ({
    value: record,
    result: undefined,
  }));
}
