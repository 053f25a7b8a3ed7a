/** What is worked out of a ledger as it grows is what is worked out of all its lines at once. */
import { grown } from '#shared/kernel/collections/growing-list.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { seededRandom } from '#shared/kernel/random.ts';
import type { LedgerEntry } from '#shared/portfolio/model/book.ts';
import type { ReportedFill } from '#shared/portfolio/model/ledger-lines.ts';
import { restatedSales } from '#shared/portfolio/model/reconciliation/restated-sales.ts';
import { realisedLots } from '#shared/portfolio/model/tax/realised-lots.ts';
import { ALPHA, BETA } from '../../support/markets/set-market.ts';
import { at, bookOf, EUR, trade } from './lines.ts';

const copied = <T extends object>(items: readonly T[]): T[] => items.map((item) => ({ ...item }));

function traded(seed: string): readonly LedgerEntry[] {
  const random = seededRandom(seed);
  const held = { a: 0, b: 0 };
  return Array.from({ length: 40 }, (_, i) => {
    const key = random() < 0.5 ? 'a' : 'b';
    const sells = held[key] > 0 && random() < 0.5;
    const quantity = sells ? 1 + Math.floor(random() * held[key]) : 1 + Math.floor(random() * 20);
    held[key] += sells ? -quantity : quantity;
    const cash = `${sells ? '' : '-'}${(random() * 1000 + 1).toFixed(2)}`;
    const on = { on: `2024-02-${String((i % 28) + 1).padStart(2, '0')}`, id: `${seed}-${i}` };
    const isin = key === 'a' ? ALPHA : BETA;
    return trade(sells ? 'sell' : 'buy', String(quantity), '1', cash, { isin, ...on });
  });
}

test.each(['one', 'two', 'three'])('realised lots of a growing ledger: seed %s', (seed) => {
  const lines = traded(seed);
  let ledger: readonly LedgerEntry[] = [];
  for (const line of lines) {
    ledger = grown(ledger, [line]);
    expect(realisedLots(ledger, EUR)).toEqual(realisedLots(copied(ledger), EUR));
  }
  const sale = lines.find(({ kind }) => kind === 'sell');
  if (!sale) throw new Error('something was sold');
  const undone = { ...sale, id: 'undone', kind: 'buy', reverses: sale.id } as const;
  const after = grown(ledger, [
    { ...undone, cash: sale.cash.negate(), lotIds: [`${seed}-0`], acquiredAt: at('2024-02-01') },
  ]);
  expect(realisedLots(after, EUR).map(({ saleId }) => saleId)).not.toContain(sale.id);
  expect(realisedLots(ledger, EUR).map(({ saleId }) => saleId)).toContain(sale.id);
});

test('a line that cannot be booked leaves nothing half worked out', () => {
  const bought = trade('buy', '1', '1', '-10.00');
  const sold = trade('sell', '2', '1', '30.00');
  const ledger = [bought];
  expect(realisedLots(ledger, EUR)).toEqual([]);
  for (let i = 0; i < 2; i += 1)
    expect(() => realisedLots(grown(ledger, [sold]), EUR)).toThrow(/More shares/);
  expect(realisedLots(grown(ledger, [trade('sell', '1', '1', '12.00')]), EUR)).toHaveLength(1);
});

describe('lots that are reported otherwise', () => {
  const bought = ['x', 'y', 'z'].map((id, i) =>
    trade('buy', '10', '100', '-1000.00', { on: `2024-01-0${i + 2}`, id: `fill-${id}` }),
  );
  const lotsOf = (openedBy: string) => [{ openedBy, quantity: Decimal.parse('5') }];
  const fillOf = (fillId: string, closedLots?: ReportedFill['closedLots']): ReportedFill => {
    const { isin, symbol, price, quantity } = trade('sell', '5', '120', '600.00');
    if (!isin || symbol === undefined || !price || !quantity) throw new Error('a trade has all');
    const common = { fillId, isin, symbol, price, quantity, side: 'SELL' as const };
    const settled = { exchangeRate: Decimal.one, settlement: bought[0]?.cash.negate() };
    return { ...common, ...settled, executedAt: at('2024-02-01'), closedLots } as ReportedFill;
  };
  const saleOf = (id: string, openedBy: string): LedgerEntry => ({
    ...trade('sell', '5', '120', '600.00', { on: '2024-02-01', id: `fill-${id}` }),
    ...{ lotMethod: 'specific', closedLots: lotsOf(openedBy) },
  });
  const restated = (ledger: readonly LedgerEntry[], fills: readonly ReportedFill[]) =>
    restatedSales(bookOf(...ledger), ledger, fills, at('2024-02-02')).lines.map(({ id }) => id);

  it('are found among old and new reports, again until they are booked, and once they are not', () => {
    let ledger: readonly LedgerEntry[] = [...bought, saleOf('one', 'x'), saleOf('two', 'y')];
    let fills: readonly ReportedFill[] = [fillOf('one', lotsOf('x')), fillOf('two', lotsOf('y'))];
    expect(restated(ledger, fills)).toEqual([]);
    ledger = grown(ledger, [saleOf('three', 'z')]);
    expect(restated(ledger, fills)).toEqual([]);
    fills = grown(fills, [fillOf('three', lotsOf('x')), fillOf('one', lotsOf('y'))]);
    const expected = [
      ...['reversal-fill-three-1', 'reversal-fill-one-1'],
      ...['fill-one:lots-2', 'fill-three:lots-2'],
    ];
    for (let i = 0; i < 2; i += 1) expect(restated(ledger, fills)).toEqual(expected);
    expect(restated(copied(ledger), copied(fills))).toEqual(expected);
    const { lines } = restatedSales(bookOf(...ledger), ledger, fills, at('2024-02-02'));
    expect(restated(grown(ledger, lines), fills)).toEqual([]);
  });
});
