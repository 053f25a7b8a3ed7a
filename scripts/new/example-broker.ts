/**
 * Where an adapter to a broker begins: a book in memory, filled at the last close and without fees.
 * It is a simulation and ends with the process. Replace each method by calls of the broker's
 * interface, and the book by what the broker answers; its conformance suite stays as it is.
 */
import type { BrokerDependencies } from '#shared/clients/broker/broker-dependencies.ts';
import type {
  Broker,
  BrokerCapabilities,
  BrokerFill,
  BrokerFlow,
  BrokerHolding,
  BrokerOrder,
  BrokerStatement,
  OrderInstruction,
  SubmitOutcome,
} from '#shared/clients/broker/broker.ts';
import { refusal, unsupported } from '#shared/clients/broker/capabilities.ts';
import { dayOf } from '#shared/kernel/calendar-day.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { notFound } from '#shared/kernel/failure.ts';
import { DEFAULT_ACCOUNT, type AccountId } from '#shared/kernel/identifiers.ts';
import { DAY_MS, instantOf } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price } from '#shared/kernel/price.ts';

const PRICE_AGE_MAX_DAYS = 10;

type ExampleDependencies = Omit<BrokerDependencies, 'database'>;

interface RecordedOrder {
  readonly instruction: OrderInstruction;
  readonly outcome: SubmitOutcome;
  readonly order: BrokerOrder;
}

export class ExampleBroker implements Broker {
  readonly name = 'example';
  readonly simulated = true;
  readonly capabilities: BrokerCapabilities;
  private readonly dependencies: ExampleDependencies;
  private readonly orders = new Map<string, RecordedOrder>();
  private readonly fills: BrokerFill[] = [];
  private readonly flows: BrokerFlow[];

  constructor(openingCash: Decimal, dependencies: ExampleDependencies) {
    const { baseCurrency, now } = dependencies;
    const amount = Money.rounded(openingCash, baseCurrency, 'half-even');
    this.dependencies = dependencies;
    this.flows = [{ flowId: 'opening', kind: 'deposit', amount, happenedAt: now() }];
    this.capabilities = {
      takesOrders: true,
      refusesDuplicates: true,
      provesAbsence: true,
      orderTypes: ['MARKET', 'LIMIT'],
      timesInForce: ['DAY', 'GTC'],
      quantityDecimals: 0,
      fractionTimesInForce: [],
      currencies: [baseCurrency],
      extendedHours: 'none',
      clientOrderId: /^[\x21-\x7e]{1,64}$/,
    };
  }

  async ping(): Promise<void> {}

  async submit(order: OrderInstruction, signal: AbortSignal): Promise<SubmitOutcome> {
    requireAccount(order.accountId);
    const cannot = unsupported(order, this.capabilities);
    if (cannot) return refusal(this.name, cannot);
    const price = await this.lastPrice(order.isin, signal);
    const before = this.orders.get(order.clientOrderId);
    if (before) return sameOrder(before.instruction, order) ? before.outcome : DUPLICATE;
    const problem = price ? this.problemOf(order, price) : 'price-missing';
    if (!price || problem !== undefined) return this.reject(order, problem ?? 'price-missing');
    return this.accept(order, price);
  }

  async cancel(accountId: AccountId, clientOrderId: string): Promise<void> {
    requireAccount(accountId);
    const found = this.orders.get(clientOrderId);
    if (found?.order.state !== 'WORKING') return;
    const order = { ...found.order, state: 'CANCELLED', reserved: this.zero() } as const;
    this.orders.set(clientOrderId, { ...found, order });
  }

  async findOrder(accountId: AccountId, clientOrderId: string): Promise<BrokerOrder | undefined> {
    requireAccount(accountId);
    return this.orders.get(clientOrderId)?.order;
  }

  async statement(accountId: AccountId): Promise<BrokerStatement> {
    requireAccount(accountId);
    return {
      accountId,
      currency: this.dependencies.baseCurrency,
      cash: this.cash(),
      holdings: this.holdings(),
      openOrders: this.openOrders(),
      fills: [...this.fills],
      flows: [...this.flows],
      takenAt: this.dependencies.now(),
    };
  }

  private accept(instruction: OrderInstruction, price: Price): SubmitOutcome {
    const { clientOrderId, quantity } = instruction;
    const outcome = { kind: 'accepted', brokerOrderId: `example-${clientOrderId}` } as const;
    const fills = reaches(instruction, price) ? [this.fillOf(instruction, price)] : [];
    const filled = fills.length > 0;
    this.fills.push(...fills);
    const order: BrokerOrder = {
      ...this.orderOf(instruction),
      state: filled ? 'FILLED' : 'WORKING',
      filledQuantity: filled ? quantity : Decimal.zero,
      fills,
      reserved: filled ? this.zero() : costOf(instruction, price),
    };
    this.orders.set(clientOrderId, { instruction, outcome, order });
    return outcome;
  }

