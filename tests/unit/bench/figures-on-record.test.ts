/** Which figure is met, missed, and worse than the last one by so much that a scheduled check fails. */
import { compared } from '../../../bench/figures/figures-on-record.ts';

const aims = {
  'a: small is good': { better: 'less', aim: 1.5 },
  'a: large is good': { better: 'more', aim: 5 },
  'a: without aim': { better: 'more' },
} as const;
const last = (value: number) => ({ value, day: '2026-11-22', machine: 'a machine' });
const now = (name: string, value: number) => ({ name, value, spreadRatio: 0 });

function one(name: keyof typeof aims, before: number | undefined, value: number | undefined) {
  const known = before === undefined ? {} : { [name]: last(before) };
  const measured = value === undefined ? [] : [now(name, value)];
  return compared(aims, known, measured).find((row) => row.name === name);
}

test.each([
  ['a: small is good', 1.6, 1.5, true, false],
  ['a: small is good', 1.4, 1.51, false, false],
  ['a: small is good', 1.4, 1.6, false, false],
  ['a: small is good', 1.4, 1.62, false, true],
  ['a: large is good', 5.7, 5, true, false],
  ['a: large is good', 5.8, 5, true, true],
  ['a: large is good', 4, 20, true, false],
] as const)('%s: %d before and %d now', (name, before, value, isMet, isRegression) => {
  expect(one(name, before, value)).toMatchObject({ isMet, isRegression });
});

test('the share by which it is worse counts from the better value, whichever way is better', () => {
  expect(one('a: small is good', 2, 2.2)?.worseRatio).toBeCloseTo(0.1);
  expect(one('a: large is good', 2.2, 2)?.worseRatio).toBeCloseTo(0.1);
  expect(one('a: large is good', 2, 2.2)?.worseRatio).toBeLessThan(0);
});

test('what was not measured now stands by its last value, and is no regression', () => {
  expect(one('a: small is good', 1.4, undefined)).toMatchObject({
    isMet: true,
    isRegression: false,
  });
  expect(one('a: small is good', undefined, undefined)?.isMet).toBeUndefined();
  expect(one('a: without aim', 1, 0.1)).toMatchObject({ isMet: undefined, isRegression: true });
});
