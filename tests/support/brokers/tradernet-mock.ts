/**
 * A simulated Tradernet that keeps books of its own, in cents and whole shares, and answers in the
 * shapes of its published description. It shares no code with the adapter: the signature is checked
 * here by hand. A repeated user order id is a second order, as it is at the real one.
 */
import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type TradernetOrderFault =
  | 'none'
  | 'lost-before'
  | 'lost-after'
  | '429'
  | '429-in-body'
  | '500-before'
  | '500-after'
  | 'html-after'
  | '200-error'
  | 'maintenance';
export type TradernetReadFault =
  'none' | 'html' | '500' | 'empty' | 'maintenance' | 'error-in-200' | 'echo' | 'echo-refused';

interface MockOrder {
  readonly id: string;
  readonly userId: string | undefined;
  readonly instr: string;
  readonly oper: number;
  readonly type: number;
  readonly exp: number;
  readonly qty: number;
  readonly limit: number | null;
  readonly stop: number | null;
  readonly at: number;
  filled: number;
  stat: number;
}
interface MockTrade {
  readonly id: string;
  readonly order: MockOrder;
  readonly qty: number;
  readonly at: number;
}
type Body = Record<string, unknown>;

export const TRADERNET_KEYS = {
  publicKey: 'planted-public-key-of-tradernet',
  privateKey: 'planted-private-key-of-tradernet',
};
const LISTED: Readonly<Record<string, { isin: string; currency: string }>> = {
  'BETA.US': { isin: 'US0378331005', currency: 'USD' },
  'ALPHA.EU': { isin: 'DE0007164600', currency: 'EUR' },
};
/** Beyond what a float holds. */
const FIRST_ID = 9_007_199_254_740_993n;
const MOSCOW_MS = 3 * 3_600_000;

/** A refusal that repeats the keys. */
const ECHO = `the keys ${TRADERNET_KEYS.publicKey} and ${TRADERNET_KEYS.privateKey} are not accepted`;

export class TradernetMock {
  readonly cents = new Map([['USD', 2_000_000]]);
  orderFault: TradernetOrderFault = 'none';
  readFault: TradernetReadFault = 'none';
  /** How much of an order executes at once; undefined: all of it. */
  fillsAtOnce: number | undefined;
  /** Whether orders are shown with the user order id. */
  echoesIds = true;
  /** Numbers as text, one object in place of a list, and a list that is missing where it is empty. */
  odd = false;
  /** Whether an executed order is in the history already. */
  historyLags = false;
  skewMs = 0;
  /** Least time between two calls; a faster one is answered 429. */
  spacingMs = 0;
  /** Whether the report has a commission only after `stateCharges`. */
  chargesLag = false;
  /** Charged on each execution, in this currency. */
  commission: { readonly cents: number; readonly currency: string } | undefined;
  posts = 0;
  refusedAsTooMany = 0;
  private ids = FIRST_ID;
  private lastCallMs = 0;
  private readonly orders: MockOrder[] = [];
  private readonly trades: MockTrade[] = [];
  private readonly shares = new Map<string, number>();
  private readonly cash: Body[] = [];
  private readonly charged: Body[] = [];
  private unstated: Body[] = [];
  private readonly exchanges: Body[] = [];
  private readonly actions: Body[] = [];
  private readonly server = createServer((request, response) => void this.serve(request, response));

  constructor() {
    this.flow('bank', 2_000_000, 'USD', false);
  }

