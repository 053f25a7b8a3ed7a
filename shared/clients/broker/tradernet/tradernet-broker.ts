/**
 * Broker adapter for Tradernet (Freedom24). Tradernet accepts a second order with the same user
 * order id, so that id gives no idempotency: an order is claimed in Redis before it is sent, and is
 * never sent again. A query by that id is not reliable either; an order of unknown outcome that is
 * not found must be decided by a person.
 */
import type {
  Broker,
  BrokerCapabilities,
  BrokerClock,
  BrokerFill,
  BrokerOrder,
  BrokerStatement,
  OrderInstruction,
  SubmitOutcome,
} from '../broker.ts';
import { refusal, unsupported } from '../capabilities.ts';
import { orderCurrencies } from '../order-currencies.ts';
import { isTheSame, type OrderLinks, type LinkedOrder } from '../order-links.ts';
import { quantityDecimals } from '../quantity-decimals.ts';
import { addDays, dayOf } from '#shared/kernel/calendar-day.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { Failure, refused, unavailable } from '#shared/kernel/failure.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import { DAY_MS, instantOf, later, type Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import { AccountReader, historyPeriod } from './account-reader.ts';
import { tradernetBroken, isTradernetRefusal, notAvailable } from './parse-answer.ts';
import { TradernetInstruments } from './instruments.ts';
import { clockOf } from './market-status.ts';
import { reservation } from './open-orders.ts';
import {
  cancelBody,
  ERROR_OF_SENDING,
  executionsOf,
  filledOf,
  tradernetFillOf,
  isOpenOrder,
  orderBody,
  sideOf,
  tradernetStateOf,
  type TradernetExecution,
} from './order-mapping.ts';
import { currentOrders, markets, pastOrders, placed, type TradernetOrderRow } from './shapes.ts';
import type { TradernetApi } from './tradernet-api.ts';

const CLOCK_SKEW_MAX_MS = 30_000;
/** How far back the history is searched for an order for which no id was stored. */
const SEARCH_DAYS = 370;
/** Its calls are 1.5 s apart, and a statement takes seven of them. */
const QUERY_TIMEOUT_MS = 30_000;

export interface TradernetParts {
  readonly api: TradernetApi;
  readonly links: OrderLinks;
  readonly currency: Currency;
  /** True only for a simulated broker on this machine. */
  readonly simulated: boolean;
  /** A recent price, for the cash that a market order reserves. */
  lastPrice(isin: Isin, signal: AbortSignal): Promise<Decimal | undefined>;
  now(): Instant;
}

export class TradernetBroker implements Broker {
  readonly name = 'tradernet';
  readonly simulated: boolean;
  readonly capabilities: BrokerCapabilities;
  private readonly parts: TradernetParts;
  private readonly instruments: TradernetInstruments;
  private readonly reader: AccountReader;

  constructor(parts: TradernetParts) {
    const { api, links, currency } = parts;
    this.parts = parts;
    this.simulated = parts.simulated;
    this.instruments = new TradernetInstruments(api, currency);
    this.reader = new AccountReader({
      ...{ api, links, currency, instruments: this.instruments },
      now: () => parts.now(),
      lastPrice: (isin, signal) => parts.lastPrice(isin, signal),
    });
    this.capabilities = {
      takesOrders: true,
      refusesDuplicates: false,
      provesAbsence: false,
      orderTypes: ['MARKET', 'LIMIT', 'STOP', 'STOP_LIMIT'],
      timesInForce: ['DAY', 'GTC'],
      quantityDecimals: quantityDecimals.tradernet,
      fractionTimesInForce: [],
      currencies: orderCurrencies('tradernet', currency),
      extendedHours: 'none',
      clientOrderId: /^[1-9]\d{0,14}$/,
      queryTimeoutMs: QUERY_TIMEOUT_MS,
    };
  }

  async ping(signal: AbortSignal): Promise<void> {
    const skewMs = Math.abs(await this.parts.api.clockAheadMs(signal));
    if (skewMs > CLOCK_SKEW_MAX_MS)
      throw refused('clock-skew', 'The clock of this machine and that of Tradernet differ.', {
        skewMs,
      });
  }

