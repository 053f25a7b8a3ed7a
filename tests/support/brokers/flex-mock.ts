/**
 * A simulated Flex Web Service: a statement is ordered, is not ready at first, and is then answered. Its
 * cash is added up here, from the rows that are put in.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const FLEX_TOKEN = 'planted-flex-token-123456';

type Row = Readonly<Record<string, string | number>>;
type Section =
  'Trades' | 'CashTransactions' | 'CorporateActions' | 'Transfers' | 'OpenPositions' | 'CashReport';
const elements: Readonly<Record<Section, string>> = {
  Trades: 'Trade',
  CashTransactions: 'CashTransaction',
  CorporateActions: 'CorporateAction',
  Transfers: 'Transfer',
  OpenPositions: 'OpenPosition',
  CashReport: 'CashReportCurrency',
};

export class FlexMock {
  /** Answers before the statement is ready. */
  busy = 0;
  /** Answered instead: an error code, or a page. */
  fault: string | undefined;
  /** Where the order says that the statement is; undefined: here. */
  url: string | undefined;
  /** Answered in place of the statement: one that was kept, or a part of it. */
  served: string | undefined;
  /** Last day of the statement, `YYYYMMDD`. */
  toDate = '20260301';
  whenGenerated = '20260302;060000';
  /** When what is put in happens, in place of the times of the rows. */
  moment: string | undefined;
  /** How often the statement has each row. */
  copies = 1;
  calls = 0;
  readonly left = new Set<Section>();
  accounts = ['U0000000'];
  readonly cents = new Map<string, number>([
    ['USD', 0],
    ['EUR', 0],
  ]);
  readonly shares = new Map<string, { isin: string; quantity: number }>();
  private readonly rows = new Map<Section, Row[]>();
  private ids = 200_000_000;
  private base = '';
  private readonly server = createServer((request, response) => this.serve(request, response));

  async start(): Promise<string> {
    await new Promise<void>((done) => this.server.listen(0, '127.0.0.1', done));
    this.base = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return this.base;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  /** What follows happens on the next day, and the statement covers it. */
  nextDay(): void {
    const [year, month, day] = [
      this.toDate.slice(0, 4),
      this.toDate.slice(4, 6),
      this.toDate.slice(6),
    ];
    const next = new Date(`${year}-${month}-${day}T12:00:00Z`);
    next.setUTCDate(next.getUTCDate() + 1);
    this.toDate = next.toISOString().slice(0, 10).replaceAll('-', '');
    this.moment = `${this.toDate};100000`;
    this.whenGenerated = `${this.toDate};230000`;
  }

  cash(type: string, cents: number, currency = 'USD', more: Row = {}): void {
    this.pay(currency, cents);
    const fields = { type, amount: cents / 100, currency, dateTime: '20260212;202000', ...more };
    this.put('CashTransactions', { ...fields, levelOfDetail: 'DETAIL' });
  }

  trade(symbol: string, isin: string, quantity: number, priceCents: number, more: Row = {}): void {
    const currency = String(more['currency'] ?? 'USD');
    const proceeds = -quantity * priceCents;
    const commission = Number(more['ibCommission'] ?? 0) * 100;
    this.pay(currency, proceeds);
    this.pay(String(more['ibCommissionCurrency'] ?? currency), Math.round(commission));
    this.hold(symbol, isin, quantity);
    const fields = {
      ...{ symbol, isin, quantity, currency, proceeds: proceeds / 100, assetCategory: 'STK' },
      ...{ tradePrice: priceCents / 100, taxes: 0, ibOrderID: '300000001', fxRateToBase: 1 },
      ...{ dateTime: '20260105;093001', levelOfDetail: 'EXECUTION', ...more },
    };
    this.put('Trades', fields);
    // The same trade again, as the sum of its order.
    this.put('Trades', { ...fields, levelOfDetail: 'ORDER' });
  }

  /** A lot that the last sale closed, as the statement has it with the option Closed Lots. */
  lot(symbol: string, isin: string, quantity: number, opened: Row): void {
    const sale = this.rows.get('Trades')?.findLast((row) => row['symbol'] === symbol);
    const closed = { dateTime: sale?.['dateTime'] ?? '', buySell: 'SELL', currency: 'USD' };
    const fields = { symbol, isin, quantity, ...closed, levelOfDetail: 'CLOSED_LOT', ...opened };
    const rows = this.rows.get('Trades') ?? [];
    this.rows.set('Trades', [...rows, { element: 'Lot', ...fields }]);
  }

  transfer(symbol: string, isin: string, quantity: number, cents: number, more: Row): void {
    this.hold(symbol, isin, quantity);
    this.pay(String(more['currency']), cents);
    this.put('Transfers', { symbol, isin, quantity, cashTransfer: cents / 100, ...more });
  }

  exchange(euros: number, dollars: number): void {
    this.pay('EUR', euros * 100);
    this.pay('USD', -dollars * 100);
    const fields = { symbol: 'EUR.USD', currency: 'USD', assetCategory: 'CASH', tradePrice: 1.1 };
    const amounts = { quantity: euros, proceeds: -dollars, dateTime: '2026-01-05, 14:30:00' };
    this.put('Trades', { ...fields, ...amounts, levelOfDetail: 'EXECUTION' });
  }

  /** Two rows: the old ISIN goes, the new one comes. */
  reverseSplit(symbol: string, from: string, to: string, quantity: number): void {
    const held = this.shares.get(symbol)?.quantity ?? 0;
    this.shares.set(symbol, { isin: to, quantity });
    const description = `${symbol}(${from}) SPLIT 1 FOR 25 (${symbol})`;
    const fields = { symbol, description, currency: 'USD', type: 'RS', dateTime: '20260301' };
    this.put('CorporateActions', { ...fields, isin: from, quantity: -held });
    this.put('CorporateActions', { ...fields, isin: to, quantity });
  }

  /** More shares of the same ISIN: one row. */
  split(symbol: string, times: number): void {
    const held = this.shares.get(symbol);
    if (!held) throw new Error(`no ${symbol}`);
    const more = held.quantity * (times - 1);
    const description = `${symbol}(${held.isin}) SPLIT ${times} FOR 1 (${symbol})`;
    this.hold(symbol, held.isin, more);
    const fields = { symbol, isin: held.isin, description, currency: 'USD', type: 'FS' };
    this.put('CorporateActions', { ...fields, quantity: more, dateTime: '20260301' });
  }

  /** All shares go, for cash, for shares of another security, or for both. */
  merge(symbol: string, cents: number, currency: string, into?: readonly [string, string, number]) {
    const { isin = '', quantity = 0 } = this.shares.get(symbol) ?? {};
    this.shares.delete(symbol);
    this.pay(currency, cents);
    const description = `${symbol}(${isin}) MERGED(Acquisition) (${symbol})`;
    const fields = { description, currency, type: 'TC', dateTime: '20260301', fxRateToBase: 1.1 };
    const gone = { ...fields, symbol, isin, quantity: -quantity };
    this.put('CorporateActions', { ...gone, proceeds: cents / 100 });
    if (!into) return;
    const [name, other, shares] = into;
    this.hold(name, other, shares);
    this.put('CorporateActions', { ...fields, symbol: name, isin: other, quantity: shares });
  }

  put(section: Section, row: Row): void {
    const rows = this.rows.get(section) ?? [];
    const at = this.moment && { dateTime: this.moment };
    this.rows.set(section, [...rows, { transactionID: (this.ids += 1), ...row, ...at }]);
  }

  /** Another amount in a row of the past, as the broker corrects it. */
  restate(section: Section, type: string, amountCents: number): void {
    const rows = this.rows.get(section) ?? [];
    const found = rows.findLast((row) => row['type'] === type);
    if (!found) throw new Error(`no row ${type}`);
    this.pay(String(found['currency']), amountCents - Math.round(Number(found['amount']) * 100));
    const restated = { ...found, amount: amountCents / 100 };
    this.rows.set(
      section,
      rows.map((row) => (row === found ? restated : row)),
    );
  }

  hold(symbol: string, isin: string, quantity: number): void {
    const before = this.shares.get(symbol)?.quantity ?? 0;
    this.shares.set(symbol, { isin, quantity: before + quantity });
  }

  private pay(currency: string, cents: number): void {
    this.cents.set(currency, (this.cents.get(currency) ?? 0) + cents);
  }

  private serve(request: IncomingMessage, response: ServerResponse): void {
    this.calls += 1;
    const url = new URL(request.url ?? '/', this.base);
    if (!request.headers['user-agent']) return send(response, 403, 'no agent');
    if (this.fault === 'html') return send(response, 200, '<html><body>down<br></body></html>');
    if (this.fault === '500') return send(response, 500, 'down');
    if (this.fault !== undefined) return send(response, 200, error(this.fault));
    if (url.searchParams.get('t') !== FLEX_TOKEN) return send(response, 200, error('1015'));
    if (url.pathname.endsWith('/SendRequest')) {
      const at = this.url ?? `${this.base}/AccountManagement/FlexWebService/GetStatement`;
      return send(
        response,
        200,
        `<FlexStatementResponse timestamp="x"><Status>Success</Status><ReferenceCode>42</ReferenceCode><Url>${at}</Url></FlexStatementResponse>`,
      );
    }
    this.busy -= 1;
    if (this.busy >= 0) return send(response, 200, error('1019'));
    send(response, 200, this.served ?? this.statement());
  }

  statement(): string {
    const held = [...this.shares].filter(([, { quantity }]) => quantity !== 0);
    this.rows.set(
      'OpenPositions',
      held.map(([symbol, { isin, quantity }]) => ({
        ...{ symbol, isin, position: quantity, currency: 'USD', levelOfDetail: 'SUMMARY' },
      })),
    );
    const balances = [...this.cents].map(([currency, cents]) => ({
      currency,
      endingCash: cents / 100,
    }));
    this.rows.set('CashReport', [{ currency: 'BASE_SUMMARY', endingCash: 1 }, ...balances]);
    const sections = Object.entries(elements)
      .filter(([section]) => !this.left.has(section as Section))
      .map(([section, element]) => {
        const own = this.rows.get(section as Section) ?? [];
        const rows = Array.from({ length: this.copies }, () => own).flat();
        return `<${section}>${rows.map(({ element: own = element, ...row }) => tag(String(own), row)).join('')}</${section}>`;
      });
    const statements = this.accounts.map(
      (account) =>
        `<FlexStatement accountId="${account}" fromDate="20260101" toDate="${this.toDate}" whenGenerated="${this.whenGenerated}">${sections.join('')}</FlexStatement>`,
    );
    return `<FlexQueryResponse queryName="mock" type="AF"><FlexStatements count="${statements.length}">${statements.join('\n')}</FlexStatements></FlexQueryResponse>`;
  }
}

function tag(name: string, row: Row): string {
  const attributes = Object.entries(row).map(
    ([key, value]) => `${key}="${String(value).replaceAll('&', '&amp;')}"`,
  );
  return `<${name} ${attributes.join(' ')} model="" />`;
}

function error(code: string): string {
  return `<FlexStatementResponse timestamp="x"><Status>Warn</Status><ErrorCode>${code}</ErrorCode><ErrorMessage>${FLEX_TOKEN} is not well</ErrorMessage></FlexStatementResponse>`;
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'Content-Type': 'text/xml' });
  response.end(body);
}
