import { Failure } from '#shared/kernel/failure.ts';
import { parseFilters, selectSecurities } from '#shared/scoring/model/selection.ts';
import { parseOverrides } from '#shared/scoring/model/what-if.ts';
import { isinOf, sketchView, USD } from '../../support/markets/market-views.ts';

function refusedFields(run: () => unknown): string[] {
  try {
    run();
  } catch (thrown) {
    const { violations } = Failure.from(thrown).facts as { violations: { field: string }[] };
    return violations.map(({ field }) => field);
  }
  return [];
}

describe('overrides', () => {
  test('take every figure by its name', () => {
    const given = new Map([
      ['peRatio', -4],
      ['momentum', 0.2],
    ]);
    expect(parseOverrides(given)).toEqual(given);
  });

  test('name each key that is no figure and each value a figure cannot take', () => {
    const given = new Map([
      ['peRatio', 0],
      ['price', 12],
      ['drawdown', 1.5],
      ['volatility', -0.1],
      ['toString', 1],
    ]);
    expect(refusedFields(() => parseOverrides(given))).toEqual([
      'marketData.peRatio',
      'marketData.price',
      'marketData.drawdown',
      'marketData.volatility',
      'marketData.toString',
    ]);
  });
});

describe('filters', () => {
  const { securities } = sketchView([
    { sector: 'Energy' },
    { sector: 'Energy', currency: USD },
    { sector: 'Utilities' },
    {},
  ]);
  const select = (filters: Record<string, string>, isins = [] as number[]) =>
    selectSecurities(
      securities,
      isins.map(isinOf),
      parseFilters(new Map(Object.entries(filters))),
    ).map(({ symbol }) => symbol);

  test('choose by sector, exchange and currency, without regard to case', () => {
    expect(select({ sector: 'energy' })).toEqual(['S0', 'S1']);
    expect(select({ sector: 'Energy', currency: 'USD' })).toEqual(['S1']);
    expect(select({ exchange: 'xetr' })).toHaveLength(4);
    expect(select({ sector: '' })).toHaveLength(4);
  });

  test('apply to the securities named too', () => {
    expect(select({ sector: 'Energy' }, [1, 2])).toEqual(['S1']);
  });

  test('leave removed securities out unless they are named', () => {
    const [first, ...others] = securities;
    if (!first) throw new Error('the view has securities');
    const removed = { at: first.addedAt, reason: 'delisted' };
    const all = [{ ...first, removed }, ...others];
    const none = parseFilters(new Map());
    expect(selectSecurities(all, [], none)).toHaveLength(3);
    expect(selectSecurities(all, [isinOf(0)], none)).toHaveLength(1);
  });

  test.each(['2', '-0.1', 'high', '1e-1', 'NaN', '1.01'])('refuse the score %s', (minScore) => {
    expect(refusedFields(() => parseFilters(new Map([['minScore', minScore]])))).toEqual([
      'filters.minScore',
    ]);
  });

  test('refuse an unknown currency', () => {
    expect(refusedFields(() => parseFilters(new Map([['currency', 'EURO']])))).toEqual([
      'filters.currency',
    ]);
  });
});
