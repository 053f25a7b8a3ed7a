import fc from 'fast-check';
import { addDays } from '#shared/kernel/calendar-day.ts';
import { present } from '#shared/kernel/assert.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { normal, seededRandom } from '#shared/kernel/random.ts';
import { componentNames, components, defaultWeights } from '#shared/scoring/model/components.ts';
import { figureNames, figures, type FigureName } from '#shared/scoring/model/score-figures.ts';
import { gradeOf, gradeTable, percentiles } from '#shared/scoring/model/grade.ts';
import { normalCumulative } from '#shared/quant/measures/distributions.ts';
import {
  byRank,
  scoreUniverse,
  type ScoredSecurity,
  type UniverseScores,
} from '#shared/scoring/model/score-universe.ts';
import type { MarketView } from '#shared/universe/model/market-view.ts';
import {
  isinOf,
  sketchView,
  VIEW_DAY,
  weekdays,
  type SketchedSecurity,
} from '../../support/markets/market-views.ts';

const scoreOf = (scores: UniverseScores, index: number): ScoredSecurity =>
  present(scores.scores.get(isinOf(index)), `security ${index} has a score`);

const fundamentalOf = (name: FigureName, value: number): SketchedSecurity => ({
  fundamentals: { [name]: value },
});

/** No bars at all: only fundamentals are known. */
const priceless = { closes: [] };

describe('a cross-section worked out by hand', () => {
  const sketches = [1, 2, 3, 4, 5].map((i) => ({
    ...priceless,
    fundamentals: {
      peRatio: 60 / i,
      profitMarginRatio: 0.1 * i,
      returnOnEquityRatio: 0.3 - 0.1 * i,
    },
  }));
  const scores = scoreUniverse(sketchView(sketches));

  test('value is Φ of the z of the earnings yield', () => {
    const values = [0, 1, 2, 3, 4].map((i) => scoreOf(scores, i).components.get('value'));
    expect(values).toEqual(
      [-2, -1, 0, 1, 2].map((distance) => expect.closeTo(normalCumulative(distance / 1.4826), 12)),
    );
  });

  test('a component is the mean of its figures: here two that cancel', () => {
    for (const i of [0, 1, 2, 3, 4])
      expect(scoreOf(scores, i).components.get('quality')).toBeCloseTo(0.5, 12);
  });

  test('the total averages known components by weight, and the rest lowers coverage', () => {
    const { total, coverage, components: known } = scoreOf(scores, 4);
    expect([...known.keys()]).toEqual(['value', 'quality']);
    expect(coverage).toBeCloseTo(0.45, 12);
    expect(total).toBeCloseTo((0.2 * normalCumulative(2 / 1.4826) + 0.25 * 0.5) / 0.45, 12);
  });

  test('percentiles are mid-ranks, and grades follow them', () => {
    const ranked = [...scores.scores.values()];
    expect(ranked.map((score) => score.percentile)).toEqual([0.1, 0.3, 0.5, 0.7, 0.9]);
    expect(ranked.map((score) => score.grade)).toEqual(['D', 'C', 'B-', 'B+', 'A']);
  });

  test('the raw figures are answered as they were measured', () => {
    expect(scoreOf(scores, 1).figures.get('peRatio')).toBe(30);
  });
});

describe('what is not known', () => {
  const full = [1, 2, 3].map((i) => ({ fundamentals: { profitMarginRatio: 0.1 * i } }));

  test('a security without any figure fails with the reason', () => {
    const scores = scoreUniverse(sketchView([...full, priceless]));
    expect(scores.failures.get(isinOf(3))).toMatch(/no figure that could be compared/);
    expect(scores.scores.size).toBe(3);
  });

  test('a security known by its dividend alone fails for want of coverage', () => {
    const thin = { ...priceless, fundamentals: { dividendYieldRatio: 0.03 } };
    const payer = { fundamentals: { dividendYieldRatio: 0.02 } };
    const scores = scoreUniverse(sketchView([payer, payer, thin]));
    expect(scores.failures.get(isinOf(2))).toMatch(/dividend only: coverage 0.05/);
  });

  test('what the view could not price fails with the reason of the view', () => {
    const view = sketchView(full);
    const unpriced = [{ isin: isinOf(9), symbol: 'S9', reason: 'has no stored bars' }];
    const scores = scoreUniverse({ ...view, unpriced });
    expect(scores.failures.get(isinOf(9))).toBe('has no stored bars');
  });

  test('a P/E of 0 means nothing, a loss means a low value', () => {
    const pes = [0, -5, 10, 20].map((peRatio) => ({ fundamentals: { peRatio } }));
    const scores = scoreUniverse(sketchView(pes));
    expect(scoreOf(scores, 0).components.has('value')).toBe(false);
    const loss = scoreOf(scores, 1).components.get('value') ?? 1;
    expect(loss).toBeLessThan(scoreOf(scores, 3).components.get('value') ?? 0);
  });

  test('fundamentals from after the day, or from long before it, are not used', () => {
    const at = (days: number) => ({
      fundamentals: { asOf: addDays(VIEW_DAY, days), profitMarginRatio: 0.5 },
    });
    const scores = scoreUniverse(sketchView([...full, at(1), at(-551), at(-550)]));
    expect(scoreOf(scores, 3).components.has('quality')).toBe(false);
    expect(scoreOf(scores, 4).components.has('quality')).toBe(false);
    expect(scoreOf(scores, 5).components.has('quality')).toBe(true);
  });
});

