/**
 * A simulated Alpaca that keeps books of its own, in whole 1e-9 units, and answers in the shapes of
 * its published description. It shares no code with the adapter.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export type OrderFault =
  | 'none'
  | 'lost-before'
  | 'lost-after'
  | '429'
  | '500-before'
  | '500-after'
  | 'html-after'
  | '200-error'
  | '403-html'
  | '401-echo'
  | 'maintenance';
export type ReadFault = 'none' | 'html' | '500' | 'empty' | 'maintenance' | '401-echo' | '403-echo';

interface MockOrder {
  id: string;
  client: string;
  symbol: string;
  side: string;
  type: string;
  tif: string;
  qty: bigint;
  filled: bigint;
  limit: string | null;
  stop: string | null;
  status: string;
  at: string;
  replacedBy: string | null;
  replaces: string | null;
}
type Row = Record<string, unknown> & { id: string };

const UNIT = 1_000_000_000n;
export const KEYS = { keyId: 'PKPLANTEDKEYID', secretKey: 'planted-secret-of-alpaca' };

/** A refusal that repeats the keys. */
const ECHO = { code: 40110000, message: `${KEYS.keyId} with ${KEYS.secretKey} is not accepted` };

export class AlpacaMock {
  readonly price: string;
  cash = 0n;
  orderFault: OrderFault = 'none';
  /** Symbols that trade in whole shares only, and those that do not trade. */
  readonly wholeOnly = new Set<string>();
  readonly closed = new Set<string>();
  /** Assets cannot be asked for. */
  assetsFail = false;
  readFault: ReadFault = 'none';
  /** How long each read takes. */
  readMs = 0;
  /** The fault of reads from the next order on. */
  readFaultAfterOrder: ReadFault | undefined;
  /** How much of an order executes at once; undefined: all of it. */
  fillsAtOnce: bigint | undefined;
  skewMs = 0;
  pendingIn: string | null = null;
  pendingOut: string | null = null;
  posts = 0;
  activitiesSent = 0;
  reads = 0;
  private readonly orders: MockOrder[] = [];
  private readonly shares = new Map<string, bigint>();
  private readonly rows: Row[] = [];
  private readonly server = createServer((request, response) => void this.serve(request, response));

  constructor(price = '100') {
    this.price = price;
    this.event({ activity_type: 'CSD', net_amount: '20000' });
  }

  async start(): Promise<string> {
    await new Promise<void>((done) => this.server.listen(0, '127.0.0.1', done));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  /** The broker's own books. */
  get books(): { cash: string; shares: string; orders: readonly { client: string }[] } {
    const shares = text(this.shares.get('BETA') ?? 0n);
    return { cash: text(this.cash), shares, orders: this.orders };
  }

  /** A movement of the account that no order made. */
  event(fields: { activity_type: string; [field: string]: unknown }): void {
    const amount = fields['net_amount'];
    if (typeof amount === 'string') this.cash += units(amount);
    this.rows.push({
      id: this.rowId(),
      date: new Date().toISOString().slice(0, 10),
      created_at: new Date().toISOString(),
      status: 'executed',
      ...fields,
    });
  }

  /** A split of what is held: shares change, cash does not. */
  split(symbol: string, times: bigint): void {
    const before = this.shares.get(symbol) ?? 0n;
    this.shares.set(symbol, before * times);
    this.event({ activity_type: 'SPLIT', symbol, qty: text(before * (times - 1n)) });
  }

  /** Shares that come without any word about them. */
  deliver(symbol: string, quantity: string): void {
    this.shares.set(symbol, (this.shares.get(symbol) ?? 0n) + units(quantity));
  }

  /** Cancels an order, as a person does on the broker's page. */
  cancelByHand(client: string): void {
    for (const order of this.orders.filter((known) => known.client === client))
      order.status = 'canceled';
  }

  /** Executes part of an order, also of one that has ended; newest rows may come first. */
  execute(client: string, quantity: string, { early = false } = {}): void {
    const order = this.orders.find((known) => known.client === client);
    if (order) this.fill(order, units(quantity), early);
  }

  /** Replaces an order by another, as a corporate action does. */
  replace(client: string): string {
    const before = this.orders.find((known) => known.client === client);
    if (!before) throw new Error(`no order ${client}`);
    const after = { ...before, id: randomUUID(), client: randomUUID(), replaces: before.id };
    before.status = 'replaced';
    before.replacedBy = after.id;
    this.orders.push(after);
    return after.client;
  }

  /** An order that a person places at the broker. */
  byHand(symbol: string, quantity: string): string {
    const client = randomUUID();
    this.place({ symbol, qty: quantity, side: 'buy', type: 'market', client_order_id: client });
    return client;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? '/', 'http://mock');
    if (
      request.headers['apca-api-key-id'] !== KEYS.keyId ||
      request.headers['apca-api-secret-key'] !== KEYS.secretKey
    )
      return answer(response, 401, { code: 40110000, message: 'access key verification failed' });
    if (request.method === 'POST')
      return this.post(Buffer.concat(chunks).toString(), request, response);
    if (request.method === 'DELETE') return this.cancel(url, response);
    this.reads += 1;
    if (this.readMs > 0) await sleep(this.readMs);
    if (this.readFault === 'html') return page(response, 200);
    if (this.readFault === '401-echo') return answer(response, 401, ECHO);
    if (this.readFault === '403-echo') return answer(response, 403, ECHO);
    if (this.readFault === '500') return answer(response, 500, { message: 'internal' });
    if (this.readFault === 'maintenance') return page(response, 503);
    if (this.readFault === 'empty') return answer(response, 200, {});
    return this.get(url, response);
  }