  async clock(signal: AbortSignal): Promise<BrokerClock> {
    const { api, currency } = this.parts;
    const seen = await api.read('getMarketStatus', { market: '*' }, markets, signal);
    return clockOf(seen, currency);
  }

  async submit(order: OrderInstruction, signal: AbortSignal): Promise<SubmitOutcome> {
    const cannot = unsupported(order, this.capabilities);
    if (cannot) return refusal(this.name, cannot);
    const { links } = this.parts;
    const earlier = await links.find(order.accountId, order.clientOrderId);
    if (earlier) return this.again(order, earlier, signal);
    const symbol = await this.prepared(order, signal);
    if (typeof symbol !== 'string') return symbol;
    if (!(await links.claim(order, this.parts.now()))) return this.sentElsewhere(order, signal);
    return this.send(order, symbol, signal);
  }

  async cancel(accountId: AccountId, clientOrderId: string, signal: AbortSignal): Promise<void> {
    const row = await this.row(accountId, clientOrderId, signal);
    if (!row || !isOpenOrder(row)) return;
    const { api } = this.parts;
    await api.prepare(signal);
    const answer = await api.act('delTradeOrder', cancelBody(row.id), placed, signal);
    if (isTradernetRefusal(answer) && (await this.isStillOpen(accountId, clientOrderId, signal)))
      throw notAvailable(`Tradernet refuses to cancel: ${answer.refused}`);
  }

  async findOrder(
    accountId: AccountId,
    clientOrderId: string,
    signal: AbortSignal,
  ): Promise<BrokerOrder | undefined> {
    const row = await this.row(accountId, clientOrderId, signal);
    if (!row) return undefined;
    const fills = await this.fillsOf(row, clientOrderId, signal);
    return this.orderOf(row, clientOrderId, fills, signal);
  }

  statement(accountId: AccountId, signal: AbortSignal): Promise<BrokerStatement> {
    return this.reader.statement(accountId, signal);
  }

  /** All that may fail is done before the order is claimed: then it is certain that nothing was sent. */
  private async prepared(
    order: OrderInstruction,
    signal: AbortSignal,
  ): Promise<string | SubmitOutcome> {
    try {
      const symbol = await this.instruments.forOrder(order, signal);
      if (typeof symbol !== 'string') return refusal(this.name, symbol);
      await this.parts.api.prepare(signal);
      return symbol;
    } catch (thrown) {
      return { kind: 'rejected', reason: `not-sent: ${Failure.from(thrown).message}` };
    }
  }

  private async send(
    order: OrderInstruction,
    symbol: string,
    signal: AbortSignal,
  ): Promise<SubmitOutcome> {
    const { api, links } = this.parts;
    const answer = await api.act('putTradeOrder', orderBody(order, symbol), placed, signal);
    if (isTradernetRefusal(answer)) return { kind: 'rejected', reason: answer.refused };
    await links.link(order.accountId, order.clientOrderId, answer.order_id);
    return { kind: 'accepted', brokerOrderId: answer.order_id };
  }

  /** An order whose id was used already: the earlier order is looked up, and nothing is sent. */
  private async again(
    order: OrderInstruction,
    earlier: LinkedOrder,
    signal: AbortSignal,
  ): Promise<SubmitOutcome> {
    if (!isTheSame(earlier, order)) return { kind: 'rejected', reason: 'client-order-id-reused' };
    if (earlier.brokerOrderId !== undefined)
      return { kind: 'accepted', brokerOrderId: earlier.brokerOrderId };
    const row = await this.row(order.accountId, order.clientOrderId, signal);
    if (row) return { kind: 'accepted', brokerOrderId: row.id };
    throw unavailable('The outcome of the order sent to Tradernet before');
  }

  private async sentElsewhere(
    order: OrderInstruction,
    signal: AbortSignal,
  ): Promise<SubmitOutcome> {
    const sent = await this.parts.links.find(order.accountId, order.clientOrderId);
    if (!sent) throw unavailable('What was stored of the order');
    return this.again(order, sent, signal);
  }

