import type { OrderInstruction } from '#shared/clients/broker/broker.ts';
import { FlexApi } from '#shared/clients/broker/interactive-brokers/flex-api.ts';
import { InteractiveBrokers } from '#shared/clients/broker/interactive-brokers/interactive-brokers.ts';
import { emptyBook } from '#shared/portfolio/model/booking.ts';
import { reconcile } from '#shared/portfolio/model/reconciliation/reconcile.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { instantOf, isoText } from '#shared/kernel/instant.ts';
import { Money } from '#shared/kernel/money.ts';
import { explainedCash } from '../../support/brokers/broker-conformance.ts';
import { FLEX_TOKEN, FlexMock } from '../../support/brokers/flex-mock.ts';

const signal = new AbortController().signal;
const [USD, EUR] = [parseCurrency('USD'), parseCurrency('EUR')];
const AAPL = 'US0378331005';
const SAP = 'DE0007164600';
let mock: FlexMock;
let url: string;
let nowMs = Date.parse('2026-03-02T12:00:00Z');

beforeEach(async () => {
  mock = new FlexMock();
  url = await mock.start();
});
afterEach(() => mock.stop());

function open(more: { readonly token?: string; readonly account?: string } = {}) {
  const token = () => more.token ?? FLEX_TOKEN;
  return new InteractiveBrokers({
    api: new FlexApi({ baseUrl: url, queryId: '7', token, waitMs: 1 }),
    currency: USD,
    account: more.account,
    now: () => instantOf(nowMs),
  });
}
const statement = (broker = open()) => broker.statement(DEFAULT_ACCOUNT, signal);
const failureOf = async (call: Promise<unknown>) =>
  Failure.from(
    await call.then(
      () => undefined,
      (thrown: unknown) => thrown,
    ),
  );

