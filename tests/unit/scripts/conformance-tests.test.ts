import { rows } from '../../../scripts/conformance/conformance-rows.ts';
import { readTests, testsOf } from '../../../scripts/conformance/tests.ts';

const two = rows.slice(0, 2);

test('every row of the sheet has one test', () => {
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 140 }, (_, i) => i + 1));
  expect(testsOf(rows, readTests()).size).toBe(140);
});

test('a row is found however its call is wrapped', () => {
  const files = { 'a.test.ts': 'row(1, async () => {', 'b.test.ts': '  row(\n    2,\n    async' };
  expect([...testsOf(two, files)]).toEqual([
    [1, 'a.test.ts'],
    [2, 'b.test.ts'],
  ]);
});

test('a row without a test, one with two, and a test without a row are all named', () => {
  const files = { 'a.test.ts': 'row(1, x); row(3, x)', 'b.test.ts': 'row(1, x); arrow(2, x)' };
  expect(() => testsOf(two, files)).toThrow(
    'row 1 has tests in a.test.ts, b.test.ts\nrow 2 has no test\na.test.ts: the sheet has no row 3',
  );
});

test('what does not hold has a reason', () => {
  for (const { differs, here } of rows) if (differs) expect(here).toMatch(/\w/);
});
