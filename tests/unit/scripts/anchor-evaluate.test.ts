import { invalidRequest } from '#shared/kernel/failure.ts';
import { MissingFile } from '../../../scripts/anchors/files.ts';
import { words } from '../../../scripts/anchors/rows/vocabulary.ts';
import { evaluate } from '../../../scripts/anchors/evaluate.ts';
import {
  NotSupported,
  type Adapter,
  type AnchorFiles,
  type AnchorRow,
} from '../../../scripts/anchors/rows/anchor-row.ts';

const files: AnchorFiles = {
  text: (name) => {
    throw new MissingFile(`There is no file ${name}.`);
  },
  table: () => [],
};

const adapter: Adapter = {
  category: 'sums',
  words: {
    phrases: {
      operation: [words('sum | weighted sum | broken | product | refused | missing file')],
      rounding: [words('to cents | half even')],
    },
    without: ['remark'],
  },
  operations: [
    [/^sum$/, ({ inputs }) => (inputs['values'] as number[]).reduce((a, b) => a + b, 0)],
    [
      /^weighted/,
      () => {
        throw new NotSupported('weights are not known');
      },
    ],
    [
      /^broken/,
      () => {
        throw new RangeError('no such series');
      },
    ],
    [
      /^refused/,
      () => {
        throw invalidRequest({ field: 'values[1]', message: 'is below 0' });
      },
    ],
    [/^missing/, (_row, own) => own.text('public/data/none.csv')],
    [/sum/, () => 'the first that fits answers'],
  ],
};

function row(operation: string, expected: unknown = 6): AnchorRow {
  const given = { parameters: {}, inputs: { values: [1, 2, 3] }, tolerance: { abs: 1e-12 } };
  return { case: 'one', operation, expected, ...given };
}

describe('evaluate', () => {
  it('passes the right number and says how far off it is', () => {
    const judged = evaluate(row('sum', 6 + 1e-13), adapter, files);
    expect([judged.name, judged.verdict, judged.reason]).toEqual(['one', 'passed', '']);
    expect(judged.worst).toBeGreaterThan(0);
  });

  it('fails a wrong number and says where it is off', () => {
    expect(evaluate(row('sum', 7), adapter, files)).toEqual({
      ...{ name: 'one', verdict: 'failed', worst: 1 },
      reason: 'off by 1.00 at the value',
    });
  });

  it.each([
    ['an operation it does not know', 'product', 'no operation "product"'],
    ['what an adapter refuses', 'weighted sum', 'weights are not known'],
  ])('says of %s that it is not supported, whatever is expected', (_title, operation, reason) => {
    for (const expected of [6, null, undefined])
      expect(evaluate(row(operation, expected), adapter, files)).toEqual({
        ...{ name: 'one', verdict: 'not supported', worst: 0, reason },
      });
  });

  it('says of a category without an adapter that it is not supported', () => {
    expect(evaluate(row('sum'), undefined, files).verdict).toBe('not supported');
  });

  it('fails a row whose computation throws', () => {
    const judged = evaluate(row('broken', null), adapter, files);
    expect([judged.verdict, judged.worst]).toEqual(['failed', Infinity]);
    expect(judged.reason).toContain('no such series');
  });
});

describe('an unread word of a row', () => {
  const judged = (parameters: Record<string, unknown>, expected: unknown = 6) =>
    evaluate({ ...row('sum', expected), parameters }, adapter, files);

  it.each([
    ['a number', { smoothing: 0.5 }, 'not used: parameters.smoothing'],
    ['a list', { weights: [1, 2] }, 'not used: parameters.weights'],
    ['a record', { groups: { a: 1 } }, 'not used: parameters.groups'],
    ['a number in a text', { smoothing: '1/3' }, 'not used: parameters.smoothing'],
    ['a text', { smoothing: 'exponential' }, 'no smoothing "exponential"'],
    ['a word of a text', { rounding: 'to cents, upwards' }, 'unknown in rounding: "upwards"'],
  ])('%s, makes the row not supported', (_title, parameters, reason) => {
    expect(judged(parameters)).toMatchObject({
      verdict: 'not supported',
      reason: expect.stringContaining(reason),
    });
  });

  it('is accepted where it is known, or known to change nothing', () => {
    expect(judged({ rounding: 'half-even to cents', remark: 3 }).verdict).toBe('passed');
  });

  it('in the operation itself makes the row not supported', () => {
    const { verdict, reason } = evaluate(
      row('sum of squares'),
      { ...adapter, operations: [[/sum/, () => 6]] },
      files,
    );
    expect([verdict, reason]).toEqual([
      'not supported',
      'unknown in operation: "squares" of "sum of squares"',
    ]);
  });

  it('passes a row that expects not to be supported, with the word in its reason', () => {
    const evaluated = judged({ smoothing: 0.5 }, 'not supported');
    expect([evaluated.verdict, evaluated.reason]).toEqual([
      'passed',
      'not used: parameters.smoothing',
    ]);
    expect(judged({}, 'not supported').verdict).toBe('failed');
  });
});

describe('a row that expects an error', () => {
  it.each([
    ['refused', 'refused', 'values[1]'],
    ['missing file', 'missing file', 'public/data/none.csv'],
  ])('passes where it is %s, and not where it is another', (operation, expected, named) => {
    const { verdict, reason } = evaluate(row(operation, expected), adapter, files);
    expect([verdict, reason]).toEqual(['passed', expect.stringContaining(named)]);
    for (const other of ['broken', 'sum', operation === 'refused' ? 'missing file' : 'refused'])
      expect(evaluate(row(other, expected), adapter, files).verdict).toBe('failed');
  });

  it('fails where a number was expected', () => {
    expect(evaluate(row('refused', 6), adapter, files).verdict).toBe('failed');
    expect(evaluate(row('missing file', 6), adapter, files).verdict).toBe('failed');
  });
});
