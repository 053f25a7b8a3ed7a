/**
 * A broker that moves no real money. It executes against the market data with spread, slippage,
 * charges and partial fills, and keeps a book of its own, so that reconciliation has something to
 * compare with.
 *
 * The decisions are pure (book.ts, orders.ts, fills.ts); this file loads, decides, and stores with
 * compare-and-set, so that two processes never overwrite each other.
 */
import type {
  Bookings,
  Broker,
  BrokerCapabilities,
  BrokerFill,
  BrokerHolding,
  BrokerOrder,
  BrokerStatement,
  OrderInstruction,
  SimulatedFunding,
  SubmitOutcome,
} from '#shared/clients/broker/broker.ts';
import type { BrokerDependencies } from '../broker-dependencies.ts';
import { quantityDecimals } from '../quantity-decimals.ts';
import { keyReused, notFound, refused } from '#shared/kernel/failure.ts';
import { DEFAULT_ACCOUNT, type AccountId } from '#shared/kernel/identifiers.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price } from '#shared/kernel/price.ts';
import { keys } from '#shared/redis/keys.ts';
import type { Settings } from '#shared/process/settings.ts';
import {
  brokerOrderOf,
  liveOrders,
  openBook,
  statementOf,
  withDeposit,
  withHoldings,
  type AdoptedHolding,
  type PaperBook,
  type PaperMarket,
} from './paper-book.ts';
import { cancel, expire, advanceOrders, place } from './orders.ts';
import { refusal, unsupported } from '../capabilities.ts';
import { withBookings } from './paper-movements.ts';
import { PaperMarketSource, paperTermsOf } from './paper-market.ts';
import { actionsAreDue, withActions } from './corporate-actions.ts';
import { encode } from '#shared/redis/codec.ts';
import type { Write } from '#shared/redis/change.ts';
import { paperBookOf, paperRecord, paperRecordOf, type PaperRecord } from './record.ts';
import { SettledOrders } from './settled-orders.ts';

type Step<R> = (
  book: PaperBook,
  market: PaperMarket,
  /** Fills of orders that are not in the book. */
  settled: readonly BrokerFill[],
) => { book: PaperBook; result: R };

/** What a step needs beside the live orders. */
interface Requested {
  readonly isins?: readonly Isin[];
  /** Opens the account where it is not open. */
  readonly openingCash?: Money;
  /** The order to load although it may have ended. */
  readonly order?: string;
}

const paperCapabilities: BrokerCapabilities = {
  takesOrders: true,
  refusesDuplicates: true,
  provesAbsence: true,
  orderTypes: ['MARKET', 'LIMIT', 'STOP', 'STOP_LIMIT'],
  timesInForce: ['DAY', 'GTC', 'IOC', 'FOK'],
  quantityDecimals: quantityDecimals.paper,
  fractionTimesInForce: ['DAY', 'GTC', 'IOC', 'FOK'],
  extendedHours: 'none',
  clientOrderId: /^[\x21-\x7e]{1,128}$/,
};

export class PaperBroker implements Broker {
  readonly name = 'paper';
  readonly simulated = true;
  readonly capabilities = paperCapabilities;
  readonly funding: SimulatedFunding;
  private readonly around: BrokerDependencies;
  private readonly market: PaperMarketSource;
  private readonly openingCash: Money;
  private readonly settled: SettledOrders;

  constructor(settings: Settings, around: BrokerDependencies) {
    const { database, marketData, baseCurrency } = around;
    this.around = around;
    this.settled = new SettledOrders(database);
    const terms = paperTermsOf(settings);
    this.market = new PaperMarketSource(database, marketData, baseCurrency, terms);
    this.openingCash = Money.rounded(settings.paperOpeningCash, baseCurrency, 'down');
    this.funding = this.fundingOf();
  }

  private fundingOf(): SimulatedFunding {
    return {
      open: (account, cash, signal) => this.open(account, cash, signal),
      deposit: (account, id, amount, signal) => this.deposit(account, id, amount, signal),
      book: (account, bookings, signal) => this.book(account, bookings, signal),
      adopt: (account, holdings, signal) => this.adopt(account, holdings, signal),
    };
  }

  within(traceparent: string): PaperBroker {
    const database = this.around.database.within(traceparent);
    const own = Object.create(this) as PaperBroker;
    const funding = own.fundingOf();
    return Object.assign<PaperBroker, object>(own, {
      around: { ...this.around, database },
      market: this.market.through(database),
      settled: this.settled.through(database),
      funding,
    });
  }

  async ping(signal: AbortSignal): Promise<void> {
    await this.around.marketData.ping(signal);
    await this.around.database.redis.ping();
  }

  async submit(order: OrderInstruction, signal: AbortSignal): Promise<SubmitOutcome> {
    const cannot = unsupported(order, paperCapabilities);
    if (cannot) return refusal(this.name, cannot);
    const requested = { isins: [order.isin], order: order.clientOrderId };
    return this.change(order.accountId, requested, signal, (book, market) => {
      const { book: placed, outcome } = place(expire(book, market), order, market);
      return { book: placed, result: outcome };
    });
  }

  async cancel(accountId: AccountId, clientOrderId: string, signal: AbortSignal): Promise<void> {
    await this.change(accountId, {}, signal, (book, market) => ({
      book: cancel(expire(book, market), clientOrderId),
      result: undefined,
    }));
  }

  findOrder(
    accountId: AccountId,
    clientOrderId: string,
    signal: AbortSignal,
  ): Promise<BrokerOrder | undefined> {
    return this.change(accountId, { order: clientOrderId }, signal, (book, market) => {
      const advanced = advanceOrders(book, market);
      const order = advanced.orders.get(clientOrderId);
      return { book: advanced, result: order && brokerOrderOf(order) };
    });
  }

