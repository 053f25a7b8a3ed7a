/**
 * Broker adapter for Alpaca. Alpaca rejects a second order with the same client order id, so that
 * id makes submission idempotent. A response that does not say what Alpaca did is thrown, and the
 * outcome is resolved by a query.
 */
import type {
  Broker,
  BrokerCapabilities,
  BrokerClock,
  BrokerFill,
  BrokerFlow,
  BrokerCorporateAction,
  BrokerHolding,
  BrokerOrder,
  BrokerStatement,
  OrderInstruction,
  SubmitOutcome,
} from '../broker.ts';
import { refusal, unsupported } from '../capabilities.ts';
import { quantityDecimals } from '../quantity-decimals.ts';
import type { BrokerSymbols } from '../symbols.ts';
import { parseCurrency, type Currency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { Failure, refused, unavailable } from '#shared/kernel/failure.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price } from '#shared/kernel/price.ts';
import { ActivityHistory } from './activity-history.ts';
import { isRefusal, type Activity, type AlpacaApi, type AlpacaRefusal } from './alpaca-api.ts';
import { effective, movementOf } from './flow-mapping.ts';
import { alpacaFillOf, isSame, alpacaRequestOf, alpacaStateOf } from './order-mapping.ts';
import type { EventRow, FillRow, AlpacaOrderRow } from './shapes.ts';

const USD = parseCurrency('USD');
const STATEMENT_TRIES = 3;
const CHAIN_MAX = 20;
const CLOCK_SKEW_MAX_MS = 30_000;
/** What a market order may cost above its last known price. */
const COLLAR = Decimal.of('1.05');

const alpacaCapabilities: BrokerCapabilities = {
  takesOrders: true,
  refusesDuplicates: true,
  provesAbsence: true,
  orderTypes: ['MARKET', 'LIMIT', 'STOP', 'STOP_LIMIT'],
  timesInForce: ['DAY', 'GTC', 'IOC', 'FOK'],
  quantityDecimals: quantityDecimals.alpaca,
  fractionTimesInForce: ['DAY'],
  currencies: [USD],
  priceDecimals: { above: 2, below: 4 },
  extendedHours: 'limit-orders',
  clientOrderId: /^[\x21-\x7e]{1,48}$/,
};

export interface AlpacaParts {
  readonly api: AlpacaApi;
  readonly symbols: BrokerSymbols;
  readonly simulated: boolean;
  /** A recent price of a symbol, for the cash that a market order reserves. */
  lastPrice(order: AlpacaOrderRow, signal: AbortSignal): Promise<Decimal | undefined>;
  now(): Instant;
}

export class AlpacaBroker implements Broker {
  readonly name = 'alpaca';
  readonly simulated: boolean;
  readonly capabilities = alpacaCapabilities;
  private readonly parts: AlpacaParts;
  /** Client order ids by Alpaca's; an order never changes its own. */
  private readonly owners = new Map<string, string>();

  private readonly history: ActivityHistory;

  constructor(parts: AlpacaParts) {
    this.parts = parts;
    this.history = new ActivityHistory(parts.api);
    this.simulated = parts.simulated;
  }

  async ping(signal: AbortSignal): Promise<void> {
    const { brokerTime } = await this.clock(signal);
    const skewMs = Math.abs(brokerTime - this.parts.now());
    if (skewMs > CLOCK_SKEW_MAX_MS)
      throw refused('clock-skew', 'The clock of this machine and that of Alpaca differ.', {
        skewMs,
      });
  }

  async clock(signal: AbortSignal): Promise<BrokerClock> {
    const row = await this.parts.api.clock(signal);
    return {
      brokerTime: row.timestamp,
      open: row.is_open,
      nextOpen: row.next_open,
      nextClose: row.next_close,
    };
  }

  async submit(order: OrderInstruction, signal: AbortSignal): Promise<SubmitOutcome> {
    const cannot = unsupported(order, alpacaCapabilities);
    if (cannot) return refusal(this.name, cannot);
    const { api } = this.parts;
    if (order.quantity.precision > 0) {
      const asset = await api.asset(order.symbol, signal);
      if (asset?.fractionable === false)
        return refusal(this.name, {
          rule: 'fractions',
          detail: `${order.symbol} trades in whole shares only.`,
        });
    }
    signal.throwIfAborted();
    const answer = await api.postOrder(alpacaRequestOf(order), signal);
    if (isRefusal(answer)) return this.afterRefusal(order, answer, signal);
    if (!isSame(answer, order))
      throw new Failure('UPSTREAM_BROKEN', 'Alpaca answered with another order.', {
        what: 'Alpaca',
      });
    return { kind: 'accepted', brokerOrderId: answer.id };
  }

  async cancel(_: AccountId, clientOrderId: string, signal: AbortSignal): Promise<void> {
    const { api } = this.parts;
    const first = await api.orderByClientId(clientOrderId, signal);
    const last = first && (await this.chain(first, signal)).at(-1);
    if (!last) return;
    const answer = await api.deleteOrder(last.id, signal);
    if (answer && answer.status !== 422 && answer.status !== 404)
      throw unavailable('Alpaca', new Error(answer.message));
  }

  async findOrder(
    _: AccountId,
    clientOrderId: string,
    signal: AbortSignal,
  ): Promise<BrokerOrder | undefined> {
    const { api, symbols } = this.parts;
    const first = await api.orderByClientId(clientOrderId, signal);
    if (!first) return undefined;
    await symbols.load(signal);
    const chain = await this.chain(first, signal);
    const since = new Date(first.created_at - 1_000);
    const rows = first.filled_qty.sign > 0 || chain.length > 1 || isLive(first);
    const activities = rows ? await api.activities(since, signal, ['FILL']) : [];
    const ids = new Set(chain.map((row) => row.id));
    const fills = activities
      .filter(isFill)
      .filter((row) => ids.has(row.order_id))
      .map((row) => this.fill(row, clientOrderId));
    return this.orderOf(chain, fills, signal);
  }

  async statement(accountId: AccountId, signal: AbortSignal): Promise<BrokerStatement> {
    await this.parts.symbols.load(signal);
    for (let attempt = 1; ; attempt += 1) {
      const seen = await this.poll(accountId, signal);
      if (seen) return seen;
      if (attempt >= STATEMENT_TRIES)
        throw unavailable('A moment without movements at Alpaca', undefined);
    }
  }

  /** @returns undefined where the account moved between the first call and the last */
  private async poll(
    accountId: AccountId,
    signal: AbortSignal,
  ): Promise<BrokerStatement | undefined> {
    const { api, now } = this.parts;
    const before = await api.account(signal);
    const positions = await api.positions(signal);
    const open = await api.openOrders(signal);
    const activities = await this.history.read(signal);
    const after = await api.account(signal);
    if (!before.cash.equals(after.cash)) return undefined;
    const currency = parseCurrency(after.currency);
    const fills = await this.fillsOf(activities.filter(isFill), signal);
    return {
      accountId,
      currency,
      cash: Money.rounded(after.cash, currency, 'half-even'),
      pendingDeposits: pending(after.pending_transfer_in, currency),
      pendingWithdrawals: pending(after.pending_transfer_out, currency),
      holdings: positions.map((row) => this.holding(row)),
      openOrders: await this.openOrdersOf(open, fills, signal),
      fills,
      ...this.movementsOf(
        activities.filter((row): row is EventRow => !isFill(row)),
        currency,
      ),
      takenAt: now(),
    };
  }

  private holding(row: { symbol: string; qty: Decimal; side: string }): BrokerHolding {
    if (row.side === 'short' || row.qty.sign < 0)
      throw refused('short-position', `Alpaca shows a short position in ${row.symbol}.`, {
        symbol: row.symbol,
      });
    const isin = this.parts.symbols.isinOf(row.symbol, 'Alpaca');
    return { isin, symbol: row.symbol, quantity: row.qty.normalize() };
  }

  private movementsOf(
    rows: readonly EventRow[],
    currency: Currency,
  ): { flows: BrokerFlow[]; corporateActions: BrokerCorporateAction[] } {
    const isinOf = (symbol: string) => this.parts.symbols.isinOf(symbol, 'Alpaca');
    const flows: BrokerFlow[] = [];
    const corporateActions: BrokerCorporateAction[] = [];
    for (const row of effective(rows)) {
      const movement = movementOf(row, isinOf, currency);
      if (movement?.flow) flows.push(movement.flow);
      if (movement && 'action' in movement) corporateActions.push(movement.action);
    }
    return { flows, corporateActions };
  }

  private async fillsOf(rows: readonly FillRow[], signal: AbortSignal): Promise<BrokerFill[]> {
    const fills: BrokerFill[] = [];
    for (const row of [...rows].sort((a, b) => a.transaction_time - b.transaction_time))
      fills.push(this.fill(row, await this.ownerOf(row.order_id, signal)));
    return fills;
  }

  private fill(row: FillRow, clientOrderId: string): BrokerFill {
    const isin = this.parts.symbols.isinOf(row.symbol, 'Alpaca');
    return alpacaFillOf(row, clientOrderId, isin, USD);
  }

  /**
   * The client order id that an execution belongs to: that of the first order in its chain of
   * replacements.
   */
  private async ownerOf(orderId: string, signal: AbortSignal): Promise<string> {
    const known = this.owners.get(orderId);
    if (known !== undefined) return known;
    const order = await this.parts.api.orderById(orderId, signal);
    if (!order) throw unavailable('The order behind an execution at Alpaca');
    const owner = order.replaces
      ? await this.ownerOf(order.replaces, signal)
      : order.client_order_id;
    this.owners.set(orderId, owner);
    return owner;
  }

  /** An order and what replaced it, in this order. */
  private async chain(first: AlpacaOrderRow, signal: AbortSignal): Promise<AlpacaOrderRow[]> {
    const rows = [first];
    for (let next = first.replaced_by; next && rows.length < CHAIN_MAX;) {
      const row = await this.parts.api.orderById(next, signal);
      if (!row) throw unavailable('The order that replaced another at Alpaca');
      rows.push(row);
      next = row.replaced_by;
    }
    return rows;
  }

  private async openOrdersOf(
    rows: readonly AlpacaOrderRow[],
    fills: readonly BrokerFill[],
    signal: AbortSignal,
  ): Promise<BrokerOrder[]> {
    const orders: BrokerOrder[] = [];
    for (const row of rows) {
      const owner = await this.ownerOf(row.id, signal);
      const mine = fills.filter((fill) => fill.clientOrderId === owner);
      orders.push({ ...(await this.orderOf([row], mine, signal)), clientOrderId: owner });
    }
    return orders;
  }

  private async orderOf(
    chain: readonly AlpacaOrderRow[],
    fills: readonly BrokerFill[],
    signal: AbortSignal,
  ): Promise<BrokerOrder> {
    const [first, last] = [chain[0], chain.at(-1)];
    if (!first || !last) throw unavailable('Alpaca');
    const earlier = chain.slice(0, -1).reduce((sum, row) => sum.add(row.filled_qty), Decimal.zero);
    const filledQuantity = earlier.add(last.filled_qty).normalize();
    const state = alpacaStateOf(last);
    return {
      clientOrderId: first.client_order_id,
      brokerOrderId: last.id,
      isin: this.parts.symbols.isinOf(last.symbol, 'Alpaca'),
      symbol: last.symbol,
      side: last.side === 'buy' ? 'BUY' : 'SELL',
      quantity: earlier.add(last.qty ?? last.filled_qty).normalize(),
      filledQuantity,
      state: state === 'WORKING' && filledQuantity.sign > 0 ? 'PARTIAL' : state,
      ...(last.status === 'rejected' && { reason: 'rejected by Alpaca or the exchange' }),
      fills,
      reserved: await this.reserved(last, signal),
    };
  }

  private async reserved(row: AlpacaOrderRow, signal: AbortSignal): Promise<Money> {
    if (row.side === 'sell' || !isLive(row)) return Money.zero(USD);
    const rest = (row.qty ?? row.filled_qty).subtract(row.filled_qty);
    const stated = row.limit_price ?? row.stop_price?.multiply(COLLAR);
    const price = stated ?? (await this.parts.lastPrice(row, signal))?.multiply(COLLAR);
    if (!price) return Money.rounded((await this.parts.api.account(signal)).cash, USD, 'up');
    return new Price(price, USD).times(rest, 'up');
  }

  /**
   * A rejection of an order that may have been sent before says nothing about the earlier
   * submission; a query by client order id does.
   */
  private async afterRefusal(
    order: OrderInstruction,
    { status, code, message }: AlpacaRefusal,
    signal: AbortSignal,
  ): Promise<SubmitOutcome> {
    if (status === 404) throw unavailable('Alpaca');
    const earlier = await this.parts.api.orderByClientId(order.clientOrderId, signal);
    if (!earlier && /unique/i.test(message)) throw unavailable('The earlier order at Alpaca');
    if (!earlier) return { kind: 'rejected', reason: `${code || status}: ${message}` };
    return isSame(earlier, order)
      ? { kind: 'accepted', brokerOrderId: earlier.id }
      : { kind: 'rejected', reason: 'client-order-id-reused' };
  }
}

function isFill(row: Activity): row is FillRow {
  return row.activity_type === 'FILL';
}

function isLive(row: AlpacaOrderRow): boolean {
  return ['WORKING', 'PARTIAL'].includes(alpacaStateOf(row));
}

/** Of either sign on the wire. */
function pending(amount: Decimal | null | undefined, currency: Currency): Money {
  return Money.rounded((amount ?? Decimal.zero).absolute(), currency, 'half-even');
}
