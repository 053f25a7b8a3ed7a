import type { OrderInstruction } from '#shared/clients/broker/broker.ts';
import {
  brokerOrderOf,
  openBook,
  statementOf,
  withDeposit,
  withHoldings,
  type PaperBook,
  type PaperMarket,
} from '#shared/clients/broker/paper/paper-book.ts';
import {
  executionPrice,
  firstPart,
  reachesStop,
  type FirmQuote,
} from '#shared/clients/broker/paper/fills.ts';
import { cancel, advanceOrders, place } from '#shared/clients/broker/paper/orders.ts';
import {
  paperBookOf,
  paperRecord,
  paperRecordOf,
  settledOrderOf,
} from '#shared/clients/broker/paper/record.ts';
import { parseDay, startOf } from '#shared/kernel/calendar-day.ts';
import type { PaperTerms } from '#shared/clients/broker/paper/paper-book.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { later } from '#shared/kernel/instant.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price } from '#shared/kernel/price.ts';
import { encode } from '#shared/redis/codec.ts';
import { ALPHA } from '../../support/markets/set-market.ts';

const EUR = parseCurrency('EUR');
const DAY = parseDay('2024-03-04');
const NOW = startOf(DAY);
const free: PaperTerms = {
  slippageMaxRatio: 0.0005,
  volumeMaxRatio: 0.1,
  splitRatio: 0.2,
  feeFixed: Decimal.zero,
  feeRatio: 0,
  exchangeFeeRatio: 0,
  halfSpreadRatio: 0.001,
  sellTaxRatio: 0,
};
const charged: PaperTerms = {
  ...free,
  feeFixed: Decimal.of(2),
  feeRatio: 0.002,
  sellTaxRatio: 0.01,
};

function quote(close: number, averageVolume?: number): FirmQuote {
  return { isin: ALPHA, currency: EUR, lot: Decimal.one, close, averageVolume, rate: Decimal.one };
}

function market(close: number, costs = free, averageVolume?: number): PaperMarket {
  const quotes = new Map([[ALPHA, quote(close, averageVolume)]]);
  return { now: NOW, today: DAY, quotes, actions: [], rates: new Map(), costs };
}

let ids = 0;
function order(overrides: Partial<OrderInstruction> = {}): OrderInstruction {
  ids += 1;
  return {
    clientOrderId: `order-${ids}`,
    accountId: DEFAULT_ACCOUNT,
    isin: ALPHA,
    symbol: 'ALPHA',
    side: 'BUY',
    quantity: Decimal.of(10),
    type: 'MARKET',
    timeInForce: 'FOK',
    ...overrides,
  };
}

const opened = (cash: string): PaperBook =>
  openBook(DEFAULT_ACCOUNT, Money.parse(cash, 'EUR'), NOW);
const only = (book: PaperBook, sent: OrderInstruction) => {
  const found = book.orders.get(sent.clientOrderId);
  if (!found) throw new Error('the order is not there');
  return brokerOrderOf(found);
};
const price = (text: string) => Price.parse(text, 'EUR');

describe('the price of an execution', () => {
  it('is worse than the close by half the spread and at most the slippage', () => {
    for (let i = 0; i < 200; i += 1) {
      const bought = executionPrice(order(), true, quote(100), free)?.toEstimate() ?? 0;
      const sold =
        executionPrice(order({ side: 'SELL' }), true, quote(100), free)?.toEstimate() ?? 0;
      expect(bought).toBeGreaterThanOrEqual(100.1);
      expect(bought).toBeLessThanOrEqual(100.15);
      expect(sold).toBeLessThanOrEqual(99.9);
      expect(sold).toBeGreaterThanOrEqual(99.85);
    }
  });

  it('is the same for the same order, and not for every order', () => {
    const sent = order();
    expect(executionPrice(sent, true, quote(100), free)).toEqual(
      executionPrice(sent, true, quote(100), free),
    );
    const prices = Array.from({ length: 20 }, () =>
      executionPrice(order(), true, quote(100), free)?.toString(),
    );
    expect(new Set(prices).size).toBeGreaterThan(10);
  });

  it('does not pass a limit, and is none while the touch lies beyond it', () => {
    const buy = (limit: string) =>
      executionPrice(order({ type: 'LIMIT', limitPrice: price(limit) }), true, quote(100), free);
    const sell = (limit: string) =>
      executionPrice(
        order({ type: 'LIMIT', side: 'SELL', limitPrice: price(limit) }),
        true,
        quote(100),
        free,
      );
    // The touch is 100.10 for a buy and 99.90 for a sale.
    expect(buy('100.10')?.toString()).toBe('EUR 100.1');
    expect(buy('100.09')).toBeUndefined();
    expect(sell('99.90')?.toString()).toBe('EUR 99.9');
    expect(sell('99.91')).toBeUndefined();
  });

  it('waits for a stop to be reached from its own side', () => {
    const stop = { stopPrice: price('100') };
    expect(reachesStop(order(stop), 99)).toBe(false);
    expect(reachesStop(order(stop), 100)).toBe(true);
    expect(reachesStop(order({ ...stop, side: 'SELL' }), 101)).toBe(false);
    expect(reachesStop(order({ ...stop, side: 'SELL' }), 100)).toBe(true);
    expect(executionPrice(order(stop), false, quote(100), free)).toBeUndefined();
  });
});

