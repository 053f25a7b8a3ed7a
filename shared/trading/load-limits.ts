/** Loads what the limits of the process are measured by, where they are set. */
import type { BrokerStatement } from '#shared/clients/broker/broker.ts';
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import { addDays } from '#shared/kernel/calendar-day.ts';
import { convertWith } from '#shared/kernel/exchange-rate.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import type { Decimal } from '#shared/kernel/decimal.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import { Money } from '#shared/kernel/money.ts';
import type { LedgerEntry } from '#shared/portfolio/model/book.ts';
import { bookEntries, costOf, emptyBook } from '#shared/portfolio/model/booking.ts';
import { flowLine } from '#shared/portfolio/model/ledger-lines.ts';
import { mean } from '#shared/quant/measures/moments.ts';
import { dayLoss } from './model/day-loss.ts';
import type { OrderDependencies } from './order-dependencies.ts';

/** Sessions that an average volume is taken over, and days that contain as many. */
const VOLUME_SESSIONS = 20;
const VOLUME_DAYS = 45;

/** Undefined where no limit is set, or nothing is on record yet. */
export async function dayLossOf(
  { settings, book, market, baseCurrency, now }: OrderDependencies,
  statement: BrokerStatement,
  value: Money,
  today: CalendarDay,
): Promise<Money | undefined> {
  if (!settings.dayLossMax) return undefined;
  const { accountId } = statement;
  const flows = [statement, ...(statement.otherBalances ?? [])].flatMap((one) => one.flows);
  const [valuations, booked] = await Promise.all([
    book.valuations(accountId),
    book.ledger(accountId),
  ]);
  const isins = new Set([...flows, ...booked].flatMap(({ isin }) => isin ?? []));
  const quotes = await market.quotes([...isins]);
  const unpriced = new Set([...isins].filter((isin) => !quotes.has(isin)));
  const costs = costsMoved(booked, unpriced, baseCurrency);
  const moved = [...flows.map(({ amount }) => amount), ...booked.map(({ cash }) => cash)];
  const priced = [...quotes.values()].map(({ price }) => price);
  const currencies = [...moved, ...priced].map(({ currency }) => currency);
  const rates = await market.rates(baseCurrency, currencies, today);
  return dayLoss({
    ...{ today, value, valuations, booked },
    reported: flows.map((flow) => flowLine(flow, undefined, now())),
    inBase: (cash) =>
      rates.has(cash.currency) ? convertWith(cash, rates, 'half-even') : Money.zero(baseCurrency),
    worth: (line, isin, shares) => {
      const price = quotes.get(isin)?.price;
      if (!price) return costs.get(line.id) ?? statedCost(line, shares, baseCurrency);
      return rates.has(price.currency)
        ? convertWith(price.times(shares, 'half-even'), rates, 'half-even')
        : undefined;
    },
  });
}

/** What each line changed the cost of shares by that nobody prices: they count at what they cost. */
function costsMoved(
  ledger: readonly LedgerEntry[],
  isins: ReadonlySet<Isin>,
  base: Currency,
): ReadonlyMap<string, Money> {
  const costs = new Map<string, Money>();
  let book = emptyBook('' as AccountId, base);
  const costIn = (isin: Isin): Money => {
    const holding = book.holdings.get(isin);
    return holding ? costOf(holding, base) : Money.zero(base);
  };
  for (const line of isins.size > 0 ? ledger : []) {
    const { isin } = line;
    const before = isin && isins.has(isin) ? costIn(isin) : undefined;
    book = bookEntries(book, [line]);
    if (before && isin) costs.set(line.id, costIn(isin).subtract(before));
  }
  return costs;
}

/** Of shares that are not booked yet. */
function statedCost(
  { price, exchangeRate }: LedgerEntry,
  moved: Decimal,
  base: Currency,
): Money | undefined {
  if (!price || !exchangeRate) return undefined;
  return Money.rounded(price.amount.multiply(moved).multiply(exchangeRate), base, 'half-even');
}

/** Shares a day; undefined where no limit is set, or where the source states no volume. */
export async function averageVolumeOf(
  { settings, market }: OrderDependencies,
  isin: Isin,
  today: CalendarDay,
): Promise<number | undefined> {
  if (settings.volumeShareMaxRatio === undefined) return undefined;
  const { volume } = await market.series(isin, addDays(today, -VOLUME_DAYS));
  const shares = mean(volume.subarray(-VOLUME_SESSIONS));
  return Number.isFinite(shares) && shares > 0 ? shares : undefined;
}