describe('an account at Interactive Brokers', () => {
  beforeEach(() => {
    mock.cash('Deposits/Withdrawals', 1_000_000);
    mock.trade('AAPL', AAPL, 10, 18_940, { ibCommission: -1, ibCommissionCurrency: 'USD' });
    mock.trade('AAPL', AAPL, -4, 19_000, { ibCommission: -1, orderReference: '1000000007' });
    mock.cash('Dividends', 440, 'USD', { isin: AAPL, actionID: '77' });
    mock.cash('Withholding Tax', -66, 'USD', { isin: AAPL, actionID: '77' });
    mock.cash('Broker Interest Received', 12);
    mock.cash('Other Fees', -150);
    mock.cash('Deposits/Withdrawals', -2_000, 'USD', { dateTime: '2026-02-13' });
  });

  it('agrees with its movements', async () => {
    const seen = await statement();
    expect(seen.cash).toEqual(explainedCash(seen));
    expect(seen.holdings).toMatchObject([{ isin: AAPL, symbol: 'AAPL' }]);
    expect(seen.holdings[0]?.quantity.toString()).toBe('6');
    expect(seen.fills.map(({ side, clientOrderId }) => [side, clientOrderId])).toEqual([
      ['BUY', 'ibkr-300000001'],
      ['SELL', '1000000007'],
    ]);
    expect(seen.fills[0]?.settlement.toString()).toBe('USD -1895.00');
    const kinds = seen.flows.map(({ kind }) => kind).sort();
    expect(kinds).toEqual(['deposit', 'dividend', 'fee', 'interest', 'tax', 'withdrawal']);
  });

  it('reads times of any form in New York', async () => {
    const { fills, flows, takenAt } = await statement();
    expect(isoText(fills[0]?.executedAt ?? instantOf(0))).toMatch(/^2026-01-05T14:30:01/);
    const last = flows.at(-1);
    expect([last?.kind, isoText(last?.happenedAt ?? instantOf(0))]).toEqual([
      'withdrawal',
      expect.stringMatching(/^2026-02-13T05:00:00/),
    ]);
    expect(isoText(takenAt)).toMatch(/^2026-03-02T11:00:00/);
  });

  it('is booked once, and nothing of it as external', async () => {
    const book = emptyBook(DEFAULT_ACCOUNT, USD);
    const first = reconcile(book, await statement(), new Map(), { recordedAt: instantOf(nowMs) });
    expect(first).toMatchObject({ fillsBooked: 2, flowsBooked: 6, externalBooked: 0 });
    const again = reconcile(first.book, await statement(), new Map(), {
      recordedAt: instantOf(nowMs),
    });
    expect(again).toMatchObject({ fillsBooked: 0, flowsBooked: 0, externalBooked: 0 });
  });

  it('keeps balances of other currencies apart, each explained', async () => {
    mock.exchange(1_000, 1_100);
    mock.trade('SAP', SAP, 2, 10_000, {
      ...{ currency: 'EUR', fxRateToBase: 1.1, ibCommission: -3, ibCommissionCurrency: 'EUR' },
    });
    const seen = await statement();
    expect(seen.cash).toEqual(explainedCash(seen));
    const [euros] = seen.otherBalances ?? [];
    expect(euros?.cash.toString()).toBe('EUR 797.00');
    expect(Money.sum(euros?.flows.map(({ amount }) => amount) ?? [], EUR)).toEqual(euros?.cash);
    const bought = seen.fills.find(({ isin }) => isin === SAP);
    expect(bought?.settlement.toString()).toBe('USD -220.00');
  });

  it.each([
    ['IN', 1, 'transfer-in', 'deposit'],
    ['OUT', -1, 'transfer-out', 'withdrawal'],
  ])(
    'has a transfer %s of shares and cash as two movements with the rate, booked once',
    async (direction, sign, shares, cash) => {
      // What goes out was there before.
      mock.trade('SAP', SAP, 9, 10_000, { currency: 'EUR', fxRateToBase: 1.1 });
      mock.cash('Deposits/Withdrawals', 200_000, 'EUR', { fxRateToBase: 1.1 });
      mock.transfer('SAP', SAP, sign * 5, sign * 12_345, {
        ...{ direction, currency: 'EUR', fxRateToBase: 1.0812, dateTime: '20260213;101500' },
      });
      const seen = await statement();
      const delivered = seen.flows.filter(({ kind }) => kind === shares);
      expect(
        delivered.map(({ isin, quantity, amount }) => [isin, `${quantity}`, `${amount}`]),
      ).toEqual([[SAP, '5', 'USD 0.00']]);
      const [euros] = seen.otherBalances ?? [];
      const paid = euros?.flows.find(({ flowId }) => flowId === `${delivered[0]?.flowId}-cash`);
      expect([paid?.kind, `${paid?.amount}`, `${paid?.exchangeRate}`]).toEqual([
        ...[cash, `EUR ${sign < 0 ? '-' : ''}123.45`, '1.0812'],
      ]);
      expect(Money.sum(euros?.flows.map(({ amount }) => amount) ?? [], EUR)).toEqual(euros?.cash);
      expect(seen.cash).toEqual(explainedCash(seen));
      const at = { recordedAt: instantOf(nowMs) };
      const first = reconcile(emptyBook(DEFAULT_ACCOUNT, USD), seen, new Map(), at);
      expect(first.externalBooked).toBe(0);
      const again = reconcile(first.book, await statement(), new Map(), at);
      expect(again).toMatchObject({ fillsBooked: 0, flowsBooked: 0, externalBooked: 0 });
    },
  );

  const at = { recordedAt: instantOf(nowMs) };
  const bookOf = async () =>
    reconcile(emptyBook(DEFAULT_ACCOUNT, USD), await statement(), new Map(), at);
  /** Shares and their cost by ISIN, without what is closed; and what was realised. */
  const holdingsOf = ({ book }: Awaited<ReturnType<typeof bookOf>>) =>
    [...book.holdings.values()].map(({ isin, lots, realized }) => [
      isin,
      lots.reduce((sum, { quantity }) => sum.add(quantity), Decimal.zero).toString(),
      Money.sum(
        lots.map(({ cost }) => cost),
        USD,
      ).toString(),
      realized.toString(),
    ]);

  it('states the cost of shares that a transfer brings, where the statement does', async () => {
    const more = { direction: 'IN', currency: 'EUR', fxRateToBase: 1.0812 };
    mock.transfer('SAP', SAP, 5, 0, { ...more, transferPrice: 20.5, dateTime: '20260213;101500' });
    const booked = await bookOf();
    expect(holdingsOf(booked)).toContainEqual([SAP, '5', 'USD 110.82', 'USD 0.00']);
    expect(booked.externalBooked).toBe(0);
  });

  it.each([[{ transferPrice: 0 }], [{ transferPrice: 20.5, fxRateToBase: '' }], [{}]])(
    'states no cost from %j',
    async (fields) => {
      const more = { direction: 'IN', currency: 'EUR', fxRateToBase: 1.0812, ...fields };
      mock.transfer('SAP', SAP, 5, 0, { ...more, dateTime: '20260213;101500' });
      const delivered = (await statement()).flows.find(({ kind }) => kind === 'transfer-in');
      expect([delivered?.price, delivered?.exchangeRate]).toEqual([undefined, undefined]);
    },
  );

  it('has a reverse split to a new ISIN, whose shares keep their cost', async () => {
    const before = holdingsOf(await bookOf());
    mock.reverseSplit('AAPL', AAPL, SAP, 1);
    const { corporateActions } = await statement();
    expect(corporateActions).toMatchObject([
      { kind: 'split', isin: AAPL },
      { kind: 'rename', isin: AAPL, newIsin: SAP, newSymbol: 'AAPL' },
    ]);
    expect(corporateActions?.[0]?.sharesChange?.toString()).toBe('-5');
    expect(corporateActions?.[0]?.oldShares?.toString()).toBe('25');
    const booked = await bookOf();
    const [, , cost = '', realized = ''] = before[0] ?? [];
    expect(holdingsOf(booked)).toContainEqual([SAP, '1', cost, realized]);
    expect([booked.externalBooked, booked.actionsBooked]).toEqual([0, 2]);
  });

  it('has a split in one row', async () => {
    const [, , cost = '', realized = ''] = holdingsOf(await bookOf())[0] ?? [];
    mock.split('AAPL', 3);
    const booked = await bookOf();
    expect(holdingsOf(booked)).toEqual([[AAPL, '18', cost, realized]]);
    expect(booked.externalBooked).toBe(0);
  });

  it('has a merger for shares, which keep the cost of the old ones', async () => {
    const [, , cost = '', realized = ''] = holdingsOf(await bookOf())[0] ?? [];
    mock.merge('AAPL', 0, 'USD', ['SAP', SAP, 2]);
    const booked = await bookOf();
    expect(holdingsOf(booked)).toEqual([
      [AAPL, '0', 'USD 0.00', realized],
      [SAP, '2', cost, 'USD 0.00'],
    ]);
    expect(booked.externalBooked).toBe(0);
  });

  it.each([
    ['USD', 200_000, 'USD 2000.00'],
    ['EUR', 200_000, 'USD 2200.00'],
  ])('has a merger for cash in %s, which realises a gain', async (currency, cents, worth) => {
    const [, , cost = '', realized = ''] = holdingsOf(await bookOf())[0] ?? [];
    mock.merge('AAPL', cents, currency);
    const seen = await statement();
    const { amount } = Money.parse(worth.slice(4), 'USD').subtract(
      Money.parse(cost.slice(4), 'USD'),
    );
    const gain = Money.parse(realized.slice(4), 'USD').amount.add(amount);
    const booked = await bookOf();
    expect(holdingsOf(booked)).toEqual([[AAPL, '0', 'USD 0.00', `USD ${gain.toString()}`]]);
    expect([booked.externalBooked, booked.book.cash]).toEqual([0, seen.cash]);
    expect(booked.book.foreignCash).toEqual(
      currency === 'EUR' ? [Money.parse('2000.00', 'EUR')] : [],
    );
  });

  it('has each row once that the statement has twice', async () => {
    const once = await bookOf();
    mock.copies = 2;
    expect(await bookOf()).toEqual(once);
  });
});