describe('the parts of an execution', () => {
  it('are a tenth of the day’s volume first where the order is larger than that', () => {
    const large = order({ quantity: Decimal.of(500), timeInForce: 'DAY' });
    expect(firstPart(large, quote(100, 1234), free).toString()).toBe('123');
  });

  it('are two for some small orders, whole lots each', () => {
    const parts = Array.from({ length: 400 }, () =>
      firstPart(
        order({ quantity: Decimal.of(7), timeInForce: 'GTC' }),
        quote(100),
        free,
      ).toString(),
    );
    const split = parts.filter((part) => part !== '7');
    expect(split.length).toBeGreaterThan(40);
    expect(split.length).toBeLessThan(120);
    expect(new Set(split)).toEqual(new Set(['2', '3', '4']));
  });

  it('never split a single lot', () => {
    for (let i = 0; i < 100; i += 1) {
      const one = order({ quantity: Decimal.one, timeInForce: 'GTC' });
      expect(firstPart(one, quote(100, 1), free).toString()).toBe('1');
    }
  });
});

describe('an order at the paper broker', () => {
  it('takes cash to the cent, charges included', () => {
    const sent = order({ type: 'LIMIT', limitPrice: price('100.1') });
    const { book } = place(opened('2000'), sent, market(100, charged));
    // 10 x 100.10 = 1001; commission 2 + 2.002 rounded up.
    expect(only(book, sent).fills[0]?.commission.toString()).toBe('EUR 4.01');
    expect(book.cash.toString()).toBe('EUR 994.99');
  });

  it('gives what is left of a sale after commission and tax', () => {
    const held = withHoldings(
      opened('10'),
      [{ isin: ALPHA, symbol: 'ALPHA', quantity: Decimal.of(10) }],
      NOW,
    );
    const sent = order({ side: 'SELL', type: 'LIMIT', limitPrice: price('99.9') });
    const { book } = place(held, sent, market(100, charged));
    // 999 - (2 + 1.998 rounded up) - 9.99
    expect(book.cash.toString()).toBe('EUR 995.01');
    expect(book.holdings.size).toBe(0);
  });

  it('is rejected when cash does not cover the charges too', () => {
    const sent = order({ type: 'LIMIT', limitPrice: price('100.1') });
    const enough = place(opened('1005.01'), sent, market(100, charged));
    const short = place(opened('1005.00'), sent, market(100, charged));
    expect(enough.book.cash.toString()).toBe('EUR 0.00');
    expect(short.outcome).toEqual({ kind: 'rejected', reason: 'insufficient-cash' });
    expect(short.book.cash.toString()).toBe('EUR 1005.00');
  });

  it.each([
    ['quantity-not-positive', { quantity: Decimal.zero }],
    ['lot-size', { quantity: Decimal.parse('1.5') }],
    ['limit-price-missing', { type: 'LIMIT' }],
    ['stop-price-missing', { type: 'STOP_LIMIT', limitPrice: price('1') }],
    ['price-not-expected', { stopPrice: price('1') }],
    ['price-currency', { type: 'LIMIT', limitPrice: Price.parse('1', 'USD') }],
    ['insufficient-shares', { side: 'SELL' }],
  ] as const)('is rejected as %s', (reason, overrides) => {
    const { outcome } = place(opened('5000'), order(overrides), market(100));
    expect(outcome).toEqual({ kind: 'rejected', reason });
  });

  it('cancels its remainder when the price exceeds the cash', () => {
    const sent = order({ quantity: Decimal.of(100), timeInForce: 'GTC' });
    const { book } = place(opened('10100'), sent, market(100, free, 300));
    const later = advanceOrders(book, market(150, free, 300));
    expect(only(book, sent)).toMatchObject({ state: 'PARTIAL' });
    expect(only(later, sent)).toMatchObject({ state: 'CANCELLED', reason: 'insufficient-cash' });
    expect(later.cash.sign).toBe(1);
  });

  it('stays triggered once its stop was reached', () => {
    const prices = { stopPrice: price('110'), limitPrice: price('105') };
    const sent = order({ type: 'STOP_LIMIT', timeInForce: 'GTC', ...prices });
    const placed = place(opened('5000'), sent, market(100)).book;
    const reached = advanceOrders(placed, market(112));
    const back = advanceOrders(reached, market(104));
    expect(only(placed, sent).fills).toEqual([]);
    expect(only(reached, sent).fills).toEqual([]);
    expect(only(back, sent).fills.length).toBeGreaterThan(0);
  });

  it('is not changed by a cancellation that comes too late', () => {
    const sent = order();
    const { book } = place(opened('5000'), sent, market(100));
    expect(cancel(book, sent.clientOrderId)).toBe(book);
  });

  it('is unchanged by a query that finds nothing to do', () => {
    const sent = order({ type: 'LIMIT', timeInForce: 'GTC', limitPrice: price('50') });
    const { book } = place(opened('5000'), sent, market(100));
    expect(advanceOrders(book, market(100))).toBe(book);
  });
});

