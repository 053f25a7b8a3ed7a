/** Loads what the limits of the process are measured by, where they are set. */
import type { BrokerStatement } from '#shared/clients/broker/broker.ts';
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import { addDays } from '#shared/kernel/calendar-day.ts';
import { convertWith } from '#shared/kernel/exchange-rate.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
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
  const isins = [...flows, ...booked].flatMap(({ isin }) => isin ?? []);
  const quotes = await market.quotes([...new Set(isins)]);
  const moved = [...flows.map(({ amount }) => amount), ...booked.map(({ cash }) => cash)];
  const priced = [...quotes.values()].map(({ price }) => price);
  const currencies = [...moved, ...priced].map(({ currency }) => currency);
  const rates = await market.rates(baseCurrency, currencies, today);
  return dayLoss({
    ...{ today, value, valuations, booked },
    reported: flows.map((flow) => flowLine(flow, undefined, now())),
    inBase: (cash) =>
      rates.has(cash.currency) ? convertWith(cash, rates, 'half-even') : Money.zero(baseCurrency),
    worth: (isin, quantity) => {
      const price = quotes.get(isin)?.price;
      return price && rates.has(price.currency)
        ? convertWith(price.times(quantity, 'half-even'), rates, 'half-even')
        : undefined;
    },
  });
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