describe('overrides and weights', () => {
  const sketches = [1, 2, 3, 4].map((i) => fundamentalOf('profitMarginRatio', 0.1 * i));
  const view = sketchView(sketches);

  test('an override moves that security to where the figure would put it', () => {
    const overrides = new Map([[isinOf(0), new Map([['profitMarginRatio', 0.9] as const])]]);
    const asked = scoreUniverse(view, { overrides });
    const real = scoreUniverse(
      sketchView([fundamentalOf('profitMarginRatio', 0.9), ...sketches.slice(1)]),
    );
    expect(asked.scores).toEqual(real.scores);
    expect(scoreOf(asked, 0).percentile).toBe(0.875);
  });

  test('weights are scaled to sum to 1, and a weightless component changes nothing', () => {
    const only = { ...defaultWeights, momentum: 0, lowVolatility: 0, drawdown: 0 };
    const scores = scoreUniverse(view, { weights: only });
    expect(Object.values(scores.weights).reduce((sum, weight) => sum + weight)).toBeCloseTo(1, 12);
    const { total, components: known } = scoreOf(scores, 3);
    expect(total).toBeCloseTo(known.get('quality') ?? 0, 12);
  });

  test('negative weights are refused', () => {
    const weights = { ...defaultWeights, momentum: -1 };
    expect(() => scoreUniverse(view, { weights })).toThrow(/never negative/);
  });

  test.each([
    ['momentum', 0.5, -0.2, 'momentum'],
    ['peRatio', 8, 30, 'value'],
    ['pbRatio', 1, 5, 'value'],
    ['profitMarginRatio', 0.3, 0.1, 'quality'],
    ['returnOnEquityRatio', 0.3, 0.1, 'quality'],
    ['debtToEquityRatio', 0.2, 3, 'quality'],
    ['revenueGrowthRatio', 0.2, -0.1, 'quality'],
    ['earningsGrowthRatio', 0.2, -0.1, 'quality'],
    ['volatility', 0.15, 0.6, 'lowVolatility'],
    ['dividendYieldRatio', 0.05, 0, 'dividend'],
    ['drawdown', 0.02, 0.5, 'drawdown'],
  ] as const)('a %s of %d is better than %d for %s', (name, better, worse, component) => {
    const put = (value: number) => new Map<FigureName, number>([[name, value]]);
    const overrides = new Map([
      [isinOf(0), put(better)],
      [isinOf(1), put(worse)],
    ]);
    const scores = scoreUniverse(sketchView([{}, {}]), { overrides });
    const [high = NaN, low = NaN] = [0, 1].map((i) => scoreOf(scores, i).components.get(component));
    expect(high).toBeGreaterThan(low);
  });

  test('the default weights sum to 1, and every figure belongs to one component', () => {
    const sum = componentNames.reduce((total, name) => total + defaultWeights[name], 0);
    expect(sum).toBeCloseTo(1, 12);
    expect(componentNames.flatMap((name) => [...components[name]]).sort()).toEqual(
      [...figureNames].sort(),
    );
  });
});

describe('percentiles and grades', () => {
  test('equal scores share their mid-rank', () => {
    expect([...percentiles(Float64Array.of(0.5, 0.2, 0.5, 0.9))]).toEqual([0.5, 0.125, 0.5, 0.875]);
  });

  test('each grade begins at its cut point', () => {
    for (const { grade, from } of gradeTable) expect(gradeOf(from)).toBe(grade);
    expect(gradeOf(0.95 - 1e-12)).toBe('A');
    expect(gradeOf(1)).toBe('A+');
  });

  test('equal totals are ordered by ISIN', () => {
    const scores = scoreUniverse(sketchView([{}, {}, {}]));
    const order = [...scores.scores.values()].reverse().sort(byRank);
    expect(order.map((score) => score.isin)).toEqual([0, 1, 2].map(isinOf));
  });
});

