import { evaluate } from '../../../scripts/anchors/evaluate.ts';
import { covariance } from '../../../scripts/anchors/estimation/covariance.ts';
import { covarianceInput, returnsOf } from '../../../scripts/anchors/estimation/risk-inputs.ts';
import {
  ddofOf,
  frequencyOf,
  given,
  numberOf,
  vectorOf,
} from '../../../scripts/anchors/rows/row-conventions.ts';
import type { AnchorFiles, AnchorRow } from '../../../scripts/anchors/rows/anchor-row.ts';

const files: AnchorFiles = {
  text: () => '',
  table: () => [
    ['date', 'A', 'B'],
    ['1/2/2020', '10', ''],
    ['1/3/2020', '11', '20'],
    ['1/6/2020', '12.1', '22'],
    ['1/7/2020', '12.1', '33'],
  ],
};

function rowOf(
  operation: string,
  parameters: Record<string, unknown>,
  inputs: Record<string, unknown> = {},
  expected: unknown = 0,
): AnchorRow {
  return { case: operation, operation, parameters, inputs, expected, tolerance: { abs: 1e-9 } };
}

describe('the words of a row', () => {
  it('are found whatever their spelling', () => {
    const row = rowOf('x', { 'Risk free-rate': 0.02 }, { 'series (one per asset)': [[1]] });
    expect(given(row, 'risk_free_rate')).toBe(0.02);
    expect(given(row, 'series')).toEqual([[1]]);
    expect(numberOf(rowOf('x', { risk_aversion: '3.07 (fit: 3.0651)' }), 'risk_aversion')).toBe(
      3.07,
    );
    expect(numberOf(rowOf('exp_cov(span=60)', {}), 'span')).toBe(60);
  });

  it('say the divisor and the periods of a year', () => {
    expect(ddofOf(rowOf('covariance, divided by n', {}), 1)).toBe(0);
    expect(ddofOf(rowOf('covariance, divided by n-1', {}), 0)).toBe(1);
    expect(ddofOf(rowOf('cov', { cov: 'sample, ddof 1' }), 0)).toBe(1);
    expect(frequencyOf(rowOf('cov', { formula: "D'D/T*252" }))).toBe(252);
    expect(frequencyOf(rowOf('cov', {}))).toBe(1);
  });

  it('put a record in the order of the names, and 0 where it has none', () => {
    expect([...(vectorOf({ B: 2 }, ['A', 'B'], 2) ?? [])]).toEqual([0, 2]);
  });
});

describe('the inputs of a row', () => {
  const prices = { prices: 'public/data/prices.csv' };

  it('keep blanks missing, or leave their periods out, as the row says', () => {
    const kept = returnsOf(rowOf('cov', {}, { ...prices, returns: 'blanks stay missing' }), files);
    expect(kept.columns[1]?.[0]).toBeNaN();
    expect(kept.days).toEqual(['2020-01-03', '2020-01-06', '2020-01-07']);
    const words = 'rows with any blank price dropped first, then simple returns';
    const whole = returnsOf(rowOf('cov', {}, { ...prices, returns: words }), files);
    expect(whole.columns.map((column) => column.length)).toEqual([2, 2]);
    const filled = returnsOf(rowOf('cov', { missing: 'returns with NaN -> 0' }, prices), files);
    expect(filled.columns[1]?.[0]).toBe(0);
  });

  it('are cut to the rows and columns that are asked for', () => {
    const first = returnsOf(rowOf('cov', {}, { ...prices, rows: 'first 3', column: 'A' }), files);
    expect(first.names).toEqual(['A']);
    expect(first.columns[0]).toHaveLength(2);
    const later = rowOf('cov', {}, { ...prices, rows: 'returns dated 2020-01-07 onwards' });
    expect(returnsOf(later, files).columns[0]).toHaveLength(1);
    const from = rowOf('cov', {}, { ...prices, rows: '2020-01-06 onwards' });
    expect(returnsOf(from, files).columns[0]).toHaveLength(1);
  });

  it('make a covariance of correlations and volatilities', () => {
    const row = rowOf('x', {}, { corr: [[1, 0.5], [0.5, 1]], volatility: [0.2, 0.1] }); // prettier-ignore
    expect(covarianceInput(row, files).covariance[0]?.[1]).toBeCloseTo(0.01, 15);
  });
});

describe('a row that asks for what there is not', () => {
  it('is not supported, never passed', () => {
    expect(evaluate(rowOf('astrology', {}), covariance, files).verdict).toBe('not supported');
    const blind = rowOf('sample_cov', {});
    expect(evaluate(blind, covariance, files).verdict).toBe('not supported');
  });

  it('fails where the number is another', () => {
    const series = { series: [[0.05, 0.01, 0.01], [-0.05, 0.03, -0.01]] }; // prettier-ignore
    const right = [[0.0005333333333333335, -0.0008], [-0.0008, 0.0016]]; // prettier-ignore
    expect(evaluate(rowOf('sample_cov', {}, series, right), covariance, files).verdict).toBe(
      'passed',
    );
    const wrong = rowOf('sample_cov', { ddof: 0 }, series, right);
    expect(evaluate(wrong, covariance, files).verdict).toBe('failed');
  });
});
