import { Decimal } from '#shared/kernel/decimal.ts';
import { costOf, quantityHeld, quantityOf } from '#shared/portfolio/model/booking.ts';
import { replay } from '../../support/book-of-ledger.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { ALPHA } from '../../support/markets/set-market.ts';
import { bookOf, EUR, euros, line, trade } from './lines.ts';

const held = (book: ReturnType<typeof bookOf>) => {
  const holding = book.holdings.get(ALPHA);
  if (!holding) throw new Error('nothing held');
  return holding;
};

describe('booking', () => {
  it('changes cash by exactly what was settled', () => {
    const book = bookOf(
      line('deposit', '1000.00'),
      trade('buy', '3', '100', '-301.07'),
      line('fee', '-0.99'),
      line('dividend', '4.20'),
      line('withdrawal', '-50.00'),
    );
    expect(book.cash).toEqual(euros('652.14'));
  });

  it('books a line once, whatever it says the second time', () => {
    const book = bookOf(
      trade('buy', '3', '100', '-300.00', { id: 'fill-1' }),
      trade('buy', '9', '100', '-900.00', { id: 'fill-1' }),
    );
    expect(quantityHeld(book, ALPHA)).toEqual(Decimal.of(3));
    expect(book.cash).toEqual(euros('-300.00'));
  });

  it('gives a lot the cash paid for it as cost, and a unit cost with fees in it', () => {
    const book = bookOf(trade('buy', '4', '50', '-182.00', { currency: 'USD', rate: '0.9' }));
    const [lot] = held(book).lots;
    expect(lot?.cost).toEqual(euros('182.00'));
    // 182 EUR / 0.9 / 4 shares
    expect(lot?.unitCost.toString()).toBe('USD 50.55555556');
  });

  it('sells from the oldest lot first and realizes what that lot cost', () => {
    const book = bookOf(
      trade('buy', '10', '10', '-101.00'),
      trade('buy', '10', '20', '-201.00'),
      trade('sell', '15', '30', '449.00'),
    );
    // 101 + half of 201 = 201.50; 449 - 201.50 = 247.50
    expect(held(book).realized).toEqual(euros('247.50'));
    expect(costOf(held(book), EUR)).toEqual(euros('100.50'));
    expect(quantityOf(held(book)).toString()).toBe('5');
  });

  it('remains with the published FIFO cost after buys and a sale', () => {
    const book = bookOf(
      trade('buy', '109', '28', '-3149.20'),
      trade('sell', '15', '35', '531.50'),
      trade('buy', '52', '32', '-1684.92'),
      trade('buy', '32', '29', '-959.30'),
    );
    expect(costOf(held(book), EUR)).toEqual(euros('5360.04'));
  });

  it('loses no cent when a lot is sold share by share', () => {
    const sales = Array.from({ length: 7 }, () => trade('sell', '1', '10', '10.00'));
    const book = bookOf(trade('buy', '7', '14', '-100.00'), ...sales);
    // All proceeds less all cost, though 100 / 7 has no end.
    expect(held(book).realized).toEqual(euros('-30.00'));
    expect(held(book).lots).toEqual([]);
    expect(held(book).closedAt).toBeDefined();
  });

  it('opens a closed holding again and keeps what it earned before', () => {
    const book = bookOf(
      trade('buy', '1', '10', '-10.00'),
      trade('sell', '1', '12', '12.00'),
      trade('buy', '1', '11', '-11.00'),
    );
    expect(held(book).closedAt).toBeUndefined();
    expect(held(book).realized).toEqual(euros('2.00'));
  });

  it('books transferred shares at their stated value and transfers them out without a gain', () => {
    const book = bookOf(
      trade('transfer-in', '4', '25', '0', { currency: 'USD', rate: '0.8' }),
      trade('transfer-out', '1', '99', '0'),
    );
    expect(costOf(held(book), EUR)).toEqual(euros('60.00'));
    expect(held(book).realized).toEqual(euros('0.00'));
    expect(book.cash).toEqual(euros('0.00'));
  });

  it('refuses to deliver shares it does not hold', () => {
    expect(() => bookOf(trade('sell', '1', '10', '10.00'))).toThrow(
      expect.objectContaining({
        code: 'REFUSED',
        facts: expect.objectContaining({ rule: 'no-short' }),
      }),
    );
  });

  it('replays to the same book', () => {
    const lines = [
      line('deposit', '500.00'),
      trade('buy', '7', '14', '-100.00'),
      trade('sell', '2', '15', '29.00'),
    ];
    expect(replay(DEFAULT_ACCOUNT, EUR, lines)).toEqual(bookOf(...lines));
  });
});