/** Random rows of figures within their ranges; each known with a chance of its own. */
const row = fc.record(
  Object.fromEntries(
    figureNames.map((name) => {
      const { min, max } = figures[name].range;
      return [
        name,
        fc
          .integer({ min: Math.max(min, -50) * 1e4 + 1, max: Math.min(max, 50) * 1e4 })
          .map((tenThousandths) => tenThousandths / 1e4),
      ];
    }),
  ) as Record<FigureName, fc.Arbitrary<number>>,
  { requiredKeys: [] },
);
const rows = fc.array(row, { minLength: 2, maxLength: 12 });
type Rows = Partial<Record<FigureName, number>>[];

function overridden(known: Rows): { view: MarketView; scores: UniverseScores } {
  const view = sketchView(known.map(() => priceless));
  const overrides = new Map(
    known.map((one, i) => [isinOf(i), new Map(Object.entries(one) as [FigureName, number][])]),
  );
  return { view, scores: scoreUniverse(view, { overrides }) };
}

function check(property: (known: Rows, pick: number, name: FigureName) => void): void {
  const name = fc.constantFrom(...figureNames);
  fc.assert(fc.property(rows, fc.nat(), name, property), { seed: 20240628, numRuns: 400 });
}

describe('for any universe', () => {
  test('totals, components, coverage and percentiles lie within 0 and 1', () => {
    check((known) => {
      const { view, scores } = overridden(known);
      expect(scores.scores.size + scores.failures.size).toBe(view.securities.length);
      for (const score of scores.scores.values())
        for (const value of [
          score.total,
          score.coverage,
          score.percentile,
          ...score.components.values(),
        ]) {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1);
        }
    });
  });

  test('scaling a figure for all changes no score', () => {
    check((known, _pick, name) => {
      if (name === 'drawdown' || name === 'momentum') return;
      const scaled = known.map((one) => {
        const value = one[name];
        return value === undefined ? one : { ...one, [name]: value * 4 };
      });
      const [before, after] = [overridden(known).scores, overridden(scaled).scores];
      expect(totals(after)).toEqual(totals(before));
    });
  });

  test('a better figure never lowers its component', () => {
    check((known, pick, name) => {
      const at = pick % known.length;
      const value = known[at]?.[name];
      if (value === undefined) return;
      const better = value * 0.5 + (figures[name].signal(1) > figures[name].signal(2) ? 0 : 30);
      if (figures[name].signal(better) < figures[name].signal(value)) return;
      const raised = known.map((one, i) => (i === at ? { ...one, [name]: better } : one));
      const component = present(
        componentNames.find((one) => (components[one] as readonly string[]).includes(name)),
        'a figure belongs to a component',
      );
      const of = (scores: UniverseScores) =>
        scores.scores.get(isinOf(at))?.components.get(component);
      const [before, after] = [of(overridden(known).scores), of(overridden(raised).scores)];
      if (before !== undefined) expect(after).toBeGreaterThanOrEqual(before - 1e-9);
    });
  });

  test('taking a figure away never raises coverage', () => {
    check((known, pick, name) => {
      const at = pick % known.length;
      const lacking = known.map((one, i) => {
        const { [name]: _taken, ...rest } = one;
        return i === at ? rest : one;
      });
      const coverage = (scores: UniverseScores, isin: Isin) =>
        scores.scores.get(isin)?.coverage ?? 0;
      const [before, after] = [overridden(known).scores, overridden(lacking).scores];
      known.forEach((_, i) =>
        expect(coverage(after, isinOf(i))).toBeLessThanOrEqual(coverage(before, isinOf(i)) + 1e-12),
      );
    });
  });

  test('the order of securities does not matter', () => {
    check((known, pick) => {
      const { view } = overridden(known);
      const overrides = new Map(
        known.map((one, i) => [isinOf(i), new Map(Object.entries(one) as [FigureName, number][])]),
      );
      const turn = pick % known.length;
      const securities = [...view.securities.slice(turn), ...view.securities.slice(0, turn)];
      const turned = scoreUniverse({ ...view, securities }, { overrides });
      expect(totals(turned)).toEqual(totals(scoreUniverse(view, { overrides })));
    });
  });
});

test('five hundred securities of ten years are all scored', () => {
  const random = seededRandom('speed');
  const days = weekdays(2_600);
  const sketches = Array.from({ length: 500 }, (): SketchedSecurity => {
    let price = 100;
    const closes = days.map((day) => [day, (price *= Math.exp(0.01 * normal(random)))] as const);
    return { closes, fundamentals: { peRatio: 5 + 30 * random() } };
  });
  const view = sketchView(sketches);
  const scores = scoreUniverse(view);
  expect(scores.scores.size).toBe(500);
});

function totals(scores: UniverseScores): [Isin, number][] {
  return [...scores.scores.values()]
    .map(({ isin, total }): [Isin, number] => [isin, Number(total.toFixed(9))])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