  async start(): Promise<string> {
    await new Promise<void>((done) => this.server.listen(0, '127.0.0.1', done));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  /** A movement of cash that no order made. */
  flow(code: string, cents: number, currency = 'USD', moves = true): void {
    if (moves) this.pay(cents, currency);
    const at = moscow(Date.now());
    this.cash.push({
      id: `flow-${this.cash.length}`,
      type_code: code,
      ...{ date: at.slice(0, 10), datetime: at.slice(0, 19).replace('T', ' ') },
      ...{ sum: money(cents), currency, account: 'mock' },
    });
  }

  /** A dividend as the report has it, paid in cash less the tax abroad. */
  dividend(instr: string, each: number, shares: number, taxCents: number): void {
    const gross = Math.round(each * shares * 100);
    this.pay(gross - taxCents, 'USD');
    const date = moscow(Date.now()).slice(0, 10);
    this.actions.push({
      ...{ ticker: instr, isin: LISTED[instr]?.isin, type_id: 'dividend', date, ex_date: date },
      corporate_action_id: `${date}_${this.actions.length}_${instr}_${each}`,
      ...{ amount: (gross - taxCents) / 100, amount_per_one: each, currency: 'USD' },
      ...{ external_tax: taxCents / 100, external_tax_currency: 'USD', tax_amount: '-' },
      q_on_ex_date: shares.toFixed(8),
    });
  }

  /** The same dividend in the list of cash flows, which may have it before or after the report. */
  dividendInCash(grossCents: number, taxCents: number): void {
    this.flow('dividend', grossCents, 'USD', false);
    this.flow('tax', -taxCents, 'USD', false);
  }

  split(instr: string, factor: number): void {
    const before = this.shares.get(instr) ?? 0;
    this.shares.set(instr, before * factor);
    const date = moscow(Date.now()).slice(0, 10);
    this.actions.push({
      ...{ ticker: instr, isin: LISTED[instr]?.isin, type_id: 'split', date, ex_date: date },
      corporate_action_id: `${date}_${this.actions.length}_${instr}_${factor}`,
      ...{ amount: before * (factor - 1), amount_per_one: factor - 1, currency: '' },
      ...{ external_tax: '-', tax_amount: '-', q_on_ex_date: before.toFixed(8) },
    });
  }

  /** The last split of it is undone: its row comes again under another kind. */
  revertSplit(instr: string): void {
    const last = this.actions.findLast(
      ({ ticker, type_id: type }) => ticker === instr && type === 'split',
    );
    if (!last) throw new Error(`no split of ${instr}`);
    this.shares.set(instr, (this.shares.get(instr) ?? 0) - Number(last['amount']));
    const id = `${String(last['corporate_action_id'])}_reverted`;
    this.actions.push({ ...last, type_id: 'split_reverted', corporate_action_id: id });
  }

  /** Executes part of an order, also of one that has ended. */
  execute(userId: string, quantity: number, { early = false } = {}): void {
    const order = this.orders.find((known) => known.userId === userId);
    if (order) this.fill(order, quantity, early);
  }

  /** An order that a person places at the broker. @returns its id there */
  byHand(instr: string, quantity: number): string {
    const order = this.place({ instr_name: instr, action_id: 1, order_type_id: 1, qty: quantity });
    if (!('id' in order)) throw new Error(String(order['error']));
    return String(order.id);
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const url = new URL(request.url ?? '/', 'http://mock');
    response.setHeader('Date', new Date(Date.now() + this.skewMs).toUTCString());
    const sinceMs = performance.now() - this.lastCallMs;
    this.lastCallMs = performance.now();
    if (sinceMs < this.spacingMs) {
      this.refusedAsTooMany += 1;
      return answer(response, 429, { error: 'Too many requests' });
    }
    if (request.method === 'GET') return this.find(url, response);
    if (!isSigned(request, body))
      return answer(response, 200, { errMsg: 'Bad signature', code: 2 });
    const command = url.pathname.replace('/api/', '');
    const params = body === '' ? {} : (parsed(body) as Body);
    if (command === 'putTradeOrder') return this.put(params, request, response);
    if (command === 'delTradeOrder') return this.cancel(params, response);
    this.read(command, params, response);
  }

  private put(params: Body, request: IncomingMessage, response: ServerResponse): void {
    this.posts += 1;
    const fault = this.orderFault;
    if (fault === 'lost-before') return void request.socket.destroy();
    if (fault === '429') return answer(response, 429, { error: 'Too many requests' });
    if (fault === '429-in-body')
      return answer(response, 200, { errMsg: 'Too many requests', error: 'Too many', code: 429 });
    if (fault === '500-before') return page(response, 502);
    if (fault === 'maintenance') return answer(response, 200, { errMsg: 'Unavailable', code: 14 });
    if (fault === '200-error') return answer(response, 200, { code: 0, errMsg: 'not really' });
    const placed = this.place(params);
    if (fault === 'lost-after') return void request.socket.destroy();
    if (fault === '500-after') return page(response, 502);
    if (fault === 'html-after') return page(response, 200);
    answer(response, 200, 'id' in placed ? { order_id: new Digits(placed.id) } : placed);
  }

  private place(params: Body): MockOrder | { error: string; code: number } {
    const qty = Number(params['qty']);
    const instr = String(params['instr_name']);
    const oper = Number(params['action_id']);
    const listed = LISTED[instr];
    if (!listed || !Number.isInteger(qty) || ![1, 3].includes(oper))
      return { error: 'Invalid order', code: 0 };
    const enough =
      oper === 1
        ? (this.cents.get(listed.currency) ?? 0) >= qty * 10_000
        : (this.shares.get(instr) ?? 0) >= qty;
    if (!enough) return { error: 'Not enough money or shares', code: 0 };
    const order: MockOrder = {
      id: String((this.ids += 2n)),
      userId: params['user_order_id'] === undefined ? undefined : String(params['user_order_id']),
      ...{ instr, oper, qty, filled: 0, stat: 10, at: Date.now() },
      type: Number(params['order_type_id']),
      exp: Number(params['expiration_id'] ?? 1),
      limit: params['limit_price'] === undefined ? null : Number(params['limit_price']),
      stop: params['stop_price'] === undefined ? null : Number(params['stop_price']),
    };
    this.orders.push(order);
    const reached = order.limit === null || order.limit >= 100;
    if (reached) this.fill(order, this.fillsAtOnce ?? qty, false);
    return order;
  }

  private fill(order: MockOrder, qty: number, early: boolean): void {
    if (qty === 0) return;
    order.filled += qty;
    if ([10, 12].includes(order.stat)) order.stat = order.filled < order.qty ? 12 : 21;
    const sign = order.oper === 1 ? 1 : -1;
    const currency = LISTED[order.instr]?.currency ?? 'USD';
    this.pay(-sign * qty * 10_000, currency);
    this.shares.set(order.instr, (this.shares.get(order.instr) ?? 0) + sign * qty);
    const id = String((this.ids += 2n));
    const at = Date.now() - (early ? 60_000 : 0);
    this.trades.push({ id, order, qty, at });
    if (this.commission) this.charge(id, order, at);
  }

  private charge(id: string, order: MockOrder, at: number): void {
    const { cents = 0, currency = 'USD' } = this.commission ?? {};
    this.pay(-cents, currency);
    (this.chargesLag ? this.unstated : this.charged).push({
      ...{ id: '1', trade_id: new Digits(id), order_id: order.id, operation: 'buy' },
      ...{ date: moscow(at).slice(0, 19).replace('T', ' '), instr_nm: order.instr },
      ...{ isin: LISTED[order.instr]?.isin, curr_c: LISTED[order.instr]?.currency },
      ...{ commission: cents / 100, commission_currency: currency },
    });
  }

  /** The report has caught up. */
  stateCharges(): void {
    this.charged.push(...this.unstated);
    this.unstated = [];
  }

  /** A person exchanges currencies; the list of cash flows may have it as well. */
  exchange(symbol: string, quantity: number, price: number, inCashFlows: boolean): void {
    const [first = '', second = ''] = symbol.split('/');
    const legs = [
      [first, quantity * 100],
      [second, -Math.round(quantity * price * 100)],
    ] as const;
    for (const [currency, cents] of legs) {
      this.pay(cents, currency);
      if (inCashFlows) this.flow('conversion', cents, currency, false);
    }
    const id = String((this.ids += 2n));
    this.exchanges.push({
      ...{ id: new Digits(id), order_id: new Digits(String((this.ids += 2n))), p: price },
      ...{ q: quantity, date: moscow(Date.now()), instr_nm: symbol, curr_c: second, type: 1 },
      instr_type_c: 6,
    });
  }

  /** Its own books, for whoever compares. */
  get books() {
    return {
      cents: new Map(this.cents),
      shares: new Map(this.shares),
      orders: this.orders.map(({ id, userId }) => ({ id, userId })),
    };
  }

  private cancel(params: Body, response: ServerResponse): void {
    const order = this.orders.find((known) => known.id === String(params['order_id']));
    if (!order || ![10, 12].includes(order.stat))
      return answer(response, 200, { code: 12, errorMsg: 'No', error: 'May not be cancelled' });
    order.stat = order.filled > 0 ? 30 : 31;
    answer(response, 200, { order_id: new Digits(order.id) });
  }

  private find(url: URL, response: ServerResponse): void {
    const { params } = JSON.parse(url.searchParams.get('q') ?? '{}') as { params: Body };
    const text = String(params['text']);
    const rows = Object.entries(LISTED).filter(([t, { isin }]) => t === text || isin === text);
    const found = rows.map(([t, { isin, currency }]) => ({ t, isin, type: 1, x_curr: currency }));
    answer(response, 200, { found });
  }

  private read(command: string, params: Body, response: ServerResponse): void {
    if (this.readFault === 'html') return page(response, 200);
    if (this.readFault === 'echo') return answer(response, 200, { errMsg: ECHO, code: 12 });
    if (this.readFault === 'echo-refused') return answer(response, 200, { error: ECHO, code: 12 });
    if (this.readFault === '500') return page(response, 500);
    if (this.readFault === 'maintenance') return page(response, 503);
    if (this.readFault === 'empty') return answer(response, 200, {});
    if (this.readFault === 'error-in-200')
      return answer(response, 200, { errMsg: 'Service unavailable', code: 14 });
    const reply = this.replyTo(command, params);
    if (!reply) return answer(response, 200, { errMsg: 'Unsupported method', code: 2 });
    answer(response, 200, reply);
  }

  private replyTo(command: string, params: Body): unknown {
    switch (command) {
      case 'getPositionJson':
        return { result: { ps: { acc: this.balances(), pos: this.positions() } } };
      case 'getNotifyOrderJson':
        return {
          result: { orders: { key: '%mock', ...this.some('order', this.current(params)) } },
        };
      case 'getOrdersHistory': {
        const past = this.historyLags
          ? []
          : this.orders.filter(({ stat }) => ![10, 12].includes(stat));
        const rows = past.map((order) => this.orderJson(order, true));
        return { orders: { key: 'mock', order: rows.length === 0 ? null : this.one(rows) } };
      }
      case 'getTradesHistory':
        return {
          trades: {
            ...this.some('trade', [
              ...this.trades.map((trade) => this.tradeJson(trade)),
              ...this.exchanges,
            ]),
          },
        };
      case 'getUserCashFlows': {
        const [take, skip] = [Number(params['take']), Number(params['skip'] ?? 0)];
        return {
          total: this.cash.length,
          cashflow: this.cash.slice(skip, skip + take),
          limits: {},
        };
      }
      case 'getBrokerReport':
        return { report: { detailed: params['type'] === 'trades' ? this.charged : this.actions } };
      case 'getMarketStatus': {
        const t = moscow(Date.now()).slice(0, 19).replace('T', ' ');
        const m = [{ n: 'NYSE/NASDAQ', n2: 'FIX', s: 'OPEN', o: '17:30:00', c: '00:00:00' }];
        return { result: { markets: { t, m } } };
      }
      default:
        return undefined;
    }
  }

  private balances() {
    return [...this.cents].map(([curr, cents]) => ({
      ...{ curr, s: this.number(cents / 100), t: 1, k: 1, t2_in: '.00000000' },
      currval: curr === 'EUR' ? 1.1 : 1,
    }));
  }

  private positions() {
    return [...this.shares]
      .filter(([, qty]) => qty !== 0)
      .map(([i, qty]) => ({
        i,
        issue_nb: LISTED[i]?.isin,
        q: this.number(qty),
        curr: 'USD',
        t: 1,
      }));
  }

  /** The day's orders, or those that are open. */
  private current(params: Body) {
    const open = ({ stat }: MockOrder) => [10, 12].includes(stat);
    const rows = Number(params['active_only']) === 1 ? this.orders.filter(open) : this.orders;
    return rows.map((order) => this.orderJson(order, false));
  }

  private orderJson(order: MockOrder, past: boolean) {
    const at = moscow(order.at);
    const user = past
      ? { userOrderId: order.userId ?? '' }
      : { user_order_id: order.userId === undefined ? 0 : new Digits(order.userId) };
    return {
      ...{ id: new Digits(order.id), order_id: new Digits(order.id), date: at, stat_d: at },
      ...{ stat: order.stat, instr: order.instr, oper: order.oper, type: order.type, cur: 'USD' },
      ...{ p: order.limit ?? 0, stop: order.stop ?? 0, exp: order.exp, text: '' },
      ...{ q: this.number(order.qty), leaves_qty: this.number(order.qty - order.filled) },
      ...(this.echoesIds && user),
      ...(past && { trade: this.tradesOf(order) }),
    };
  }

  private tradesOf(order: MockOrder) {
    const mine = this.trades.filter((trade) => trade.order === order);
    return mine.map(({ id, qty, at }) => ({
      ...{ id: new Digits(id), p: '100.00', q: qty, v: qty * 100, date: moscow(at) },
    }));
  }

  private tradeJson({ id, order, qty, at }: MockTrade) {
    return {
      ...{ id: new Digits(id), order_id: new Digits(order.id), p: this.number(100), q: qty },
      ...{ date: moscow(at), instr_nm: order.instr, curr_c: LISTED[order.instr]?.currency },
      ...{ type: order.oper === 1 ? 1 : 2, profit: '.00000000' },
    };
  }

  private some(name: string, rows: readonly unknown[]): Body {
    return rows.length === 0 ? {} : { [name]: this.one(rows) };
  }

  private one(rows: readonly unknown[]): unknown {
    return this.odd && rows.length === 1 ? rows[0] : rows;
  }

  private number(value: number): number | string {
    return this.odd ? value.toFixed(8).replace(/^0\./, '.') : value;
  }

  private pay(cents: number, currency: string): void {
    this.cents.set(currency, (this.cents.get(currency) ?? 0) + cents);
  }
}

/** A number of more digits than a float holds. */
class Digits {
  readonly digits: string;
  constructor(digits: string) {
    this.digits = digits;
  }
  toJSON(): string {
    return `digits:${this.digits}`;
  }
}

function isSigned(request: IncomingMessage, body: string): boolean {
  const time = String(request.headers['x-ntapi-timestamp']);
  const expected = createHmac('sha256', TRADERNET_KEYS.privateKey)
    .update(body + time)
    .digest('hex');
  return (
    request.headers['x-ntapi-publickey'] === TRADERNET_KEYS.publicKey &&
    request.headers['x-ntapi-sig'] === expected &&
    Math.abs(Number(time) - Date.now() / 1000) < 60
  );
}

/** Ids keep their digits. */
function parsed(body: string): unknown {
  return JSON.parse(body.replace(/"(order_id|user_order_id)":(\d+)/g, '"$1":"$2"'));
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(body).replace(/"digits:(\d+)"/g, '$1'));
}

function page(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'Content-Type': 'text/html' });
  response.end('<html>down for maintenance</html>');
}

function moscow(ms: number): string {
  return new Date(ms + MOSCOW_MS).toISOString().replace('Z', '');
}

function money(cents: number): string {
  return (cents / 100).toFixed(2);
}
