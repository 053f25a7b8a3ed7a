/** Every category of rows that the project answers. */
import { blackLitterman } from './black-litterman.ts';
import { covariance } from './covariance.ts';
import { discreteAllocation } from './discrete-allocation.ts';
import { expectedReturns } from './expected-returns.ts';
import { lotAccounting } from './lot-accounting.ts';
import { performanceMetrics } from './performance-metrics.ts';
import { hierarchical } from './hierarchical.ts';
import { riskBudgets, simpleWeights } from './risk-weights.ts';
import { criticalLineRows } from './critical-line.ts';
import { meanVariance } from './mean-variance.ts';
import { orlibFrontier } from './orlib-frontier.ts';
import { quadraticPrograms } from './quadratic-programs.ts';
import { tailRiskOptimisation } from './tail-risk-optimisation.ts';
import { technicalIndicators } from './technical-indicators.ts';
import { executionCost } from './execution-cost.ts';
import { exchangeCalendar } from './exchange-calendar.ts';
import { replayRows } from './replay.ts';
import type { Adapter } from './row.ts';

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