  private post(body: string, request: IncomingMessage, response: ServerResponse): void {
    this.posts += 1;
    this.readFault = this.readFaultAfterOrder ?? this.readFault;
    const fault = this.orderFault;
    if (fault === 'lost-before') return void request.socket.destroy();
    if (fault === '429') return answer(response, 429, { code: 42910000, message: 'too many' });
    if (fault === '500-before') return answer(response, 500, { message: 'internal' });
    if (fault === 'maintenance') return page(response, 503);
    if (fault === '403-html') return page(response, 403);
    if (fault === '401-echo') return answer(response, 401, ECHO);
    if (fault === '200-error') return answer(response, 200, { code: 1, message: 'not really' });
    const { status, body: placed } = this.place(JSON.parse(body) as Record<string, unknown>);
    if (fault === 'lost-after') return void request.socket.destroy();
    if (fault === '500-after') return answer(response, 504, { message: 'gateway' });
    if (fault === 'html-after') return page(response, 200);
    answer(response, status, placed);
  }

  private place(requested: Record<string, unknown>): { status: number; body: unknown } {
    const client = String(requested['client_order_id']);
    if (this.orders.some((order) => order.client === client))
      return {
        status: 422,
        body: { code: 40010001, message: 'client_order_id must be unique' },
      };
    const qty = units(String(requested['qty']));
    const symbol = String(requested['symbol']);
    const buys = requested['side'] === 'buy';
    const enough = buys
      ? this.cash * UNIT >= qty * units(this.price)
      : (this.shares.get(symbol) ?? 0n) >= qty;
    if (!enough)
      return { status: 403, body: { code: 40310000, message: 'insufficient buying power' } };
    const order: MockOrder = {
      id: randomUUID(),
      client,
      symbol,
      side: String(requested['side']),
      type: String(requested['type']),
      tif: String(requested['time_in_force'] ?? 'day'),
      qty,
      filled: 0n,
      limit: (requested['limit_price'] as string | undefined) ?? null,
      stop: (requested['stop_price'] as string | undefined) ?? null,
      status: 'new',
      at: new Date().toISOString(),
      replacedBy: null,
      replaces: null,
    };
    this.orders.push(order);
    const reached = order.limit === null || units(order.limit) >= units(this.price);
    if (reached) this.fill(order, this.fillsAtOnce ?? qty, false);
    return { status: 200, body: orderJson(order) };
  }

  private fill(order: MockOrder, qty: bigint, early: boolean): void {
    if (qty === 0n) return;
    order.filled += qty;
    const rest = order.qty - order.filled;
    if (['new', 'partially_filled'].includes(order.status))
      order.status = rest > 0n ? 'partially_filled' : 'filled';
    const sign = order.side === 'buy' ? 1n : -1n;
    this.cash -= (sign * qty * units(this.price)) / UNIT;
    this.shares.set(order.symbol, (this.shares.get(order.symbol) ?? 0n) + sign * qty);
    const row = {
      id: this.rowId(),
      activity_type: 'FILL',
      transaction_time: new Date(Date.now() - (early ? 60_000 : 0)).toISOString(),
      type: rest > 0n ? 'partial_fill' : 'fill',
      price: this.price,
      qty: text(qty),
      side: order.side,
      symbol: order.symbol,
      leaves_qty: text(rest),
      cum_qty: text(order.filled),
      order_id: order.id,
      order_status: order.status,
    };
    this.rows.push(row);
  }

