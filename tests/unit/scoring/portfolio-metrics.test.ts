import { Decimal } from '#shared/kernel/decimal.ts';
import { equalHoldingWeights, valueWeights } from '#shared/scoring/model/holding-weights.ts';
import { portfolioMetrics, portfolioScores } from '#shared/scoring/model/portfolio-metrics.ts';
import { scoreUniverse } from '#shared/scoring/model/score-universe.ts';
import {
  USD,
  closesOf,
  isinOf,
  rateSeriesOf,
  sketchView,
} from '../../support/markets/market-views.ts';

/** Each up and down by the same factor in turn, the second against the first. */
const swing = (count: number, up: boolean): number[] =>
  Array.from({ length: count }, (_, i) => (i % 2 === 0 ? 100 : up ? 110 : 100 / 1.1));

const [a, b, c] = [isinOf(0), isinOf(1), isinOf(2)];

describe('portfolio metrics', () => {
  const view = sketchView([
    { closes: closesOf(swing(101, true)), sector: 'Energy', country: 'DE' },
    { closes: closesOf(swing(101, false)), sector: 'Energy', country: 'US' },
    { closes: closesOf(swing(101, true)), sector: 'Health Care' },
  ]);

  test('concentration: effective holdings, Herfindahl and largest group', () => {
    const weights = new Map([
      [a, 0.5],
      [b, 0.3],
      [c, 0.2],
    ]);
    const metrics = portfolioMetrics(weights, view);
    expect(metrics).toMatchObject({
      holdings: 3,
      effectiveHoldings: expect.closeTo(1 / 0.38, 12),
      sectorHerfindahl: expect.closeTo(0.68, 12),
      largestSectorRatio: expect.closeTo(0.8, 12),
      countryHerfindahl: expect.closeTo(0.38, 12),
      largestCountryRatio: 0.5,
      measuredRatio: expect.closeTo(1, 12),
    });
  });

  test('a single holding has its own volatility and does not diversify', () => {
    const { volatilityRatio, diversificationRatio } = portfolioMetrics(new Map([[a, 1]]), view);
    // returns +10 % and −1/11 in turn
    const half = (0.1 + 1 / 11) / 2;
    expect(volatilityRatio).toBeCloseTo(half * Math.sqrt((100 / 99) * 252), 10);
    expect(diversificationRatio).toBeCloseTo(1, 12);
  });

  test('opposite holdings take each other’s risk away', () => {
    const alone = portfolioMetrics(equalHoldingWeights([a]), view);
    const together = portfolioMetrics(
      new Map([
        [a, 0.6],
        [b, 0.4],
      ]),
      view,
    );
    expect(together['volatilityRatio']).toBeCloseTo((alone['volatilityRatio'] ?? 0) / 5, 12);
    expect(together['diversificationRatio']).toBeCloseTo(5, 10);
  });

  test('the drawdown is that of the present weights through the past', () => {
    const steady = new Array<number>(100).fill(100);
    const fallen = [...steady.slice(0, 60), ...new Array<number>(20).fill(50), ...steady.slice(80)];
    const path = sketchView([{ closes: closesOf(steady) }, { closes: closesOf(fallen) }]);
    const metrics = portfolioMetrics(equalHoldingWeights([a, b]), path);
    expect(metrics['maximumDrawdownRatio']).toBeCloseTo(0.25, 12);
  });

  test('what cannot be measured is left out and said', () => {
    const young = sketchView([
      { closes: closesOf(swing(101, true)) },
      { closes: closesOf([1, 2]) },
    ]);
    const metrics = portfolioMetrics(equalHoldingWeights([a, b]), young);
    expect(metrics['measuredRatio']).toBe(0.5);
    const nothing = portfolioMetrics(equalHoldingWeights([b]), young);
    expect(nothing).toMatchObject({ holdings: 1, measuredRatio: 0 });
    expect(nothing).not.toHaveProperty('volatilityRatio');
  });

  test('no holdings have no other metric', () => {
    expect(portfolioMetrics(new Map(), view)).toEqual({ holdings: 0 });
  });
});

describe('weights', () => {
  const rates = new Map([[USD, rateSeriesOf(closesOf([0.5]))]]);
  const view = sketchView(
    [{ closes: closesOf([30]) }, { closes: closesOf([20]), currency: USD }],
    rates,
  );

  test('are shares of the value in the base currency', () => {
    const quantities = new Map([
      [a, Decimal.of(10)],
      [b, Decimal.of(10)],
    ]);
    expect([...valueWeights(quantities, view).values()]).toEqual([0.75, 0.25]);
  });

  test('are refused without a price or a rate', () => {
    const quantities = new Map([[b, Decimal.one]]);
    expect(() => valueWeights(new Map([[c, Decimal.one]]), view)).toThrow(/no price/);
    const unrated = { ...view, rates: new Map() };
    expect(() => valueWeights(quantities, unrated)).toThrow(/no exchange rate for USD/);
  });

  test('are equal for securities named, each counted once', () => {
    expect([...equalHoldingWeights([a, b, a])]).toEqual([
      [a, 0.5],
      [b, 0.5],
    ]);
  });
});

describe('portfolio scores', () => {
  const view = sketchView([1, 2, 3].map((i) => ({ fundamentals: { profitMarginRatio: 0.1 * i } })));
  const scores = scoreUniverse(view);
  const total = (isin: typeof a): number => scores.scores.get(isin)?.total ?? NaN;

  test('weigh by value and alike, over what has a score', () => {
    const weights = new Map([
      [a, 0.1],
      [c, 0.5],
      [isinOf(7), 0.4],
    ]);
    const result = portfolioScores(weights, scores);
    expect(result?.valueWeighted).toBeCloseTo((0.1 * total(a) + 0.5 * total(c)) / 0.6, 12);
    expect(result?.equalWeighted).toBeCloseTo((total(a) + total(c)) / 2, 12);
    expect(result?.scored).toBeCloseTo(0.6, 12);
  });

  test('are unknown when nothing held has one', () => {
    expect(portfolioScores(new Map([[isinOf(7), 1]]), scores)).toBeUndefined();
  });
});
