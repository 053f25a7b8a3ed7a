import fc from 'fast-check';
import { dayOfEpoch } from '#shared/kernel/calendar-day.ts';
import {
  attribution,
  linkedAttribution,
  type Segment,
} from '#shared/quant/measures/attribution.ts';
import { contributions } from '#shared/portfolio/model/performance/contribution.ts';
import { linkingFactors } from '#shared/quant/measures/linking.ts';
import { performance } from '#shared/portfolio/model/performance/performance.ts';
import { totalReturn } from '#shared/quant/measures/returns.ts';
import type { DayValue } from '#shared/portfolio/model/value-history.ts';
import { ALPHA, BETA } from '../../support/markets/set-market.ts';

/** Days of two positions and cash that pays a fee, from daily moves. */
function daysOf(moves: readonly (readonly [number, number, number])[]): DayValue[] {
  let [alpha, beta, cash] = [500, 300, 200];
  return moves.map(([a, b, flow], i) => {
    const [gainA, gainB, fee] = [alpha * a, beta * b, 0.01];
    const positions = new Map([
      [ALPHA, { gain: gainA, invested: alpha, value: alpha + gainA }],
      [BETA, { gain: gainB, invested: beta, value: beta + gainB }],
    ]);
    [alpha, beta, cash] = [alpha + gainA, beta + gainB, cash - fee + flow];
    const [deposited, withdrawn] = [Math.max(flow, 0) + (i === 0 ? 1000 : 0), Math.max(-flow, 0)];
    return {
      day: dayOfEpoch(19_000 + i),
      value: alpha + beta + cash,
      deposited,
      withdrawn,
      positions,
    };
  });
}

const move = fc.double({ min: -0.3, max: 0.3, noNaN: true });
const flow = fc.double({ min: -10, max: 500, noNaN: true });
const walk = fc.array(fc.tuple(move, move, flow), { minLength: 1, maxLength: 40 });

describe('contributions', () => {
  it('sum to the total return, whatever was deposited meanwhile', () => {
    fc.assert(
      fc.property(walk, (moves) => {
        const days = daysOf(moves);
        const parts = [...contributions(undefined, days, (isin) => isin).values()];
        const { totalRatio } = performance({ before: undefined, days });
        expect(parts.reduce((sum, { ratio }) => sum + ratio, 0)).toBeCloseTo(totalRatio, 9);
      }),
      { seed: 11, numRuns: 200 },
    );
  });

  it('are the same by sector as of the positions in it', () => {
    const days = daysOf([
      [0.1, -0.02, 0],
      [0.03, 0.05, 100],
    ]);
    const single = contributions(undefined, days, (isin) => isin);
    const both = contributions(undefined, days, () => 'Technology');
    const sum = (single.get(ALPHA)?.ratio ?? 0) + (single.get(BETA)?.ratio ?? 0);
    expect(both.get('Technology')?.ratio).toBeCloseTo(sum, 12);
    expect(single.get('')?.gain).toBeCloseTo(-0.02, 9);
  });

  it('still sum after a day that lost everything', () => {
    const returns = [0.1, -1, 0.2];
    const linkedSum = linkingFactors(returns).reduce((sum, k, i) => sum + k * (returns[i] ?? 0), 0);
    expect(linkedSum).toBeCloseTo(totalReturn(returns), 12);
  });
});

describe('the time-weighted return', () => {
  it('does not see deposits and withdrawals at constant prices', () => {
    const flows = fc.array(fc.double({ min: -20, max: 1000, noNaN: true }), {
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(
      fc.property(flows, (amounts) => {
        let value = 1000;
        const days = amounts.map((amount, i) => {
          value += amount;
          const [deposited, withdrawn] = [Math.max(amount, 0), Math.max(-amount, 0)];
          return { day: dayOfEpoch(19_000 + i), value, deposited, withdrawn, positions: new Map() };
        });
        const before = {
          day: dayOfEpoch(18_999),
          value: 1000,
          deposited: 0,
          withdrawn: 0,
          positions: new Map(),
        };
        expect(performance({ before, days }).totalRatio).toBeCloseTo(0, 9);
      }),
      { seed: 12, numRuns: 200 },
    );
  });
});

describe('attribution', () => {
  // Bacon, Practical Portfolio Performance Measurement and Attribution, 2nd ed., tables 5.1 to 5.4.
  const segments: Segment[] = [
    { key: 'UK', weight: 0.4, ratio: 0.2, benchmarkWeight: 0.4, benchmarkRatio: 0.1 },
    { key: 'Japan', weight: 0.3, ratio: -0.05, benchmarkWeight: 0.2, benchmarkRatio: -0.04 },
    { key: 'US', weight: 0.3, ratio: 0.06, benchmarkWeight: 0.4, benchmarkRatio: 0.08 },
  ];
  const sums = (model: 'brinson-fachler' | 'brinson-hood-beebower') => {
    const all = [...attribution(segments, { model }).values()];
    return (['allocation', 'selection', 'interaction'] as const).map((effect) =>
      all.reduce((sum, one) => sum + one[effect], 0),
    );
  };

  it('gives the published effects of both models', () => {
    const total = [-0.012, 0.03, 0.001].map((value) => expect.closeTo(value, 12));
    expect(sums('brinson-hood-beebower')).toEqual(total);
    expect(sums('brinson-fachler')).toEqual(total);
    const japan = (model: 'brinson-fachler' | 'brinson-hood-beebower') =>
      attribution(segments, { model }).get('Japan')?.allocation;
    expect(japan('brinson-hood-beebower')).toBeCloseTo(-0.004, 12);
    expect(japan('brinson-fachler')).toBeCloseTo(-0.0104, 12);
  });

  it('counts interaction as selection where it is asked to', () => {
    const japan = attribution(segments, { interaction: 'in-selection' }).get('Japan');
    expect(japan).toEqual({
      allocation: expect.closeTo(-0.0104),
      selection: expect.closeTo(-0.003),
      interaction: 0,
    });
  });

  it('explains the difference of the linked returns over several periods', () => {
    const ratio = fc.double({ min: -0.3, max: 0.3, noNaN: true });
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const period = fc.tuple(share, share, ratio, ratio, ratio, ratio);
    fc.assert(
      fc.property(fc.array(period, { minLength: 1, maxLength: 12 }), (drawn) => {
        const periods = drawn.map(([w, b, r1, r2, b1, b2]): Segment[] => [
          { key: 'a', weight: w, ratio: r1, benchmarkWeight: b, benchmarkRatio: b1 },
          { key: 'b', weight: 1 - w, ratio: r2, benchmarkWeight: 1 - b, benchmarkRatio: b2 },
        ]);
        const own = periods.map((all) => all.reduce((sum, s) => sum + s.weight * s.ratio, 0));
        const other = periods.map((all) =>
          all.reduce((sum, s) => sum + s.benchmarkWeight * s.benchmarkRatio, 0),
        );
        const effects = [...linkedAttribution(periods).values()];
        const total = effects.reduce(
          (sum, e) => sum + e.allocation + e.selection + e.interaction,
          0,
        );
        expect(total).toBeCloseTo(totalReturn(own) - totalReturn(other), 9);
      }),
      { seed: 13, numRuns: 200 },
    );
  });
});
