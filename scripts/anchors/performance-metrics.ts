/** Rows of performance and risk measures. */
import { meanOverRiskOperation, ratioOperations, rolling } from './performance-ratios.ts';
import { returnOperations } from './performance-returns.ts';
import { riskOperations } from './performance-risk.ts';
import type { Adapter } from './row.ts';

const operations = [...ratioOperations, ...returnOperations, ...riskOperations, meanOverRiskOperation];

export const performanceMetrics: Adapter = {
  category: 'performance_metrics',
  operations: [[/^roll(ing)?[\s_-]+/i, rolling(operations)], ...operations],
};