  private reject(instruction: OrderInstruction, reason: string): SubmitOutcome {
    const outcome = { kind: 'rejected', reason } as const;
    const order = { ...this.orderOf(instruction), state: 'REJECTED', reason } as const;
    this.orders.set(instruction.clientOrderId, { instruction, outcome, order });
    return outcome;
  }

  private problemOf(order: OrderInstruction, price: Price): string | undefined {
    if (price.currency !== this.dependencies.baseCurrency) return 'currency';
    if (order.side === 'BUY')
      return costOf(order, price).compare(this.freeCash()) > 0 ? 'insufficient-cash' : undefined;
    return order.quantity.compare(this.freeShares(order.isin)) > 0
      ? 'insufficient-shares'
      : undefined;
  }

  private orderOf({ clientOrderId, isin, symbol, side, quantity }: OrderInstruction): BrokerOrder {
    return {
      ...{ clientOrderId, isin, symbol, side, quantity },
      brokerOrderId: `example-${clientOrderId}`,
      filledQuantity: Decimal.zero,
      state: 'WORKING',
      fills: [],
      reserved: this.zero(),
    };
  }

  private fillOf(order: OrderInstruction, price: Price): BrokerFill {
    const { clientOrderId, isin, symbol, side, quantity } = order;
    const value = price.times(quantity, 'half-even');
    return {
      ...{ clientOrderId, isin, symbol, side, quantity, price },
      fillId: `${clientOrderId}-1`,
      commission: this.zero(),
      fees: this.zero(),
      exchangeRate: Decimal.one,
      settlement: side === 'BUY' ? value.negate() : value,
      executedAt: this.dependencies.now(),
    };
  }

  private zero(): Money {
    return Money.zero(this.dependencies.baseCurrency);
  }

  private cash(): Money {
    const moved = [
      ...this.flows.map(({ amount }) => amount),
      ...this.fills.map(({ settlement }) => settlement),
    ];
    return Money.sum(moved, this.dependencies.baseCurrency);
  }

  private openOrders(): BrokerOrder[] {
    return [...this.orders.values()]
      .map(({ order }) => order)
      .filter(({ state }) => state === 'WORKING');
  }

  private freeCash(): Money {
    const reserved = this.openOrders().map((order) => order.reserved);
    return this.cash().subtract(Money.sum(reserved, this.dependencies.baseCurrency));
  }

  private freeShares(isin: Isin): Decimal {
    const held = this.holdings().find((holding) => holding.isin === isin)?.quantity;
    return this.openOrders()
      .filter((order) => order.isin === isin && order.side === 'SELL')
      .reduce((free, order) => free.subtract(order.quantity), held ?? Decimal.zero);
  }

  private holdings(): BrokerHolding[] {
    const held = new Map<Isin, BrokerHolding>();
    for (const { isin, symbol, side, quantity } of this.fills) {
      const before = held.get(isin)?.quantity ?? Decimal.zero;
      const after = side === 'BUY' ? before.add(quantity) : before.subtract(quantity);
      held.set(isin, { isin, symbol, quantity: after.normalize() });
    }
    return [...held.values()].filter(({ quantity }) => quantity.sign > 0);
  }

  private async lastPrice(isin: Isin, signal: AbortSignal): Promise<Price | undefined> {
    const { marketData, now } = this.dependencies;
    const listed = (await marketData.listing(signal)).find((security) => security.isin === isin);
    if (!listed) return undefined;
    const today = marketData.today(now());
    const from = dayOf(instantOf(Date.parse(today) - PRICE_AGE_MAX_DAYS * DAY_MS));
    const close = (await marketData.bars(isin, from, signal)).at(-1)?.close;
    return close === undefined ? undefined : Price.fromEstimate(close, listed.currency);
  }
}

const DUPLICATE: SubmitOutcome = { kind: 'rejected', reason: 'client-order-id-used' };

/** @throws Failure NOT_FOUND: there is one account only */
function requireAccount(accountId: AccountId): void {
  if (accountId !== DEFAULT_ACCOUNT) throw notFound('account', accountId);
}

function sameOrder(one: OrderInstruction, other: OrderInstruction): boolean {
  return (
    one.isin === other.isin &&
    one.side === other.side &&
    one.type === other.type &&
    one.timeInForce === other.timeInForce &&
    one.quantity.equals(other.quantity) &&
    one.limitPrice?.toString() === other.limitPrice?.toString()
  );
}

function reaches({ side, limitPrice }: OrderInstruction, price: Price): boolean {
  if (!limitPrice) return true;
  return side === 'BUY' ? price.compare(limitPrice) <= 0 : price.compare(limitPrice) >= 0;
}

/** What a purchase may take at most; nothing for a sale. */
function costOf({ side, quantity, limitPrice }: OrderInstruction, price: Price): Money {
  if (side === 'SELL') return Money.zero(price.currency);
  return (limitPrice ?? price).times(quantity, 'half-even');
}
