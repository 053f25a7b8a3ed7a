/** Reads the holdings and movements of an account at Tradernet as one consistent statement. */
import type { OrderLinks } from '../order-links.ts';
import { otherBalances } from '../other-balances.ts';
import type {
  BrokerCorporateAction,
  BrokerFill,
  BrokerFlow,
  BrokerHolding,
  BrokerStatement,
  OpenOrder,
} from '../broker.ts';
import { addDays, dayOf, parseDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { parseCurrency, type Currency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { refused, unavailable } from '#shared/kernel/failure.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import { DAY_MS, type Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import type { CurrencyPair } from './currency-pairs.ts';
import { exchangedBy, reservation, tradernetOpenOrder } from './open-orders.ts';
import { tradernetBroken } from './parse-answer.ts';
import type { TradernetInstruments } from './instruments.ts';
import {
  cashFlow,
  commissionFlow,
  tradernetCorporateAction,
  dividendFlows,
  exchangeFlows,
  isPayment,
  merged,
  withoutExchanged,
} from './movement-mapping.ts';
import {
  tradernetExecutionOf,
  tradernetFillOf,
  isOpenOrder,
  executionValueOf,
  type TradernetExecution,
} from './order-mapping.ts';
import {
  accountShape,
  actionsReport,
  cashFlows,
  currentOrders,
  pastOrders,
  trades,
  tradesReport,
  type AccountRow,
  type CashRow,
  type CommissionRow,
  type TradernetOrderRow,
} from './shapes.ts';
import type { TradernetApi } from './tradernet-api.ts';

const STATEMENT_TRIES = 3;
const PAGE_CASH_FLOWS = 500;
const PAGES_MAX = 200;
/** Before the oldest account. */
const HISTORY_BEGINS = parseDay('2010-01-01');
const RATE_DECIMALS = 8;

export interface ReaderParts {
  readonly api: TradernetApi;
  readonly instruments: TradernetInstruments;
  readonly links: OrderLinks;
  /** The account's currency: that of the installation. */
  readonly currency: Currency;
  now(): Instant;
  /** A recent price, for the cash that a market order reserves. */
  lastPrice(isin: Isin, signal: AbortSignal): Promise<Decimal | undefined>;
}

interface Movements {
  readonly fills: readonly BrokerFill[];
  /** Of any currency. */
  readonly flows: readonly BrokerFlow[];
  readonly corporateActions: readonly BrokerCorporateAction[];
}

export class AccountReader {
  private readonly parts: ReaderParts;
  /** Client order ids by Tradernet's, of orders from elsewhere too. */
  private readonly owners = new Map<string, string>();

  constructor(parts: ReaderParts) {
    this.parts = parts;
  }

  async statement(accountId: AccountId, signal: AbortSignal): Promise<BrokerStatement> {
    for (let attempt = 1; ; attempt += 1) {
      const before = await this.account(signal);
      const seen = await this.query(accountId, before, signal);
      if (sameCash(before, await this.account(signal))) return seen;
      if (attempt >= STATEMENT_TRIES)
        throw unavailable('A moment without movements at Tradernet', undefined);
    }
  }

  /** All executions of some orders. */
  async executions(
    orderIds: ReadonlySet<string>,
    from: CalendarDay,
    signal: AbortSignal,
  ): Promise<TradernetExecution[]> {
    const all = await this.executionsFrom(from, signal);
    return all.filter(({ orderId }) => orderIds.has(orderId));
  }

  private account(signal: AbortSignal): Promise<AccountRow> {
    return this.parts.api.read('getPositionJson', {}, accountShape, signal);
  }

  private async query(
    accountId: AccountId,
    seen: AccountRow,
    signal: AbortSignal,
  ): Promise<BrokerStatement> {
    const { currency, now } = this.parts;
    const holdings = await this.holdings(seen, signal);
    const rows = await this.parts.api.read(
      'getNotifyOrderJson',
      { active_only: 0 },
      currentOrders,
      signal,
    );
    const { fills, flows, corporateActions } = await this.movements(accountId, seen, rows, signal);
    const openOrders: OpenOrder[] = [];
    for (const row of rows.filter(isOpenOrder))
      openOrders.push(await this.openOrder(row, fills, seen, signal));
    return {
      accountId,
      currency,
      cash: balanceOf(seen, currency),
      holdings,
      openOrders,
      fills,
      flows: flows.filter(({ amount }) => amount.currency === currency),
      otherBalances: otherBalances(currency, balancesOf(seen), flows),
      corporateActions,
      takenAt: now(),
    };
  }

  /** One whose instrument has no ISIN is read without; its cash is reserved all the same. */
  private async openOrder(
    row: TradernetOrderRow,
    fills: readonly BrokerFill[],
    seen: AccountRow,
    signal: AbortSignal,
  ): Promise<OpenOrder> {
    const { instruments, currency } = this.parts;
    const owner = this.owners.get(row.id) ?? byHand(row.id);
    const order = tradernetOpenOrder(
      row,
      owner,
      fills.filter((fill) => fill.clientOrderId === owner),
    );
    const pair = exchangedBy(row);
    const isin = pair ? undefined : await instruments.find(row.instr, signal);
    const taken = (last?: Decimal) => reservation(row, order.filledQuantity, currency, last);
    const reserved =
      taken() ?? taken(await this.lastPrice(seen, pair, isin, signal)) ?? balanceOf(seen, currency);
    return { ...order, isin, reserved };
  }

  private async lastPrice(
    { acc }: AccountRow,
    pair: CurrencyPair | undefined,
    isin: Isin | undefined,
    signal: AbortSignal,
  ): Promise<Decimal | undefined> {
    if (pair) return statedRate(acc, pair.first, pair.second);
    return isin && this.parts.lastPrice(isin, signal);
  }

  private async holdings(seen: AccountRow, signal: AbortSignal): Promise<BrokerHolding[]> {
    const holdings: BrokerHolding[] = [];
    for (const { i: symbol, issue_nb: isin, q: quantity } of seen.pos) {
      if (quantity.sign === 0) continue;
      if (quantity.sign < 0)
        throw refused('short-position', `Tradernet shows a short position in ${symbol}.`, {
          symbol,
        });
      this.parts.instruments.learn(symbol, isin);
      const known = await this.parts.instruments.isinOf(symbol, signal);
      holdings.push({ isin: known, symbol, quantity: quantity.normalize() });
    }
    return holdings;
  }

  private async movements(
    accountId: AccountId,
    seen: AccountRow,
    orders: readonly TradernetOrderRow[],
    signal: AbortSignal,
  ): Promise<Movements> {
    const { api, now } = this.parts;
    const cash = (await this.cashFlows(signal)).map(cashFlow).filter((flow) => flow !== undefined);
    // Midnight in the service's zone comes before that of UTC.
    const period = { date_start: HISTORY_BEGINS, date_end: addDays(dayOf(now()), 1) };
    const report = { ...period, time_period: '23:59:59', format: 'json' };
    const charged = await api.read(
      'getBrokerReport',
      { ...report, type: 'trades' },
      tradesReport,
      signal,
    );
    for (const row of charged) this.parts.instruments.learn(row.instr_nm, row.isin);
    const actions = await api.read(
      'getBrokerReport',
      { ...report, type: 'corporate_actions' },
      actionsReport,
      signal,
    );
    for (const row of actions) this.parts.instruments.learn(row.ticker, row.isin);
    const traded = await this.executionsFrom(HISTORY_BEGINS, signal);
    const executions = traded.filter(({ isExchange }) => !isExchange);
    const exchanged = traded.filter(({ isExchange }) => isExchange).flatMap(exchangeFlows);
    await this.findOwners(accountId, orders, executions, signal);
    const { fills: plain, conversions } = await this.fillsOf(executions, seen, signal);
    const fills = awaitingCharges(plain, charged, now());
    const paid = actions.filter(isPayment).flatMap(dividendFlows);
    const commissions = charged.map(commissionFlow).filter((flow) => flow !== undefined);
    const others: BrokerCorporateAction[] = [];
    for (const row of actions.filter((action) => !isPayment(action)))
      others.push(
        tradernetCorporateAction(row, await this.parts.instruments.isinOf(row.ticker, signal)),
      );
    const moved = merged(withoutExchanged(cash, exchanged), paid);
    const flows = [...moved, ...commissions, ...exchanged, ...conversions];
    const ordered = flows.sort((a, b) => a.happenedAt - b.happenedAt);
    return { fills, flows: ordered, corporateActions: others };
  }

  private async cashFlows(signal: AbortSignal): Promise<CashRow[]> {
    const rows = new Map<string, CashRow>();
    for (let skip = 0, page = 0; page < PAGES_MAX; page += 1) {
      const params = { take: PAGE_CASH_FLOWS, skip, without_refund: 0 };
      const answer = await this.parts.api.read('getUserCashFlows', params, cashFlows, signal);
      for (const row of answer.rows) rows.set(row.id, row);
      skip += answer.rows.length;
      if (answer.rows.length === 0 || skip >= answer.total) return [...rows.values()];
    }
    throw tradernetBroken('more cash flows than an account can have');
  }

  private async executionsFrom(
    from: CalendarDay,
    signal: AbortSignal,
  ): Promise<TradernetExecution[]> {
    const { api, now } = this.parts;
    const params = { beginDate: from, endDate: addDays(dayOf(now()), 1) };
    const rows = await api.read('getTradesHistory', params, trades, signal);
    const byId = new Map(rows.map((row) => [row.id, tradernetExecutionOf(row)]));
    return [...byId.values()].sort((a, b) => a.executedAt - b.executedAt);
  }

  /** Which executed orders are ours: by our id, or by what was stored when they were accepted. */
  private async findOwners(
    accountId: AccountId,
    orders: readonly TradernetOrderRow[],
    executions: readonly TradernetExecution[],
    signal: AbortSignal,
  ): Promise<void> {
    for (const [id, client] of await this.parts.links.clientIds(accountId))
      this.owners.set(id, client);
    await this.take(accountId, orders);
    const unknown = executions.filter(({ orderId }) => !this.owners.has(orderId));
    const [first] = unknown;
    if (!first) return;
    const period = historyPeriod(first.executedAt, this.parts.now());
    await this.take(
      accountId,
      await this.parts.api.read('getOrdersHistory', period, pastOrders, signal),
    );
    // Orders appear in the history with a delay: one that is not there yet may still be ours.
    for (const { orderId, executedAt } of unknown)
      if (!this.owners.has(orderId) && this.parts.now() - executedAt > SHOWN_AFTER_MS)
        this.owners.set(orderId, byHand(orderId));
  }

  private async take(accountId: AccountId, rows: readonly TradernetOrderRow[]): Promise<void> {
    for (const { id, clientOrderId } of rows) {
      if (clientOrderId === undefined || this.owners.has(id)) continue;
      this.owners.set(id, clientOrderId);
      await this.parts.links.link(accountId, clientOrderId, id);
    }
  }

  /**
   * Executions as fills that settle in the account's currency. One in another currency moved that
   * currency's balance: a conversion of the same amount offsets its settlement.
   */
  private async fillsOf(
    executions: readonly TradernetExecution[],
    seen: AccountRow,
    signal: AbortSignal,
  ): Promise<{ fills: BrokerFill[]; conversions: BrokerFlow[] }> {
    const { instruments, currency } = this.parts;
    const fills: BrokerFill[] = [];
    const conversions: BrokerFlow[] = [];
    for (const execution of executions) {
      const isin = await instruments.isinOf(execution.symbol, signal);
      const clientOrderId = this.owners.get(execution.orderId) ?? byHand(execution.orderId);
      const rate = rateOf(seen, execution.currency, currency);
      const fill = tradernetFillOf(execution, { clientOrderId, isin }, currency, rate);
      fills.push(fill);
      if (execution.currency !== currency) conversions.push(...conversionOf(execution, fill));
    }
    return { fills, conversions };
  }
}

/** An executed order appears in the history after an undocumented delay. */
const SHOWN_AFTER_MS = DAY_MS;

export function historyPeriod(from: Instant, now: Instant): { from: string; till: string } {
  const [first, last] = [addDays(dayOf(from), -1), addDays(dayOf(now), 1)];
  return { from: `${first}T00:00:00`, till: `${last}T23:59:59` };
}

/** The report has the commission of a trade a day later at times, which the cash has lost at once. */
const CHARGED_WITHIN_MS = 7 * DAY_MS;

function awaitingCharges(
  fills: readonly BrokerFill[],
  charged: readonly CommissionRow[],
  now: Instant,
): readonly BrokerFill[] {
  const stated = new Set(charged.map(({ trade_id }) => trade_id));
  return fills.map((fill) =>
    stated.has(fill.fillId) || now - fill.executedAt > CHARGED_WITHIN_MS
      ? fill
      : { ...fill, awaitsCharges: true },
  );
}

/** An order that was not sent from here. */
function byHand(orderId: string): string {
  return `tradernet-${orderId}`;
}

function conversionOf(execution: TradernetExecution, fill: BrokerFill): BrokerFlow[] {
  const base = { kind: 'conversion', happenedAt: fill.executedAt } as const;
  const [own, other] = [`${fill.fillId}-settled`, `${fill.fillId}-paid`];
  return [
    { ...base, flowId: own, amount: fill.settlement.negate(), relatedFlowId: other },
    { ...base, flowId: other, amount: executionValueOf(execution), relatedFlowId: own },
  ];
}

function balancesOf({ acc }: AccountRow): Money[] {
  const currencies = new Set(acc.map(({ curr }) => parseCurrency(curr)));
  return [...currencies].map((currency) => balanceOf({ acc }, currency));
}

function balanceOf({ acc }: Pick<AccountRow, 'acc'>, currency: Currency): Money {
  const rows = acc.filter(({ curr }) => curr === currency);
  const sum = rows.reduce((total, { s }) => total.add(s), Decimal.zero);
  return Money.rounded(sum, currency, 'half-even');
}

/** The broker's own valuation of currencies, today's. @throws Failure REFUSED exchange-rate-missing */
function rateOf({ acc }: AccountRow, from: Currency, to: Currency): Decimal {
  if (from === to) return Decimal.one;
  const rate = statedRate(acc, from, to);
  if (rate) return rate;
  throw refused('exchange-rate-missing', `Tradernet states no rate from ${from} to ${to}.`, {
    from,
    to,
  });
}

function statedRate(acc: AccountRow['acc'], from: Currency, to: Currency): Decimal | undefined {
  const worth = (currency: Currency) => acc.find(({ curr }) => curr === currency)?.currval;
  const [sold, bought] = [worth(from), worth(to)];
  if (!sold || !bought || sold.sign <= 0 || bought.sign <= 0) return undefined;
  return sold.divide(bought, RATE_DECIMALS, 'half-even').normalize();
}

function sameCash(before: AccountRow, after: AccountRow): boolean {
  const text = ({ acc, pos }: AccountRow) =>
    JSON.stringify([acc.map(({ curr, s }) => [curr, s]), pos.map(({ i, q }) => [i, q])]);
  return text(before) === text(after);
}
