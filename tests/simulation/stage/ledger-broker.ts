/**
 * A broker with a book of its own, kept in memory beside the system under test. Its log is the
 * reference of the checks. It does not suppress duplicates: an order that is sent twice is executed
 * twice, and shows in the log.
 */
import type {
  Broker,
  BrokerFill,
  BrokerFlow,
  BrokerOrder,
  BrokerStatement,
  OrderInstruction,
  SubmitOutcome,
} from '#shared/clients/broker/broker.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { DEFAULT_ACCOUNT, type AccountId } from '#shared/kernel/identifiers.ts';
import { instantOf, type Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import type { Price } from '#shared/kernel/price.ts';

export const EUR = parseCurrency('EUR');
const COMMISSION = Money.parse('1.00', 'EUR');
const NONE = Money.zero(EUR);

export interface Quote {
  /** In the security's currency. */
  readonly price: Price;
  /** Into EUR. */
  readonly rate: Decimal;
}

interface HeldOrder {
  readonly instruction: OrderInstruction;
  readonly brokerOrderId: string;
  readonly state: BrokerOrder['state'];
  readonly fills: readonly BrokerFill[];
}

/** Everything that a broker holds; never changed in place, so that a copy is a reference. */
export interface BrokerBook {
  readonly cash: Money;
  readonly opening: Money;
  readonly holdings: ReadonlyMap<Isin, Decimal>;
  readonly orders: readonly HeldOrder[];
  readonly fills: readonly BrokerFill[];
  readonly flows: readonly BrokerFlow[];
}

/** One submit as it arrived. */
export interface Received {
  readonly clientOrderId: string;
  readonly side: 'BUY' | 'SELL';
  readonly isAccepted: boolean;
  /** Value of the order at the broker's price when it arrived. */
  readonly value: Money;
  /** Cash and holdings at the broker's prices when it arrived. */
  readonly accountValue: Money;
}

export class LedgerBroker implements Broker {
  readonly name = 'ledger';
  readonly simulated = true;
  readonly capabilities: Broker['capabilities'] = {
    takesOrders: true,
    refusesDuplicates: false,
    provesAbsence: true,
    orderTypes: ['MARKET', 'LIMIT', 'STOP', 'STOP_LIMIT'],
    timesInForce: ['DAY', 'GTC', 'IOC', 'FOK'],
    quantityDecimals: 9,
    fractionTimesInForce: ['DAY', 'GTC', 'IOC', 'FOK'],
    extendedHours: 'none',
    clientOrderId: /^\d{10}$/,
  };
  readonly funding: NonNullable<Broker['funding']>;
  readonly received: Received[] = [];
  /** An order that was accepted is worked on, and shown, only so long after. */
  lagMs = 0;
  /** Fills a market order in two parts, the second at the next query. */
  fillsInParts = false;
  book: BrokerBook;
  private readonly quote: (isin: Isin) => Quote;
  private readonly nowMs: () => number;
  private lastMs = 0;
  private delayed: { readonly order: OrderInstruction; readonly dueMs: number }[] = [];

  constructor(openingCash: string, quote: (isin: Isin) => Quote, nowMs: () => number) {
    const opening = Money.parse(openingCash, 'EUR');
    this.quote = quote;
    this.nowMs = nowMs;
    this.book = {
      cash: opening,
      opening,
      holdings: new Map(),
      orders: [],
      fills: [],
      flows: [],
    };
    this.book = {
      ...this.book,
      flows: [{ flowId: 'opening', kind: 'deposit', amount: opening, happenedAt: this.moment() }],
    };
    this.funding = {
      deposit: (_account, id, amount) => Promise.resolve(this.deposit(id, amount)),
      adopt: () => Promise.resolve(),
      open: () => Promise.resolve(),
      book: () => Promise.resolve(),
    };
  }

  ping(): Promise<void> {
    return Promise.resolve();
  }

  submit(order: OrderInstruction): Promise<SubmitOutcome> {
    const outcome = this.lagMs > 0 ? this.delay(order) : this.take(order);
    this.received.push({
      clientOrderId: order.clientOrderId,
      side: order.side,
      isAccepted: outcome.kind === 'accepted',
      value: this.worth(order.isin, order.quantity),
      accountValue: Money.sum(
        [this.book.cash, ...[...this.book.holdings].map(([isin, held]) => this.worth(isin, held))],
        EUR,
      ),
    });
    if (outcome.kind === 'accepted') this.fill(order.clientOrderId, this.fillsInParts);
    return Promise.resolve(outcome);
  }

  private delay(order: OrderInstruction): SubmitOutcome {
    this.delayed.push({ order, dueMs: this.nowMs() + this.lagMs });
    return { kind: 'accepted', brokerOrderId: `late-${order.clientOrderId}` };
  }

  /** Its own time goes on as before, however ours was set. */
  followClock(byMs: number): void {
    this.delayed = this.delayed.map(({ order, dueMs }) => ({ order, dueMs: dueMs + byMs }));
  }

  private workOn(): void {
    const now = this.nowMs();
    for (const late of this.delayed.filter(({ dueMs }) => dueMs <= now)) {
      this.delayed.splice(this.delayed.indexOf(late), 1);
      this.take(late.order);
      this.fill(late.order.clientOrderId, false);
    }
  }

  cancel(_account: AccountId, clientOrderId: string): Promise<void> {
    this.replace(clientOrderId, (order) =>
      isLive(order) ? { ...order, state: 'CANCELLED' } : order,
    );
    return Promise.resolve();
  }

  findOrder(_account: AccountId, clientOrderId: string): Promise<BrokerOrder | undefined> {
    this.workOn();
    const found = this.book.orders.find((o) => o.instruction.clientOrderId === clientOrderId);
    const shown = found && shownOrder(found);
    this.fill(clientOrderId, false);
    return Promise.resolve(shown);
  }

  statement(): Promise<BrokerStatement> {
    this.workOn();
    const { cash, holdings, orders, fills, flows } = this.book;
    return Promise.resolve({
      accountId: DEFAULT_ACCOUNT,
      currency: EUR,
      cash,
      holdings: [...holdings]
        .filter(([, quantity]) => quantity.sign !== 0)
        .map(([isin, quantity]) => ({ isin, symbol: isin, quantity })),
      openOrders: orders.filter(isLive).map(shownOrder),
      fills,
      flows: flows.filter(({ flowId }) => !isUnlisted(flowId)),
      takenAt: this.moment(),
    });
  }

  /** Cash comes that the statement does not account for. */
  credit(amount: Money): void {
    this.deposit(`${UNLISTED}${this.book.flows.length}`, amount);
  }

  private take(order: OrderInstruction): SubmitOutcome {
    const { side, isin, quantity } = order;
    const held = this.book.holdings.get(isin) ?? Decimal.zero;
    const needed = this.worth(isin, quantity).add(COMMISSION);
    if (side === 'SELL' && quantity.compare(held) > 0)
      return { kind: 'rejected', reason: 'insufficient-shares' };
    if (side === 'BUY' && needed.compare(this.book.cash) > 0)
      return { kind: 'rejected', reason: 'insufficient-cash' };
    const brokerOrderId =
      this.lagMs > 0 ? `late-${order.clientOrderId}` : `b-${this.book.orders.length + 1}`;
    const taken: HeldOrder = { instruction: order, brokerOrderId, state: 'WORKING', fills: [] };
    this.book = { ...this.book, orders: [...this.book.orders, taken] };
    return { kind: 'accepted', brokerOrderId };
  }

  /** Executes what a live market order has left; a limit order away from the market stays. */
  private fill(clientOrderId: string, half: boolean): void {
    for (const order of this.book.orders.filter(
      (one) => one.instruction.clientOrderId === clientOrderId && isLive(one),
    )) {
      const { limitPrice, quantity, side, isin } = order.instruction;
      const price = this.quote(isin).price.toEstimate();
      const limit = limitPrice?.toEstimate();
      if (limit !== undefined && (side === 'BUY' ? price > limit : price < limit)) continue;
      const rest = quantity.subtract(filledOf(order));
      const part = half ? rest.divide(Decimal.of(2), 0, 'up') : rest;
      this.execute(order, part);
    }
  }

  private execute(order: HeldOrder, quantity: Decimal): void {
    const { instruction } = order;
    const { isin, side } = instruction;
    const { price, rate } = this.quote(isin);
    const value = this.worth(isin, quantity);
    const settlement = (side === 'BUY' ? value.negate() : value).subtract(COMMISSION);
    const fill: BrokerFill = {
      fillId: `f-${this.book.fills.length + 1}`,
      clientOrderId: instruction.clientOrderId,
      isin,
      symbol: instruction.symbol,
      side,
      quantity,
      price,
      commission: COMMISSION,
      fees: NONE,
      exchangeRate: rate,
      settlement,
      executedAt: this.moment(),
    };
    const held = this.book.holdings.get(isin) ?? Decimal.zero;
    const after = side === 'BUY' ? held.add(quantity) : held.subtract(quantity);
    const fills = [...order.fills, fill];
    const isWhole = filledOf({ fills }).equals(instruction.quantity);
    const filled: HeldOrder = { ...order, fills, state: isWhole ? 'FILLED' : 'PARTIAL' };
    this.book = {
      ...this.book,
      cash: this.book.cash.add(settlement),
      holdings: new Map(this.book.holdings).set(isin, after),
      orders: this.book.orders.map((one) => (one === order ? filled : one)),
      fills: [...this.book.fills, fill],
    };
  }

  private deposit(flowId: string, amount: Money): void {
    if (this.book.flows.some((flow) => flow.flowId === flowId)) return;
    const flow: BrokerFlow = { flowId, kind: 'deposit', amount, happenedAt: this.moment() };
    const { cash, flows } = this.book;
    this.book = { ...this.book, cash: cash.add(amount), flows: [...flows, flow] };
  }

  private replace(clientOrderId: string, change: (order: HeldOrder) => HeldOrder): void {
    const orders = this.book.orders.map((order) =>
      order.instruction.clientOrderId === clientOrderId ? change(order) : order,
    );
    this.book = { ...this.book, orders };
  }

  private worth(isin: Isin, quantity: Decimal): Money {
    const { price, rate } = this.quote(isin);
    return Money.rounded(price.amount.multiply(quantity).multiply(rate), EUR, 'half-even');
  }

  /** The broker's clock only goes forward. */
  private moment(): Instant {
    this.lastMs = Math.max(this.lastMs + 1, this.nowMs());
    return instantOf(this.lastMs);
  }
}

const UNLISTED = 'unlisted-';

/** Of a flow that the statement does not show. */
export function isUnlisted(flowId: string): boolean {
  return flowId.startsWith(UNLISTED);
}

function isLive({ state }: Pick<HeldOrder, 'state'>): boolean {
  return state === 'WORKING' || state === 'PARTIAL';
}

function filledOf({ fills }: Pick<HeldOrder, 'fills'>): Decimal {
  return fills.reduce((sum, fill) => sum.add(fill.quantity), Decimal.zero);
}

function shownOrder(order: HeldOrder): BrokerOrder {
  const { clientOrderId, isin, symbol, side, quantity } = order.instruction;
  const { brokerOrderId, state, fills } = order;
  const filledQuantity = filledOf(order);
  const shown = { clientOrderId, brokerOrderId, isin, symbol, side, quantity, filledQuantity };
  return { ...shown, state, fills, reserved: NONE };
}
