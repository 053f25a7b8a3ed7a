import fc from 'fast-check';
import { Decimal } from '#shared/kernel/decimal.ts';
import { costOf, quantityOf } from '#shared/portfolio/model/booking.ts';
import type { LotMethod } from '#shared/portfolio/model/lots.ts';
import {
  lotMethods,
  splitLots,
  takeLots,
  totalCost,
  totalQuantity,
  type CostedLot,
} from '#shared/portfolio/model/lots.ts';
import { ALPHA } from '../../support/markets/set-market.ts';
import { bookOf, EUR, euros, trade } from './lines.ts';

const lot = (lotId: string, quantity: string, cost: string): CostedLot => ({
  lotId,
  quantity: Decimal.parse(quantity),
  cost: Decimal.parse(cost),
});
const three = [lot('a', '10', '100.00'), lot('b', '10', '300.00'), lot('c', '10', '200.00')];
const sell = (method: LotMethod, quantity: string, lotIds?: string[]) =>
  takeLots(three, Decimal.parse(quantity), { method, lotIds }, 2);
const took = (method: LotMethod, quantity: string, lotIds?: string[]) =>
  sell(method, quantity, lotIds).taken.map(
    ({ lotId, quantity: shares, cost }) => `${lotId} ${shares.toString()} ${cost.toString()}`,
  );

describe('the lots that a sale takes', () => {
  it('are the oldest, the youngest, or those that cost most', () => {
    expect(took('fifo', '15')).toEqual(['a 10 100.00', 'b 5 150.00']);
    expect(took('lifo', '15')).toEqual(['c 10 200.00', 'b 5 150.00']);
    expect(took('hifo', '15')).toEqual(['b 10 300.00', 'c 5 100.00']);
  });

  it('are those that are named, in their order', () => {
    expect(took('specific', '12', ['c', 'a'])).toEqual(['c 10 200.00', 'a 2 20.00']);
  });

  it('all have the mean cost, before and after, where the average counts', () => {
    const { cost, left } = sell('average', '15');
    expect(cost.toString()).toBe('300.00');
    expect(left.map((one) => [one.lotId, one.cost.toString()])).toEqual([
      ['b', '100.00'],
      ['c', '200.00'],
    ]);
  });

  it('must hold what is wanted', () => {
    const noShort = expect.objectContaining({
      code: 'REFUSED',
      facts: expect.objectContaining({ rule: 'no-short' }),
    });
    expect(() => sell('fifo', '31')).toThrow(noShort);
    expect(() => sell('specific', '12', ['a'])).toThrow(noShort);
  });

  it('add up with what is left to what was there, to the cent and the share', () => {
    const lots = fc.array(
      fc.record({ quantity: fc.integer({ min: 1, max: 10_000 }), cents: fc.integer({ min: 0 }) }),
      { minLength: 1, maxLength: 6 },
    );
    fc.assert(
      fc.property(
        lots,
        fc.constantFrom(...lotMethods),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (drawn, method, share) => {
          const held = drawn.map(({ quantity, cents }, i) => ({
            lotId: `lot-${i}`,
            quantity: new Decimal(BigInt(quantity), 3),
            cost: new Decimal(BigInt(cents), 2),
          }));
          const all = totalQuantity(held);
          const requested = all.multiply(Decimal.fromEstimate(share, 6, 'down'));
          const lotIds = held.map(({ lotId }) => lotId).reverse();
          const { left, taken, cost } = takeLots(held, requested, { method, lotIds }, 2);
          expect(totalQuantity(taken).equals(requested)).toBe(true);
          expect(totalQuantity(left).add(requested).equals(all)).toBe(true);
          expect(totalCost(left).add(cost).equals(totalCost(held))).toBe(true);
          expect(totalCost(taken).equals(cost)).toBe(true);
        },
      ),
      { seed: 5, numRuns: 300 },
    );
  });
});

describe('a book whose sales say which lots they take', () => {
  const bought = [trade('buy', '109', '28', '-3149.20'), trade('buy', '52', '32', '-1684.92')];
  const holding = (method: LotMethod) => {
    const sale = { ...trade('sell', '15', '35', '531.50'), lotMethod: method };
    const held = bookOf(...bought, sale).holdings.get(ALPHA);
    if (!held) throw new Error('nothing held');
    return held;
  };

  it('keeps and realises the published amounts', () => {
    // portfolio-performance, CostCalculationTest and CapitalGainsCalculationTest.
    expect(costOf(holding('fifo'), EUR)).toEqual(euros('4400.74'));
    expect(holding('fifo').realized).toEqual(euros('98.12'));
    expect(costOf(holding('average'), EUR)).toEqual(euros('4383.74'));
    expect(holding('average').realized).toEqual(euros('81.12'));
  });

  it('realises the least with the highest-cost lots, and the same in the end', () => {
    const gain = (method: LotMethod) => holding(method).realized.toEstimate();
    expect(gain('hifo')).toBeLessThan(gain('fifo'));
    expect(gain('lifo')).toBe(gain('hifo'));
    const sold = (method: LotMethod) =>
      bookOf(
        ...bought,
        { ...trade('sell', '15', '35', '531.50'), lotMethod: method },
        { ...trade('sell', '146', '35', '5000.00'), lotMethod: method },
      ).holdings.get(ALPHA);
    for (const method of ['fifo', 'lifo', 'hifo', 'average'] as const)
      expect(sold(method)?.realized).toEqual(euros('697.38'));
  });

  it('states one mean price a share with average cost', () => {
    const { lots } = holding('average');
    expect(new Set(lots.map((one) => one.unitCost.toString())).size).toBe(1);
    expect(quantityOf(holding('average')).toString()).toBe('146');
  });
});

describe('a split', () => {
  const ratio = (newShares: string, oldShares: string) => ({
    newShares: Decimal.parse(newShares),
    oldShares: Decimal.parse(oldShares),
  });

  it.each([
    ['forward', ratio('2', '1'), ['20', '20', '20']],
    ['reverse', ratio('1', '10'), ['1', '1', '1']],
    ['of three for two', ratio('3', '2'), ['15', '15', '15']],
  ])('%s changes the shares of every lot, and no cost', (_title, by, quantities) => {
    const after = splitLots(three, by, 8);
    expect(after.map(({ quantity }) => quantity.toString())).toEqual(quantities);
    expect(after.map(({ cost }) => cost)).toEqual(three.map(({ cost }) => cost));
  });

  it('leaves a later sale the cost of a new share', () => {
    const { cost } = takeLots(
      splitLots(three, ratio('2', '1'), 8),
      Decimal.parse('30'),
      { method: 'fifo' },
      2,
    );
    expect(cost.toString()).toBe('250.00');
  });

  it('has a ratio above 0 on both sides', () => {
    for (const by of [ratio('0', '1'), ratio('1', '0'), ratio('-2', '1')])
      expect(() => splitLots(three, by, 8)).toThrow(
        expect.objectContaining({ facts: expect.objectContaining({ rule: 'split-ratio' }) }),
      );
  });
});
