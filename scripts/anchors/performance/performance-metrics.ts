/** Rows of performance and risk measures. */
import { main, parameter, present } from './performance-inputs.ts';
import { equalWeightMetrics } from './performance-equal-weight.ts';
import { meanOverRiskOperation, ratioOperations } from './performance-ratios.ts';
import { returnOperations } from './performance-returns.ts';
import { riskOperations } from './performance-risk.ts';
import { mapped } from '../rows/row-fields.ts';
import { NotSupported, type Adapter, type Compute } from '../rows/anchor-row.ts';
import { vocabularies } from '../rows/vocabularies.ts';

const operations = [
  ...ratioOperations,
  ...returnOperations,
  ...riskOperations,
  meanOverRiskOperation,
];

export const performanceMetrics: Adapter = {
  category: 'performance_metrics',
  words: vocabularies.performance_metrics,
  operations: [
    [/equal[\s_-]*weight portfolio/i, equalWeightMetrics],
    [/^roll(ing)?[\s_-]+/i, rolling],
    ...operations,
  ],
};

/** The same operation on each window of the lists. */
function rolling(row: Parameters<Compute>[0], files: Parameters<Compute>[1]): unknown {
  const window = present(parameter(row, 'window'), 'no window');
  const operation = row.operation.replace(/^roll(ing)?[\s_-]+/i, '');
  const compute = operations.find(([pattern]) => pattern.test(operation))?.[1];
  if (!compute) throw new NotSupported(`no rolling "${operation}"`);
  const { length } = main(row, files).returns;
  const [expected] = Array.isArray(row.expected) ? (row.expected as unknown[]) : [row.expected];
  return Array.from({ length: Math.max(0, length - window + 1) }, (_, from) => {
    const cut = (value: unknown): unknown =>
      Array.isArray(value) ? value.slice(from, from + window) : value;
    const inputs = mapped(row.inputs, cut);
    return compute({ ...row, operation, inputs, expected }, files);
  });
}
