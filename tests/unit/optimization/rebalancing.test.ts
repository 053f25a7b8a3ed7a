import { integerBelow, seededRandom } from '#shared/kernel/random.ts';
import { at, plus, sum } from '#shared/quant/linear-algebra/matrix.ts';
import { correction, DESTINATION_RATIO, driftOf } from '#shared/optimization/model/rebalancing.ts';

const bands = { driftBandRatio: 0.03, positionBandRatio: 0.05 };

describe('drift', () => {
  it('is half the sum of absolute deviations, cash among them', () => {
    expect(driftOf(Float64Array.from([0.02, -0.01]), bands).total).toBeCloseTo(0.02, 12);
    expect(driftOf(Float64Array.from([0.02, -0.02]), bands).total).toBeCloseTo(0.02, 12);
    expect(driftOf(Float64Array.from([-0.02, -0.02]), bands).total).toBeCloseTo(0.04, 12);
  });

  it('is left alone up to the band and not beyond', () => {
    expect(driftOf(Float64Array.from([0.03, -0.03]), bands).beyondBand).toBe(false);
    expect(driftOf(Float64Array.from([0.0301, -0.0301]), bands).beyondBand).toBe(true);
    const wide = { ...bands, driftBandRatio: 1 };
    expect(driftOf(Float64Array.from([0.0501, 0]), wide).beyondBand).toBe(true);
  });
});

describe('correction', () => {
  it('does nothing inside the band', () => {
    expect(Array.from(correction(Float64Array.from([0.01, -0.01]), bands))).toEqual([0, 0]);
  });

  it('spends cash before it sells', () => {
    const moves = correction(Float64Array.from([0.01, -0.06, -0.02]), bands);
    expect(at(moves, 0)).toBe(0);
    expect(at(moves, 1)).toBeGreaterThan(0);
    expect(at(moves, 1)).toBeLessThan(0.06);
  });

  it('fills missing cash first when it must sell', () => {
    const moves = correction(Float64Array.from([0.08, -0.02]), bands);
    expect(at(moves, 0)).toBeLessThan(0);
    expect(sum(moves)).toBeLessThan(-0.05);
  });

  it('stops at half of both bands, trades no more than that needs, and overshoots nowhere', () => {
    for (let k = 0; k < 300; k += 1) {
      const seed = `drift ${k}`;
      const random = seededRandom(seed);
      const deviations = Float64Array.from(
        { length: 1 + integerBelow(random, 12) },
        () => 0.2 * (random() - 0.5) * random(),
      );
      const moves = correction(deviations, bands);
      const after = plus(deviations, moves);
      const before = driftOf(deviations, bands);
      const result = driftOf(after, bands);
      if (!before.beyondBand) continue;
      expect([seed, result.beyondBand]).toEqual([seed, false]);
      expect(result.total).toBeLessThanOrEqual(DESTINATION_RATIO * bands.driftBandRatio + 1e-9);
      expect(result.position).toBeLessThanOrEqual(
        DESTINATION_RATIO * bands.positionBandRatio + 1e-9,
      );
      after.forEach((value, i) => {
        expect(value * at(deviations, i)).toBeGreaterThanOrEqual(-1e-12);
        expect(Math.abs(value)).toBeLessThanOrEqual(Math.abs(at(deviations, i)) + 1e-12);
      });
    }
  });

  it('applies a range of its own', () => {
    const ranges = {
      over: Float64Array.from([0.005, 0.05]),
      under: Float64Array.from([0.05, 0.05]),
    };
    const deviations = Float64Array.from([0.01, -0.01]);
    expect(driftOf(deviations, bands, ranges).beyondBand).toBe(true);
    expect(at(correction(deviations, bands, ranges), 0)).toBeCloseTo(-0.0075, 12);
  });
});
