import { judge } from '../../../scripts/anchors/judge.ts';
import {
  NotSupported,
  type Adapter,
  type AnchorFiles,
  type AnchorRow,
} from '../../../scripts/anchors/row.ts';

const files: AnchorFiles = { text: () => '', table: () => [] };

const adapter: Adapter = {
  category: 'sums',
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
    [/sum/, () => 'the first that fits answers'],
  ],
};

function row(operation: string, expected: unknown = 6): AnchorRow {
  const given = { parameters: {}, inputs: { values: [1, 2, 3] }, tolerance: { abs: 1e-12 } };
  return { case: 'one', operation, expected, ...given };
}

describe('judge', () => {
  it('passes the right number and says how far off it is', () => {
    const judged = judge(row('sum', 6 + 1e-13), adapter, files);
    expect([judged.name, judged.verdict, judged.reason]).toEqual(['one', 'passed', '']);
    expect(judged.worst).toBeGreaterThan(0);
  });

  it('fails a wrong number and says where it is off', () => {
    expect(judge(row('sum', 7), adapter, files)).toEqual({
      ...{ name: 'one', verdict: 'failed', worst: 1 },
      reason: 'off by 1.00 at the value',
    });
  });

  it.each([
    ['an operation it does not know', 'product', 'no operation "product"'],
    ['what an adapter refuses', 'weighted sum', 'weights are not known'],
  ])('says of %s that it is not supported, whatever is expected', (_title, operation, reason) => {
    for (const expected of [6, null, undefined])
      expect(judge(row(operation, expected), adapter, files)).toEqual({
        ...{ name: 'one', verdict: 'not supported', worst: 0, reason },
      });
  });

  it('says of a category without an adapter that it is not supported', () => {
    expect(judge(row('sum'), undefined, files).verdict).toBe('not supported');
  });

  it('fails a row whose computation throws', () => {
    const judged = judge(row('broken', null), adapter, files);
    expect([judged.verdict, judged.worst]).toEqual(['failed', Infinity]);
    expect(judged.reason).toContain('no such series');
  });
});