  /** @throws Failure UNAVAILABLE for an order that was accepted and is in neither list yet */
  private async row(
    accountId: AccountId,
    clientOrderId: string,
    signal: AbortSignal,
  ): Promise<TradernetOrderRow | undefined> {
    const { api, links, now } = this.parts;
    const sent = await links.find(accountId, clientOrderId);
    const isIt = (row: TradernetOrderRow) =>
      row.clientOrderId === clientOrderId ||
      (sent?.brokerOrderId !== undefined && row.id === sent.brokerOrderId);
    const current = await api.read('getNotifyOrderJson', { active_only: 0 }, currentOrders, signal);
    const shown = current.find(isIt);
    if (shown) await links.link(accountId, clientOrderId, shown.id);
    if (shown && shown.stat !== ERROR_OF_SENDING) return shown;
    const since = sent?.sentAt ?? later(now(), -SEARCH_DAYS * DAY_MS);
    const period = historyPeriod(instantOf(since), now());
    const past = (await api.read('getOrdersHistory', period, pastOrders, signal)).find(isIt);
    if (past) await links.link(accountId, clientOrderId, past.id);
    if (past) return past;
    if (shown) throw unavailable('The end of an order that Tradernet failed to send on');
    if (sent?.brokerOrderId !== undefined)
      throw unavailable(`Tradernet's list with the order ${sent.brokerOrderId}`);
    return undefined;
  }

  private async isStillOpen(
    accountId: AccountId,
    clientOrderId: string,
    signal: AbortSignal,
  ): Promise<boolean> {
    const row = await this.row(accountId, clientOrderId, signal);
    return row !== undefined && isOpenOrder(row);
  }

  /** Those that the row carries and those in the list of trades, each once. */
  private async fillsOf(
    row: TradernetOrderRow,
    clientOrderId: string,
    signal: AbortSignal,
  ): Promise<BrokerFill[]> {
    const { currency } = this.parts;
    const executions = new Map<string, TradernetExecution>();
    for (const one of executionsOf(row, currency)) executions.set(one.tradeId, one);
    const from = addDays(dayOf(row.date), -1);
    const listed = await this.reader.executions(new Set([row.id]), from, signal);
    for (const one of listed) executions.set(one.tradeId, one);
    const isin = await this.instruments.isinOf(row.instr, signal);
    const ordered = [...executions.values()].sort((a, b) => a.executedAt - b.executedAt);
    return ordered.map((one) =>
      tradernetFillOf(one, { clientOrderId, isin }, currency, Decimal.one),
    );
  }

  private async orderOf(
    row: TradernetOrderRow,
    clientOrderId: string,
    fills: readonly BrokerFill[],
    signal: AbortSignal,
  ): Promise<BrokerOrder> {
    const filledQuantity = filledOf(row, fills);
    const state = tradernetStateOf(row, filledQuantity);
    if (!state) throw tradernetBroken(`an order in the state ${row.stat}`);
    const isin = await this.instruments.isinOf(row.instr, signal);
    const note = row.text?.trim();
    return {
      clientOrderId,
      brokerOrderId: row.id,
      isin,
      symbol: row.instr,
      side: sideOf(row),
      quantity: row.q.normalize(),
      filledQuantity,
      state,
      ...(note && { reason: note.slice(0, 200) }),
      fills,
      reserved: await this.reserved(row, isin, filledQuantity, signal),
    };
  }

  private async reserved(row: TradernetOrderRow, isin: Isin, filled: Decimal, signal: AbortSignal) {
    const { currency, lastPrice } = this.parts;
    if (!isOpenOrder(row)) return Money.zero(currency);
    const stated = reservation(row, filled, currency, undefined);
    const money = stated ?? reservation(row, filled, currency, await lastPrice(isin, signal));
    if (!money) throw unavailable('A price of what an open order at Tradernet buys');
    return money;
  }
}
