import fc from 'fast-check';
import { robustZ, Z_MAX } from '#shared/scoring/model/robust-z.ts';
import { normalCumulative } from '#shared/quant/measures/distributions.ts';

describe('robust z', () => {
  test('measures from the median in units of 1.4826 MAD', () => {
    // median 3, absolute deviations 2 1 0 1 2, MAD 1
    expect([...robustZ(Float64Array.of(1, 2, 3, 4, 5))]).toEqual(
      [-2, -1, 0, 1, 2].map((distance) => expect.closeTo(distance / 1.4826, 12)),
    );
  });

  test('winsorises at three, so that one extreme value moves nobody else', () => {
    const calm = robustZ(Float64Array.of(1, 2, 3, 4, 100));
    const wild = robustZ(Float64Array.of(1, 2, 3, 4, 1e9));
    expect(calm[4]).toBe(Z_MAX);
    expect(wild).toEqual(calm);
  });

  test('leaves unknown values unknown and counts them nowhere', () => {
    const z = robustZ(Float64Array.of(1, NaN, 2, 3));
    expect(z[1]).toBeNaN();
    expect(z[2]).toBe(0);
  });

  test('falls back to the mean deviation where more than half are equal', () => {
    // deviations 0 0 0 2 2, mean 0.8
    expect(robustZ(Float64Array.of(0, 0, 0, 2, 2))[3]).toBeCloseTo(2 / (0.8 * 1.2533), 12);
  });

  test('is 0 where all are equal, and unknown where there is one alone', () => {
    expect([...robustZ(Float64Array.of(7, 7, 7))]).toEqual([0, 0, 0]);
    expect(robustZ(Float64Array.of(7, NaN))[0]).toBeNaN();
  });

  test('rises with the value itself', () => {
    const value = fc.double({ min: -1e3, max: 1e3, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 2, maxLength: 12 }),
        fc.nat(),
        fc.double({ min: 0.001, max: 1e3, noNaN: true }),
        (values, pick, step) => {
          const at = pick % values.length;
          const raised = values.map((one, i) => (i === at ? one + step : one));
          const before = robustZ(Float64Array.from(values))[at] ?? 0;
          expect(robustZ(Float64Array.from(raised))[at]).toBeGreaterThanOrEqual(before - 1e-9);
        },
      ),
      { seed: 11, numRuns: 2_000 },
    );
  });
});

test('the normal distribution function agrees with its table', () => {
  expect(normalCumulative(0)).toBe(0.5);
  expect(normalCumulative(1)).toBeCloseTo(0.841344746068543, 14);
  expect(normalCumulative(1.959963984540054)).toBeCloseTo(0.975, 14);
  expect(normalCumulative(-3)).toBeCloseTo(0.00134989803163009, 14);
});
