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
  OpenOrder,
  OrderInstruction,
  OrderRules,
  SubmitOutcome,
} from '../broker.ts';
import { refusal, unsupported } from '../capabilities.ts';
import { orderCurrencies } from '../order-currencies.ts';
import { quantityDecimals } from '../quantity-decimals.ts';
import type { BrokerSymbols } from '../symbols.ts';
import { parseCurrency, type Currency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { Failure, refused, unavailable } from '#shared/kernel/failure.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import { ActivityHistory } from './activity-history.ts';
import { isRefusal, type Activity, type AlpacaApi, type AlpacaRefusal } from './alpaca-api.ts';
import { effective, movementOf, withSplitsJoined } from './flow-mapping.ts';
import { marketReservation, openOrderOf, statedReservation } from './open-orders.ts';
import { alpacaFillOf, isSame, alpacaRequestOf, alpacaStateOf } from './order-mapping.ts';
import type { EventRow, FillRow, AlpacaOrderRow, OpenOrderRow } from './shapes.ts';

const USD = parseCurrency('USD');
const STATEMENT_TRIES = 3;
const CHAIN_MAX = 20;
const CLOCK_SKEW_MAX_MS = 30_000;

const alpacaCapabilities: BrokerCapabilities = {
  takesOrders: true,
  refusesDuplicates: true,
  provesAbsence: true,
  orderTypes: ['MARKET', 'LIMIT', 'STOP', 'STOP_LIMIT'],
  timesInForce: ['DAY', 'GTC', 'IOC', 'FOK'],
  quantityDecimals: quantityDecimals.alpaca,
  fractionTimesInForce: ['DAY'],
  currencies: orderCurrencies('alpaca', USD),
  priceDecimals: { above: 2, below: 4 },
  extendedHours: 'limit-orders',
  clientOrderId: /^[\x21-\x7e]{1,48}$/,
};

export interface AlpacaParts {
  readonly api: AlpacaApi;
  readonly symbols: BrokerSymbols;
  readonly simulated: boolean;
  /** A recent price, for the cash that a market order reserves. */
  lastPrice(isin: Isin, signal: AbortSignal): Promise<Decimal | undefined>;
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

  /** Of what Alpaca does not list, it takes no orders. */
  async orderRules(symbol: string, signal: AbortSignal): Promise<OrderRules> {
    const asset = await this.parts.api.asset(symbol, signal);
    const takesOrders = asset?.tradable === true && asset.status === 'active';
    return { takesOrders, takesFractions: asset?.fractionable === true };
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
    const since = first.created_at ? new Date(first.created_at - 1_000) : undefined;
    const rows = first.filled_qty.sign > 0 || chain.length > 1 || isLive(first);
    const activities = rows ? await api.activities(since, signal, ['FILL']) : [];
    const ids = new Set(chain.map((row) => row.id));
    const fills = activities
      .filter(isFill)
      .filter((row) => ids.has(row.order_id))
      .map((row) => this.fill(row, clientOrderId));
    return this.orderOf(clientOrderId, chain, fills, signal);
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
    for (const row of withSplitsJoined(effective(rows))) {
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
    const owner = await this.ownerIn(order, signal);
    this.owners.set(orderId, owner);
    return owner;
  }

  private async ownerIn(
    row: Pick<OpenOrderRow, 'id' | 'replaces' | 'client_order_id'>,
    signal: AbortSignal,
  ): Promise<string> {
    if (row.replaces) return this.ownerOf(row.replaces, signal);
    return row.client_order_id ?? `alpaca-${row.id}`;
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
    rows: readonly OpenOrderRow[],
    fills: readonly BrokerFill[],
    signal: AbortSignal,
  ): Promise<OpenOrder[]> {
    const orders: OpenOrder[] = [];
    for (const row of rows) {
      const owner = await this.ownerIn(row, signal);
      const isin = row.symbol ? this.parts.symbols.find(row.symbol) : undefined;
      const mine = fills.filter((fill) => fill.clientOrderId === owner);
      const order = openOrderOf(row, owner, mine);
      orders.push({ ...order, isin, reserved: await this.reserved(row, isin, signal) });
    }
    return orders;
  }

  private async orderOf(
    clientOrderId: string,
    chain: readonly AlpacaOrderRow[],
    fills: readonly BrokerFill[],
    signal: AbortSignal,
  ): Promise<BrokerOrder> {
    const last = chain.at(-1);
    if (!last) throw unavailable('Alpaca');
    const earlier = chain.slice(0, -1).reduce((sum, row) => sum.add(row.filled_qty), Decimal.zero);
    const filledQuantity = earlier.add(last.filled_qty).normalize();
    const state = alpacaStateOf(last);
    const isin = this.parts.symbols.isinOf(last.symbol, 'Alpaca');
    return {
      clientOrderId,
      brokerOrderId: last.id,
      isin,
      symbol: last.symbol,
      side: last.side === 'buy' ? 'BUY' : 'SELL',
      quantity: earlier.add(last.qty ?? last.filled_qty).normalize(),
      filledQuantity,
      state: state === 'WORKING' && filledQuantity.sign > 0 ? 'PARTIAL' : state,
      ...(last.status === 'rejected' && { reason: 'rejected by Alpaca or the exchange' }),
      fills,
      reserved: isLive(last) ? await this.reserved(last, isin, signal) : Money.zero(USD),
    };
  }

  private async reserved(
    row: OpenOrderRow,
    isin: Isin | undefined,
    signal: AbortSignal,
  ): Promise<Money> {
    const stated = statedReservation(row, USD);
    if (stated) return stated;
    const last = isin && row.qty && (await this.parts.lastPrice(isin, signal));
    if (last) return marketReservation(row, last, USD);
    return Money.rounded((await this.parts.api.account(signal)).cash, USD, 'up');
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
