/** Every category of rows that the project answers. */
import { blackLitterman } from './allocation/black-litterman.ts';
import { covariance } from './estimation/covariance.ts';
import { discreteAllocation } from './allocation/discrete-allocation.ts';
import { expectedReturns } from './estimation/expected-returns.ts';
import { lotAccounting } from './lot-accounting.ts';
import { performanceMetrics } from './performance/performance-metrics.ts';
import { hierarchical } from './allocation/hierarchical.ts';
import { riskBudgets, simpleWeights } from './allocation/risk-weights.ts';
import { criticalLineRows } from './allocation/critical-line.ts';
import { meanVariance } from './allocation/mean-variance.ts';
import { orlibFrontier } from './allocation/orlib-frontier.ts';
import { quadraticPrograms } from './allocation/quadratic-programs.ts';
import { tailRiskOptimisation } from './allocation/tail-risk-optimisation.ts';
import { technicalIndicators } from './indicators/technical-indicators.ts';
import { executionCost } from './execution-cost.ts';
import { exchangeCalendar } from './exchange-calendar.ts';
import { replayRows } from './replay/replay-rows.ts';
import type { Adapter } from './rows/anchor-row.ts';

export const adapters: readonly Adapter[] = [
  covariance,
  expectedReturns,
  blackLitterman,
  hierarchical,
  riskBudgets,
  simpleWeights,
  lotAccounting,
  performanceMetrics,
  meanVariance,
  criticalLineRows,
  orlibFrontier,
  quadraticPrograms,
  tailRiskOptimisation,
  discreteAllocation,
  technicalIndicators,
  executionCost,
  exchangeCalendar,
  replayRows,
];