  statement(accountId: AccountId, signal: AbortSignal): Promise<BrokerStatement> {
    return this.change(accountId, {}, signal, (book, market, fills) => {
      const advanced = advanceOrders(book, market);
      return { book: advanced, result: statementOf(advanced, market.now, fills) };
    });
  }

  private async open(account: AccountId, cash: Money, signal: AbortSignal): Promise<void> {
    await this.change(account, { openingCash: cash }, signal, (book) => ({
      book,
      result: undefined,
    }));
  }

  private async deposit(
    accountId: AccountId,
    id: string,
    amount: Money,
    signal: AbortSignal,
  ): Promise<void> {
    const { baseCurrency } = this.around;
    if (amount.currency !== baseCurrency || amount.sign <= 0)
      throw refused('deposit-amount', `A deposit is an amount above 0 in ${baseCurrency}.`);
    await this.change(accountId, {}, signal, (book, market) => {
      const known = book.flows.find((flow) => flow.flowId === id);
      if (known && !known.amount.equals(amount))
        throw keyReused('This deposit id was used with another amount.', { depositId: id });
      const next = known ? book : withDeposit(book, id, amount, market.now);
      return { book: next, result: undefined };
    });
  }

  private async book(accountId: AccountId, bookings: Bookings, signal: AbortSignal): Promise<void> {
    await this.change(accountId, {}, signal, (book, market) => ({
      book: withBookings(book, bookings, market.now),
      result: undefined,
    }));
  }

  private async adopt(
    accountId: AccountId,
    holdings: Parameters<SimulatedFunding['adopt']>[1],
    signal: AbortSignal,
  ): Promise<void> {
    const isins = holdings.map((holding) => holding.isin);
    await this.change(accountId, { isins }, signal, (book, market) => {
      const requested = holdings.map((holding) => adopted(holding, market));
      return { book: withHoldings(book, requested, market.now), result: undefined };
    });
  }

  /** The default account opens by itself; every other one by `open` alone. */
  private openingCashOf(accountId: AccountId, { openingCash }: Requested): Money {
    if (openingCash) return openingCash;
    if (accountId === DEFAULT_ACCOUNT) return this.openingCash;
    throw notFound('account', accountId);
  }

  /**
   * Loads the book, runs the step on one snapshot of the market, and stores if anything changed.
   */
  private async change<R>(
    accountId: AccountId,
    requested: Requested,
    signal: AbortSignal,
    step: Step<R>,
  ): Promise<R> {
    const { database, now } = this.around;
    const key = keys.paperBroker.book(accountId);
    const before = await database.find(key, paperRecord());
    const known = before && paperBookOf(before.value, accountId, []);
    const live = known ? liveOrders(known) : [];
    const held = known ? [...known.holdings.keys()] : [];
    const ordered = live.map((order) => order.instruction.isin);
    const about = [...ordered, ...(requested.isins ?? [])];
    const market = await this.market.snapshot({ quoted: about, held }, now(), signal);
    const settled = await this.settled.of(accountId, before?.value);
    signal.throwIfAborted();
    const asked = requested.order === undefined ? undefined : settled.byId.get(requested.order);
    const decide = (record: PaperRecord | undefined): Decided<R> => {
      if (settledCountOf(record) !== settledCountOf(before?.value)) return { result: undefined };
      const isDue = actionsAreDue(record?.carried, market.actions, market.today);
      const ended = isDue ? [...settled.byId.values()] : asked ? [asked] : [];
      const loaded = record
        ? paperBookOf(record, accountId, ended)
        : openBook(accountId, this.openingCashOf(accountId, requested), market.now);
      const book = isDue ? withActions(loaded, market) : loaded;
      const { book: next, result } = step(book, market, isDue ? [] : settled.fills);
      if (record && next === loaded) return { result: { value: result } };
      const listed = new Set(ended.map((order) => order.instruction.clientOrderId));
      const stored = paperRecordOf(next, record, listed);
      const lines = stored.settled.map(encode);
      this.settled.writes(accountId, lines, stored.ended);
      return {
        value: stored.record,
        result: { value: result },
        write: appended(keys.paperBroker.settled(accountId), lines),
      };
    };
    // An account is not opened again in a Redis that lost it.
    const done = await database.update(key, paperRecord(), decide, 'guarded', before);
    // Orders have ended since they were loaded.
    return done ? done.value : this.change(accountId, requested, signal, step);
  }
}

type Decided<R> =
  | { result: { value: R } | undefined }
  | { result: { value: R }; value: PaperRecord; write: readonly Write[] };

function settledCountOf(record: PaperRecord | undefined): number {
  return (record?.settledCount ?? 0) + (record?.settled?.length ?? 0);
}

function appended(key: string, lines: readonly string[]): readonly Write[] {
  return lines.length === 0 ? [] : [{ op: 'RPUSH', key, args: lines }];
}

/** Shares transferred in without a stated cost come at the latest close. */
function adopted(
  holding: BrokerHolding & { readonly price?: Price | undefined },
  market: PaperMarket,
): AdoptedHolding {
  const quote = market.quotes.get(holding.isin);
  if (!quote || quote.close === undefined) return holding;
  if (holding.price && holding.price.currency !== quote.currency)
    throw refused('price-currency', `${holding.isin} is priced in ${quote.currency}.`, {
      isin: holding.isin,
    });
  const price = holding.price ?? Price.fromEstimate(quote.close, quote.currency);
  return { ...holding, price, exchangeRate: quote.rate };
}
