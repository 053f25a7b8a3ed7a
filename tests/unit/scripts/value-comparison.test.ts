import { compare } from '../../../scripts/anchors/value-comparison.ts';

const close = { abs: 1e-9 };

describe('compare', () => {
  it.each([
    ['within an absolute tolerance', 1.05, 1, { abs: 0.06 }, true],
    ['beyond an absolute tolerance', 1.07, 1, { abs: 0.06 }, false],
    ['within a relative tolerance', 101, 100, { rel: 0.01 }, true],
    ['beyond a relative tolerance', 101.1, 100, { rel: 0.01 }, false],
    ['within both together', 102, 100, { abs: 1, rel: 0.01 }, true],
    ['beyond both together', 102.1, 100, { abs: 1, rel: 0.01 }, false],
    ['relative to a negative number', -101, -100, { rel: 0.01 }, true],
    ['without any tolerance', 0.1 + 0.2, 0.3, {}, false],
    ['equal without any tolerance', 0.3, 0.3, {}, true],
  ])('takes a number %s as the row states', (_title, got, expected, tolerance, passed) => {
    expect(compare(got, expected, tolerance).passed).toBe(passed);
  });

  it('says how far off the worst number is, and where', () => {
    const got = { weights: [0.5, 0.3, 0.2], sum: 1 };
    const expected = { weights: [0.5, 0.4, 0.1999], sum: 1 };
    const { passed, worst, at } = compare(got, expected, close);
    expect([passed, at]).toEqual([false, 'weights.1']);
    expect(worst).toBeCloseTo(0.1, 12);
  });

  it('says of what passed how far off the worst number is', () => {
    const answer = compare([1.01, 2], [1, 2], { abs: 0.02 });
    expect([answer.passed, answer.at]).toEqual([true, '0']);
    expect(answer.worst).toBeCloseTo(0.01, 12);
  });

  it.each([
    ['a key that is missing', { a: 1 }, { a: 1, b: 2 }, 'b'],
    ['a list that is too short', [1], [1, 2], '.length'],
    ['a list that is too long', [1, 2, 3], [1, 2], '.length'],
    ['a number where a list is expected', 1, [1], ''],
    ['text where a number is expected', '1', 1, ''],
    ['no number where one is expected', NaN, 1, ''],
    ['nothing where a record is expected', null, { a: 1 }, ''],
    ['other text', 'EUR', 'USD', ''],
    ['other truth', false, true, ''],
  ])('does not pass %s', (_title, got, expected, at) => {
    expect(compare(got, expected, { abs: 1e9 })).toEqual({ passed: false, worst: Infinity, at });
  });

  it('does not mind keys that are not expected', () => {
    expect(compare({ a: 1, more: 2 }, { a: 1 }, close).passed).toBe(true);
  });

  it('reads infinity from text, and no finite number passes for it', () => {
    expect(compare(Infinity, 'Infinity', close).passed).toBe(true);
    expect(compare(-Infinity, '-Infinity', close).passed).toBe(true);
    expect(compare(-Infinity, 'Infinity', close).passed).toBe(false);
    expect(compare(1e308, 'Infinity', { rel: 1 }).passed).toBe(false);
    expect(compare(Infinity, 1, { abs: 1e9 }).passed).toBe(false);
  });

  it('takes null and NaN, and nothing else, for a number that is not defined', () => {
    expect(compare(null, null, close).passed).toBe(true);
    expect(compare(NaN, null, close).passed).toBe(true);
    for (const got of [0, undefined, 'null', Infinity, []])
      expect([got, compare(got, null, { abs: 1e9 }).passed]).toEqual([got, false]);
  });

  it('takes typed arrays for lists, also in lists', () => {
    expect(compare(Float64Array.of(1, 2), [1, 2], {}).passed).toBe(true);
    expect(compare([Float64Array.of(1, NaN)], [[1, null]], {}).passed).toBe(true);
    expect(compare([Float64Array.of(1, 2)], [[1, 3]], close).at).toBe('0.1');
  });
});
