/** Rows of technical indicators: by name, in the order or under the names that their source has. */
import { arithmetic } from './indicator-arithmetic.ts';
import { averages, type Outputs } from './indicator-averages.ts';
import { IndicatorInput } from './indicator-input.ts';
import { movements } from './indicator-momentum.ts';
import { oscillators } from './indicator-oscillators.ts';
import { ranges } from './indicator-ranges.ts';
import { volumes } from './indicator-volumes.ts';
import { given, numberOf, textOf } from '../rows/row-conventions.ts';
import { plainName } from '../rows/text-values.ts';
import { lastValue } from './indicator-last.ts';
import {
  NotSupported,
  type Adapter,
  type AnchorFiles,
  type AnchorRow,
  type Compute,
} from '../rows/anchor-row.ts';
import { vocabularies } from '../rows/vocabularies.ts';

const indicators = [
  ...averages,
  ...movements,
  ...oscillators,
  ...ranges,
  ...volumes,
  ...arithmetic,
];

const indicator: Compute = (row, files) => {
  if (/last row/i.test(row.operation)) return lastValues(row, files);
  const name = row.operation.toLowerCase().replaceAll(/[\s_]|\(.*\)/g, '');
  const compute = indicators.find(([pattern]) => pattern.test(name))?.[1];
  if (!compute) throw new NotSupported(`no indicator "${row.operation}"`);
  return shaped(row, compute(new IndicatorInput(row, files)));
};

/** Several indicators at once, at the end; the number in an expected name is its window. */
function lastValues(row: AnchorRow, files: AnchorFiles): unknown {
  const input = new IndicatorInput(row, files);
  const names = Object.keys((row.expected ?? {}) as object);
  return Object.fromEntries(names.map((name) => [name, lastValue(input, name)]));
}

/** A record by name; one list; or lists in order, aligned to the end of the inputs. */
function shaped(row: AnchorRow, outputs: Outputs): unknown {
  const { expected } = row;
  requireFewOptions(row);
  if (!Array.isArray(expected)) {
    const names = Object.keys((expected ?? {}) as object);
    return Object.fromEntries(names.map((name) => [name, named(outputs, name)]));
  }
  if (expected.some(Array.isArray))
    return (expected as unknown[][]).map((list, i) => lastOf(outputs[i]?.[1], list.length));
  const column = textOf(row, 'expected_column', 'output');
  const values = column === '' ? outputs[0]?.[1] : named(outputs, column);
  const first = numberOf(row, 'first_row_checked') ?? 0;
  if (given(row, 'alignment') !== undefined) return lastOf(values, expected.length);
  return values?.map((value, i) => (i < first ? NaN : value));
}

/** No options at all say nothing. */
function requireFewOptions(row: AnchorRow): void {
  given(row, 'options');
}

function named(outputs: Outputs, name: string): Float64Array {
  const requested = loose(name);
  const found = outputs.find(([names]) => names.split('|').some((one) => loose(one) === requested));
  const only = outputs.length === 1 ? outputs[0] : undefined;
  if (!found && !only) throw new NotSupported(`no output "${name}"`);
  return (found ?? only)?.[1] ?? new Float64Array(0);
}

/** `+DI14` and `-DI14` differ in their sign only. */
function loose(name: string): string {
  return plainName(name.replace('+', 'plus').replace(/^-/, 'minus'));
}

function lastOf(values: Float64Array | undefined, count: number): Float64Array | undefined {
  return count === 0 ? new Float64Array(0) : values?.slice(-count);
}

export const technicalIndicators: Adapter = {
  category: 'technical_indicators',
  words: vocabularies.technical_indicators,
  operations: [[/./, indicator]],
};
