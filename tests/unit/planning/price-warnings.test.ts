import { parseDay } from '#shared/kernel/calendar-day.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { priceWarnings } from '#shared/planning/model/price-warnings.ts';
import type { Instrument, PlanningProblem } from '#shared/planning/model/problem.ts';
import type { PriceDoubt } from '#shared/universe/model/price-doubt.ts';
import { isinOf } from '../../support/markets/market-views.ts';

const DAY = parseDay('2024-03-08');
const [EUR, USD] = [parseCurrency('EUR'), parseCurrency('USD')];

function problemOf(
  change: { pricedOn?: string; rateDay?: string; held?: number },
  doubts: readonly PriceDoubt[] = [],
): PlanningProblem {
  const instrument: Partial<Instrument> = {
    ...{ isin: isinOf(0), symbol: 'AAA', held: Decimal.of(change.held ?? 1) },
    pricedOn: parseDay(change.pricedOn ?? DAY),
    rate: { from: USD, to: EUR, rate: Decimal.one, day: parseDay(change.rateDay ?? DAY) },
  };
  const problem = { day: DAY, instruments: [instrument], doubts: new Map([[isinOf(0), doubts]]) };
  return problem as unknown as PlanningProblem;
}

describe('what a plan warns of', () => {
  test('is nothing where prices and rates are of these days', () => {
    expect(priceWarnings(problemOf({}), parseDay('2024-03-15'))).toEqual([]);
  });

  test('is that all prices ended long ago, with their date', () => {
    expect(priceWarnings(problemOf({}), parseDay('2026-11-29'))).toEqual([
      'All prices end on 2024-03-08, 996 days before this plan was made.',
    ]);
  });

  test('is a rate and a holding older than the other prices', () => {
    const old = { pricedOn: '2024-02-01', rateDay: '2024-02-02' };
    expect(priceWarnings(problemOf(old), DAY)).toEqual([
      'The rate from USD to EUR is of 2024-02-02, 35 days before the prices.',
      'AAA is held, and its prices end on 2024-02-01, 36 days before the others.',
    ]);
    expect(priceWarnings(problemOf({ ...old, held: 0 }), DAY)).toHaveLength(1);
  });

  test('is a split in doubt, with the question', () => {
    const split = { kind: 'suspected-split', day: DAY, ratio: 0.1, evidence: 'jump' } as const;
    const [warning] = priceWarnings(problemOf({}, [{ ...split, isLive: true }]), DAY);
    expect(warning).toContain('AAA: Its price jumps on 2024-03-08 as for a split of 1:10');
    expect(warning).toContain('Was there a split of 1:10 of AAA on 2024-03-08?');
  });
});
