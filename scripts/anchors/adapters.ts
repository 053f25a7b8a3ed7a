/** Every category of rows that the project answers. */
import { lotAccounting } from './lot-accounting.ts';
import { performanceMetrics } from './performance-metrics.ts';
import type { Adapter } from './row.ts';

export const adapters: readonly Adapter[] = [lotAccounting, performanceMetrics];
