/**
 * Loads the inputs of the pre-trade checks. Cash, holdings and open orders are the broker's own,
 * asked now, so that what was filled a moment ago counts. Unavailable data stays undefined: its check
 * fails.
 */
import type { BrokerStatement } from '#shared/clients/broker/broker.ts';
import { dayOf, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { costModelOf } from '#shared/kernel/costs.ts';
import {
  convert,
  requireRate,
  type ExchangeRate,
  type RateTable,
} from '#shared/kernel/exchange-rate.ts';
import { Failure } from '#shared/kernel/failure.ts';
import type { AccountId, TradeId } from '#shared/kernel/identifiers.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { Money } from '#shared/kernel/money.ts';
import type { Price } from '#shared/kernel/price.ts';
import type { Quantity } from '#shared/kernel/quantity.ts';
import { RunningFold } from '#shared/kernel/collections/running-fold.ts';
import type { Book } from '#shared/portfolio/model/book.ts';
import { withQuotesAtCost, type HeldQuote } from '#shared/portfolio/model/cost-quotes.ts';
import { foreignCashValue, foreignCurrencies } from '#shared/portfolio/model/foreign-cash.ts';
import type { EffectivePolicy } from '#shared/portfolio/model/policy/policy.ts';
import type { Settings } from '#shared/process/settings.ts';
import type { OrderDependencies } from './order-dependencies.ts';
import type { AccountSnapshot, CheckInputs } from './model/check-inputs.ts';
import { averageVolumeOf, dayLossOf } from './load-limits.ts';
import { baselineOf } from './model/baseline.ts';
import { windowStart } from './model/day-window.ts';
import type { Baseline, OrderDraft, OrderRecord } from './model/order-record.ts';
import type { Admissions } from './order-store.ts';

export interface LoadedChecks {
  readonly inputs: CheckInputs;
  /** The admissions these checks were made on. */
  readonly admissions: Admissions;
  readonly baseline: Baseline | undefined;
  /** Highest client order id in the broker's statement; 0 where there is none. */
  readonly idSeenMax: number;
}

/** @param self the order that is checked, which does not block itself */
export async function loadChecks(
  orderDependencies: OrderDependencies,
  order: OrderDraft,
  self: TradeId | undefined,
  signal: AbortSignal,
): Promise<LoadedChecks> {
  const { accountId, isin } = order;
  // Read first: every order admitted from here on changes it.
  const admissions = await orderDependencies.store.admissions(
    accountId,
    orderDependencies.steady(),
  );
  // Before the statement: an order that leaves this list in between is then in the statement.
  const live = await orderDependencies.orders.liveOrders(accountId);
  const statement = await accountFacts(orderDependencies, order, signal);
  const { policy, settings, fileError } = await orderDependencies.policy(accountId);
  const now = orderDependencies.now();
  const today = orderDependencies.marketData.today(now);
  // All checks see one market, each part of it read once; the price is looked at again before the order is sent.
  const market = orderDependencies.market.reading();
  const held = (statement?.holdings ?? []).map((holding) => holding.isin);
  const all = [...new Set([...held, isin])];
  const [securities, quotes, doubts, askedLately, book] = await Promise.all([
    market.securitiesOf(all),
    market.quotes(all),
    market.doubts(),
    askedLatelyOf(orderDependencies, accountId, admissions),
    orderDependencies.book.book(accountId),
  ]);
  const security = securities.find((one) => one.isin === isin);
  const rates =
    security && (await market.rates(orderDependencies.baseCurrency, [security.currency], today));
  const accountValue =
    statement &&
    (await valueOf(
      { market, baseCurrency: orderDependencies.baseCurrency },
      statement,
      withQuotesAtCost(quotes, book, held),
      today,
    ));
  const inputs: CheckInputs = {
    order,
    base: orderDependencies.baseCurrency,
    limits: limitsOf(settings),
    policy,
    policyError: fileError?.message,
    control: await orderDependencies.control.read(),
    realMoneyOnSimulatedPrices:
      orderDependencies.marketData.simulated && !orderDependencies.broker.simulated,
    brokerCurrencies: orderDependencies.broker.capabilities.currencies,
    today,
    security,
    session: security && sessionOf(orderDependencies, security.exchange),
    quote: quotes.get(isin),
    doubts: doubts.get(isin) ?? [],
    rate: security && rates?.get(security.currency),
    account: statement && accountOf(statement),
    accountValue,
    dayLoss:
      statement &&
      accountValue &&
      (await dayLossOf({ ...orderDependencies, market }, statement, accountValue, today)),
    averageVolume: await averageVolumeOf(orderDependencies, isin, today),
    live: live.filter((other) => other.tradeId !== self),
    askedLately: askedLately.filter((other) => other.tradeId !== self),
    saleDays: await saleDaysOf(orderDependencies, order, policy, statement),
    lots: lotsOf(book, order, policy),
  };
  return {
    inputs,
    admissions,
    baseline: statement && baselineOf(statement, isin),
    idSeenMax: statement ? idSeenMax(statement) : 0,
  };
}

/** The settings under a policy are the same for as long as it stays. */
const limits = new WeakMap<Settings, CheckInputs['limits']>();

function limitsOf(settings: Settings): CheckInputs['limits'] {
  const known = limits.get(settings) ?? { ...settings, costs: costModelOf(settings) };
  limits.set(settings, known);
  return known;
}

/** Orders of the last day by the wall clock, and by the one that nobody sets. */
async function askedLatelyOf(
  { orders, now }: OrderDependencies,
  accountId: AccountId,
  { counted }: Admissions,
): Promise<readonly OrderRecord[]> {
  const byWallClock = await orders.historySince(accountId, windowStart(now()));
  const known = new Set(byWallClock.map(({ tradeId }) => tradeId));
  const others = counted.filter(({ tradeId }) => !known.has(tradeId));
  const ids = others.map(({ tradeId }) => tradeId);
  return [...byWallClock, ...(await orders.ofAccount(accountId, ids))];
}

async function accountFacts(
  orderDependencies: OrderDependencies,
  { accountId }: OrderDraft,
  signal: AbortSignal,
): Promise<BrokerStatement | undefined> {
  try {
    const statement = await orderDependencies.broker.statement(accountId, signal);
    return statement.cash.currency === orderDependencies.baseCurrency ? statement : undefined;
  } catch (thrown) {
    signal.throwIfAborted();
    orderDependencies.log.warn('account-query-failed', {
      accountId,
      detail: Failure.from(thrown).message,
    });
    return undefined;
  }
}

function accountOf({ cash, holdings, openOrders }: BrokerStatement): AccountSnapshot {
  return {
    cash,
    holdings: new Map(holdings.map(({ isin, quantity }) => [isin, quantity])),
    openOrders: openOrders.map((order) => ({
      clientOrderId: order.clientOrderId,
      isin: order.isin,
      side: order.side,
      remaining: order.quantity.subtract(order.filledQuantity),
      reserved: order.reserved,
    })),
  };
}

/** All cash and every holding at its latest close, else at what it cost; undefined when neither or a rate is known. */
async function valueOf(
  { market, baseCurrency }: Pick<OrderDependencies, 'market' | 'baseCurrency'>,
  { cash, holdings, otherBalances = [] }: BrokerStatement,
  quotes: ReadonlyMap<Isin, HeldQuote>,
  today: CalendarDay,
): Promise<Money | undefined> {
  const foreignCash = otherBalances.map((balance) => balance.cash);
  const priced = [...quotes.values()].map((quote) => quote.price.currency);
  const rates = await market.rates(
    baseCurrency,
    [...priced, ...foreignCurrencies({ foreignCash })],
    today,
  );
  if (foreignCash.some(({ currency, sign }) => sign < 0 && !rates.has(currency))) return undefined;
  let value = cash.add(foreignCashValue({ cash, foreignCash }, rates));
  for (const { isin, quantity } of holdings) {
    const price = quotes.get(isin)?.price;
    if (!price || !rates.has(price.currency)) return undefined;
    value = value.add(worthOf(quantity, price, rates));
  }
  return value;
}

interface Worth {
  readonly price: Price;
  readonly rate: ExchangeRate;
  readonly value: Money;
}

/** What is held at a price is worked out once for the orders of one market. */
const worths = new WeakMap<Quantity, Worth>();

function worthOf(quantity: Quantity, price: Price, rates: RateTable): Money {
  const rate = requireRate(rates, price.currency);
  const known = worths.get(quantity);
  if (known?.price === price && known.rate === rate) return known.value;
  const value = convert(price.times(quantity, 'half-even'), rate, 'half-even');
  worths.set(quantity, { price, rate, value });
  return value;
}

function sessionOf(orderDependencies: OrderDependencies, exchange: string): CheckInputs['session'] {
  try {
    return orderDependencies.marketData.session(exchange, orderDependencies.now());
  } catch (thrown) {
    if (Failure.from(thrown).code === 'NOT_FOUND') return undefined;
    throw thrown;
  }
}

/** From the broker's fills, and from the ledger for what lies before the broker's history. */
async function saleDaysOf(
  orderDependencies: OrderDependencies,
  { accountId, isin, side }: OrderDraft,
  { orders }: EffectivePolicy,
  statement: BrokerStatement | undefined,
): Promise<CheckInputs['saleDays']> {
  if (orders.cooldownDays === 0 || side !== 'BUY') return [];
  if (!statement) return undefined;
  const shown = statement.fills.filter((fill) => fill.isin === isin && fill.side === 'SELL');
  const booked = (await orderDependencies.book.ledger(accountId)).filter(
    (entry) => entry.isin === isin && entry.kind === 'sell' && !entry.reverses,
  );
  return [
    ...shown.map((fill) => dayOf(fill.executedAt)),
    ...booked.map((entry) => dayOf(entry.happenedAt)),
  ];
}

function lotsOf(
  book: Book,
  { isin, side }: OrderDraft,
  { orders }: EffectivePolicy,
): CheckInputs['lots'] {
  if (orders.minimumHoldDays === 0 || side !== 'SELL') return [];
  if (book.syncedAt === undefined) return undefined;
  const lots = book.holdings.get(isin)?.lots ?? [];
  return lots.map(({ quantity, acquiredAt }) => ({ quantity, day: dayOf(acquiredAt) }));
}

function idSeenMax({ fills, openOrders }: BrokerStatement): number {
  return openOrders.reduce(laterId, seenInFills.of(fills).max);
}

const seenInFills = new RunningFold(
  () => ({ max: 0 }),
  (seen, fill: BrokerStatement['fills'][number]) => {
    seen.max = laterId(seen.max, fill);
  },
);

function laterId(max: number, { clientOrderId: id }: { readonly clientOrderId: string }): number {
  return /^\d{10}$/.test(id) ? Math.max(max, Number(id)) : max;
}
