import { Decimal } from '#shared/kernel/decimal.ts';
import { portfolioHash } from '#shared/portfolio/model/portfolio-hash.ts';
import { parseSettings } from '#shared/process/settings.ts';
import { bookOf, line, trade } from './lines.ts';

const settings = parseSettings({});
const lines = [line('deposit', '1000.00'), trade('buy', '3', '100', '-303.00')];
const book = bookOf(...lines);
const order = { id: 'trade-1', remaining: Decimal.of(5) };
const base = portfolioHash(book, [order], settings);

describe('the portfolio hash', () => {
  it('is sixteen hex digits and the same for the same portfolio', () => {
    expect(base).toMatch(/^[0-9a-f]{16}$/);
    expect(portfolioHash({ ...book, syncedAt: lines[0]?.happenedAt }, [order], settings)).toBe(
      base,
    );
  });

  it('does not tell 5 shares from 5.0 shares', () => {
    expect(portfolioHash(book, [{ ...order, remaining: Decimal.parse('5.0') }], settings)).toBe(
      base,
    );
  });

  it('does not see a closed position', () => {
    const buyAndSell = [trade('buy', '9', '1', '-9.00'), trade('sell', '9', '1', '9.00')];
    expect(portfolioHash(bookOf(line('deposit', '1.00'), ...buyAndSell), [], settings)).toBe(
      portfolioHash(bookOf(line('deposit', '1.00')), [], settings),
    );
  });

  it.each([
    ['cash', () => portfolioHash(bookOf(...lines, line('deposit', '0.01')), [order], settings)],
    [
      'holdings',
      () => portfolioHash(bookOf(...lines, trade('buy', '1', '1', '0')), [order], settings),
    ],
    ['live orders', () => portfolioHash(book, [], settings)],
    [
      'what remains of one',
      () => portfolioHash(book, [{ ...order, remaining: Decimal.of(4) }], settings),
    ],
    ['the objective', () => portfolioHash(book, [order], { ...settings, objective: 'HRP' })],
    ['the costs', () => portfolioHash(book, [order], { ...settings, feeRatio: 0.1 })],
    ['the reserve', () => portfolioHash(book, [order], { ...settings, cashReserveRatio: 0.5 })],
  ])('changes with %s', (_what, changed) => {
    expect(changed()).not.toBe(base);
  });
});