describe('the paper book', () => {
  it('gives movements one order, whatever the clock does', () => {
    const twice = withDeposit(opened('1'), 'a', Money.parse('1', 'EUR'), later(NOW, -5));
    const times = twice.flows.map((flow) => flow.happenedAt);
    expect(times[1]).toBe((times[0] ?? 0) + 1);
  });

  it('comes back from its record as it was', () => {
    const all = market(100, charged, 60);
    const orders = [
      order({ quantity: Decimal.of(20), timeInForce: 'GTC' }),
      order({ type: 'LIMIT', timeInForce: 'GTC', limitPrice: price('50.5') }),
      order({ type: 'STOP', timeInForce: 'DAY', stopPrice: price('200') }),
      order({ side: 'SELL', quantity: Decimal.of(500) }),
    ];
    const book = orders.reduce((next, sent) => place(next, sent, all).book, opened('9000'));
    const { record, settled } = paperRecordOf(book, undefined, new Set());
    const stored = paperRecord().parse(JSON.parse(JSON.stringify(record)));
    const ended = settled.map((line) =>
      settledOrderOf(JSON.parse(JSON.stringify(line)), DEFAULT_ACCOUNT, book.currency),
    );
    const back = paperBookOf(stored, DEFAULT_ACCOUNT, ended);
    expect(statementOf(back, NOW)).toEqual(statementOf(book, NOW));
    const live = paperBookOf(stored, DEFAULT_ACCOUNT, []);
    expect(live.orders.size).toBe(3);
    expect(encode(paperRecordOf(live, stored, new Set()))).toBe(
      encode({ record, settled: [], ended: [] }),
    );
  });

  it('moves settled orders of an older record to the list, once', () => {
    const book = place(opened('9000'), order({ timeInForce: 'GTC' }), market(100)).book;
    const { record, settled } = paperRecordOf(book, undefined, new Set());
    const lines = settled.map((line) => [...line]);
    const written = JSON.stringify({ ...record, settledCount: undefined, settled: lines });
    const older = paperRecord().parse(JSON.parse(written));
    const next = paperRecordOf(paperBookOf(older, DEFAULT_ACCOUNT, []), older, new Set());
    expect(encode(next.settled)).toBe(encode(lines));
    expect(next.record.settledCount).toBe(lines.length);
    expect('settled' in next.record).toBe(false);
  });
});