  private cancel(url: URL, response: ServerResponse): void {
    const order = this.orders.find((known) => url.pathname.endsWith(known.id));
    if (!order) return answer(response, 404, { code: 40410000, message: 'order not found' });
    if (!['new', 'partially_filled'].includes(order.status))
      return answer(response, 422, { code: 42210000, message: 'order is not cancelable' });
    order.status = 'canceled';
    response.writeHead(204).end();
  }

  private get(url: URL, response: ServerResponse): void {
    const path = url.pathname;
    if (path === '/v2/account')
      return answer(response, 200, {
        id: 'mock',
        status: 'ACTIVE',
        currency: 'USD',
        cash: text(this.cash),
        pending_transfer_in: this.pendingIn,
        pending_transfer_out: this.pendingOut,
        trading_blocked: false,
        account_blocked: false,
      });
    if (path === '/v2/clock') {
      const at = (ms: number) => new Date(Date.now() + this.skewMs + ms).toISOString();
      const body = { timestamp: at(0), is_open: true, next_open: at(9e7), next_close: at(9e6) };
      return answer(response, 200, body);
    }
    if (path === '/v2/positions')
      return answer(
        response,
        200,
        [...this.shares]
          .filter(([, qty]) => qty !== 0n)
          .map(([symbol, qty]) => ({ symbol, qty: text(qty), side: 'long' })),
      );
    if (path === '/v2/account/activities') return this.activities(url, response);
    if (path.startsWith('/v2/assets/') && this.assetsFail)
      return answer(response, 503, { message: 'down' });
    if (path.startsWith('/v2/assets/'))
      return answer(response, 200, {
        id: 'asset',
        symbol: path.split('/').at(-1),
        status: 'active',
        tradable: !this.closed.has(path.split('/').at(-1) ?? ''),
        fractionable: !this.wholeOnly.has(path.split('/').at(-1) ?? ''),
      });
    if (path === '/v2/orders')
      return answer(
        response,
        200,
        this.orders
          .filter((order) => ['new', 'partially_filled'].includes(order.status))
          .filter(() => url.searchParams.get('after_order_id') === null)
          .map(orderJson),
      );
    const client = url.searchParams.get('client_order_id');
    const order = this.orders.find((known) =>
      client === null ? path.endsWith(known.id) : known.client === client,
    );
    if (!order) return answer(response, 404, { code: 40410000, message: 'order not found' });
    answer(response, 200, orderJson(order));
  }

  private activities(url: URL, response: ServerResponse): void {
    const { searchParams } = url;
    const size = Number(searchParams.get('page_size') ?? '100');
    const from = this.rows.findIndex((row) => row.id === searchParams.get('page_token')) + 1;
    const onlyFills = url.search.includes('FILL');
    const after = Date.parse(searchParams.get('after') ?? '1970-01-01');
    const matches = (row: Row) =>
      (!onlyFills || row['activity_type'] === 'FILL') &&
      Date.parse(String(row['created_at'] ?? row['transaction_time'])) > after;
    const rows = this.rows.slice(from).filter(matches).slice(0, size);
    this.activitiesSent += rows.length;
    answer(response, 200, rows);
  }

  private rowId(): string {
    return `${String(this.rows.length).padStart(17, '0')}::${randomUUID()}`;
  }
}

function orderJson(order: MockOrder): unknown {
  return {
    id: order.id,
    client_order_id: order.client,
    created_at: order.at,
    submitted_at: order.at,
    symbol: order.symbol,
    side: order.side,
    type: order.type,
    time_in_force: order.tif,
    notional: null,
    qty: text(order.qty),
    filled_qty: text(order.filled),
    limit_price: order.limit,
    stop_price: order.stop,
    status: order.status,
    replaced_by: order.replacedBy,
    replaces: order.replaces,
  };
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=UTF-8' });
  response.end(JSON.stringify(body));
}

function page(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'Content-Type': 'text/html' });
  response.end('<html>down for maintenance</html>');
}

function units(decimal: string): bigint {
  const [whole = '0', fraction = ''] = decimal.replace('-', '').split('.');
  const value = BigInt(whole) * UNIT + BigInt(fraction.padEnd(9, '0'));
  return decimal.startsWith('-') ? -value : value;
}

function text(value: bigint): string {
  const absolute = value < 0n ? -value : value;
  const fraction = (absolute % UNIT).toString().padStart(9, '0').replace(/0+$/, '');
  const sign = value < 0n ? '-' : '';
  return `${sign}${absolute / UNIT}${fraction === '' ? '' : `.${fraction}`}`;
}