describe('a statement in a form that a query may have', () => {
  const everywhere = (more: string) => (xml: string) =>
    xml.replaceAll(' model="" />', ` ${more} />`);

  it.each<[string, (xml: string) => string]>([
    ['with a declaration and a byte-order mark', (xml) => `\ufeff<?xml version="1.0"?>\n${xml}`],
    ['over many lines, with comments', (xml) => xml.replaceAll('><', '>\n  <!-- x --><')],
    [
      'with attributes of another version',
      everywhere('acctAlias="" newField="&lt;1&gt;" model=""'),
    ],
    ['without empty attributes', everywhere('')],
    [
      'with sections that are not read',
      (xml) => xml.replaceAll('<CashReport>', '<NewSection><New a="1"/></NewSection><CashReport>'),
    ],
    [
      'with an empty section that is not needed',
      (xml) => xml.replaceAll('<Transfers></Transfers>', '<Transfers/>'),
    ],
    [
      'without a section that is not needed',
      (xml) => xml.replaceAll('<Transfers></Transfers>', ''),
    ],
    ['with a zone in its times', (xml) => xml.replace(/(;\d{6})"/g, '$1 EST"')],
    [
      'with other separators in its times',
      (xml) => xml.replace(/"(\d{4})(\d\d)(\d\d);(\d\d)(\d\d)(\d\d)"/g, '"$1-$2-$3, $4:$5:$6"'),
    ],
    ['with separated thousands', (xml) => xml.replaceAll('amount="10000"', 'amount="10,000.00"')],
    [
      'with more decimals',
      (xml) => xml.replace(/(amount|proceeds|quantity|endingCash)="(-?\d+)"/g, '$1="$2.000000000"'),
    ],
  ])('is read %s', async (_, change) => {
    mock.cash('Deposits/Withdrawals', 1_000_000);
    mock.trade('AAPL', AAPL, 10, 18_940, { ibCommission: -1, ibCommissionCurrency: 'USD' });
    mock.cash('Dividends', 440, 'USD', { isin: AAPL, actionID: '77' });
    mock.exchange(1_000, 1_100);
    const plain = await statement();
    const altered = change(mock.statement());
    expect(altered).not.toBe(mock.statement());
    mock.served = altered;
    expect(await statement()).toEqual(plain);
  });

  it.each<[string, (xml: string) => string, string]>([
    ['a trade without its id', (xml) => xml.replaceAll('transactionID', 'tID'), 'transactionID'],
    ['an amount that is no number', (xml) => xml.replaceAll('amount="', 'amount="x'), 'amount'],
    ['a time that is none', (xml) => xml.replaceAll('dateTime="', 'dateTime="on '), 'the date'],
    [
      'a currency that is none',
      (xml) => xml.replaceAll('currency="USD"', 'currency="Dollar"'),
      'the currency',
    ],
    ['a trade without ISIN', (xml) => xml.replaceAll(' isin=', ' cusip='), 'no ISIN of AAPL'],
    ['an unknown kind of security', (xml) => xml.replaceAll('"STK"', '"CRYPTO"'), 'CRYPTO'],
  ])('is refused with %s, which is named', async (_, change, name) => {
    mock.cash('Deposits/Withdrawals', 1_000_000);
    mock.trade('AAPL', AAPL, 10, 18_940);
    mock.served = change(mock.statement());
    const failure = await failureOf(statement());
    expect([failure.code, failure.message]).toEqual([
      'UPSTREAM_BROKEN',
      expect.stringContaining(name),
    ]);
  });
});

describe('the Flex service', () => {
  it('is polled until the statement is ready, and then not for a while', async () => {
    mock.busy = 3;
    const broker = open();
    await statement(broker);
    expect(mock.calls).toBe(5);
    await statement(broker);
    expect(mock.calls).toBe(5);
    nowMs += 16 * 60_000;
    await statement(broker);
    expect(mock.calls).toBe(7);
  });

  it.each([
    ['1012', 'flex-token'],
    ['1014', 'flex-query'],
    ['1003', 'flex-statement'],
  ])('explains error %s', async (code, rule) => {
    mock.fault = code;
    expect((await failureOf(statement())).facts['rule']).toBe(rule);
  });

  it.each(['html', '500', '1019', '1012', '9999'])('reveals no token with %s', async (fault) => {
    mock.fault = fault;
    const failure = await failureOf(statement());
    expect(['UNAVAILABLE', 'UPSTREAM_BROKEN', 'REFUSED']).toContain(failure.code);
    for (let at: unknown = failure; at instanceof Error; at = at.cause)
      expect(`${at.message} ${at.stack} ${JSON.stringify(at)}`).not.toContain(FLEX_TOKEN);
  });

  it('is not followed to another host with the token', async () => {
    mock.url = 'https://interactivebrokers.com.evil.example/x';
    expect((await failureOf(statement())).code).toBe('UPSTREAM_BROKEN');
    mock.url = 'http://ndcdyn.interactivebrokers.com/x';
    expect((await failureOf(statement())).code).toBe('UPSTREAM_BROKEN');
  });

  it.each(['OpenPositions', 'CashReport'] as const)(
    'without %s is not an empty account',
    async (section) => {
      mock.left.add(section);
      const failure = await failureOf(statement());
      expect(failure.code).toBe('UPSTREAM_BROKEN');
      expect(failure.message).toContain(section);
    },
  );

  it('with several accounts requires an account number', async () => {
    mock.accounts = ['U1', 'U2'];
    expect((await failureOf(statement())).facts['rule']).toBe('flex-account');
    expect(await statement(open({ account: 'U2' }))).toBeDefined();
    expect((await failureOf(statement(open({ account: 'U3' })))).facts['rule']).toBe(
      'flex-account',
    );
  });

  it('stops the reading at an unknown row', async () => {
    mock.cash('Something New', 5);
    expect((await failureOf(statement())).code).toBe('UPSTREAM_BROKEN');
  });
});

describe('orders for Interactive Brokers', () => {
  const order: OrderInstruction = {
    ...{ clientOrderId: '1', accountId: DEFAULT_ACCOUNT, isin: 'US0378331005', symbol: 'AAPL' },
    ...{ side: 'BUY', quantity: Decimal.one, type: 'MARKET', timeInForce: 'DAY' },
  } as OrderInstruction;

  it('are refused by name before anything is sent', async () => {
    const outcome = await open().submit(order);
    expect(outcome).toMatchObject({
      kind: 'rejected',
      reason: expect.stringMatching(/^unsupported-read-only/) as string,
    });
    expect((await failureOf(open().cancel())).facts['rule']).toBe('read-only');
    expect(mock.calls).toBe(0);
  });
});
