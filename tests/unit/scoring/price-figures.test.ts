import { addDays } from '#shared/kernel/calendar-day.ts';
import { priceFigures } from '#shared/scoring/model/price-figures.ts';
import { present } from '#shared/kernel/assert.ts';
import { closesOf, isinOf, sketchView, VIEW_DAY } from '../../support/markets/market-views.ts';

const seriesOf = (closes: ReturnType<typeof closesOf>) =>
  present(sketchView([{ closes }]).series.get(isinOf(0)), 'the view has the series');

describe('figures from prices', () => {
  test('momentum leaves the latest month out', () => {
    const closes = closesOf(new Array<number>(300).fill(100)).map(([day], i, all) => {
      const yearAgo = addDays(VIEW_DAY, -365);
      const monthAgo = addDays(VIEW_DAY, -30);
      const value = day <= yearAgo ? 80 : day <= monthAgo ? 100 : i === all.length - 1 ? 400 : 10;
      return [day, value] as [typeof day, number];
    });
    expect(priceFigures(seriesOf(closes), VIEW_DAY).momentum).toBeCloseTo(0.25, 12);
  });

  test('momentum is unknown before a year has passed', () => {
    const figures = priceFigures(seriesOf(closesOf(new Array<number>(200).fill(100))), VIEW_DAY);
    expect(figures.momentum).toBeNaN();
    expect(figures.volatility).toBe(0);
  });

  test('volatility is the deviation of log returns, a year', () => {
    // +1 % and -1 % in turn: every log return is ±r, their mean 0 over an even number
    const closes = closesOf(Array.from({ length: 101 }, (_, i) => (i % 2 === 0 ? 100 : 101)));
    const r = Math.log(1.01);
    const { volatility } = priceFigures(seriesOf(closes), VIEW_DAY);
    expect(volatility).toBeCloseTo(r * Math.sqrt((100 / 99) * 252), 12);
  });

  test('drawdown is the fall from the highest close', () => {
    const closes = closesOf([...new Array<number>(99).fill(100), 120, 90]);
    expect(priceFigures(seriesOf(closes), VIEW_DAY).drawdown).toBeCloseTo(0.25, 12);
  });

  test('are all unknown when the last bar is stale', () => {
    const figures = priceFigures(
      seriesOf(closesOf(new Array<number>(300).fill(100))),
      addDays(VIEW_DAY, 11),
    );
    expect(Object.values(figures).every(Number.isNaN)).toBe(true);
  });
});
