/** Rows of portfolios with the least tail risk over scenarios. */
import { gapsAsZero } from '#shared/quant/estimation/covariance.ts';
import {
  conditionalDrawdownRisk,
  cvar,
  riskOf,
  semideviation,
  type TailRisk,
} from '#shared/quant/allocation/scenario-risk.ts';
import {
  leastTailRisk,
  mostTailUtility,
  tailEfficientReturn,
  tailEfficientRisk,
  type TailProgram,
} from '#shared/quant/allocation/tail-risk-program.ts';
import { simpleReturns } from '#shared/quant/measures/returns.ts';
import { inShape, riskFreeOfFigures } from './portfolio-figures.ts';
import { limitsOf } from './portfolio-limits.ts';
import {
  describedMeans,
  pricesOf,
  returnsOf,
  withoutGaps,
  type Panel,
} from '../estimation/risk-inputs.ts';
import { allWords, given, numberOf, textOf, vectorOf } from '../rows/row-conventions.ts';
import {
  NotSupported,
  type Adapter,
  type AnchorFiles,
  type AnchorRow,
  type Compute,
} from '../rows/anchor-row.ts';
import { vocabularies } from '../rows/vocabularies.ts';

interface Scenarios {
  readonly names: readonly string[];
  readonly columns: readonly Float64Array[];
  readonly expected: Float64Array;
}

const DAYS = 252;

/** Periods of which something is missing are no scenarios; means are of all prices unless said otherwise. */
function scenariosOf(row: AnchorRow, files: AnchorFiles): Scenarios {
  const prices = pricesOf(row, files);
  const panel = prices ? returnPanel(row, prices) : withoutGaps(returnsOf(row, files));
  const means = given(row, 'mu', 'expected_returns', 'mean');
  const text = typeof means === 'string' ? means : '';
  const stated = vectorOf(text === '' ? means : undefined, panel.names, panel.columns.length);
  const measure = /\d\)?\s*$/.test(text) || text === '' ? text : `${text} (${periodsOf(row)})`;
  const whole =
    prices && /all prices/.test(text) ? prices.columns.map(simpleReturns) : panel.columns;
  const compounding = /arithmetic|compounding\s*=\s*false/i.test(text) ? '' : 'compounding ';
  const words = `${compounding}${measure || `mean (${periodsOf(row)})`}`;
  return {
    names: panel.names,
    columns: panel.columns,
    expected: stated ?? describedMeans(words, whole),
  };
}

function returnPanel(row: AnchorRow, prices: Panel): Panel {
  const early = /blank prices?|prices?[^,;]* dropped,? then/.test(allWords(row));
  const kept = early ? withoutGaps(prices) : prices;
  const columns = kept.columns.map(simpleReturns);
  return withoutGaps({ names: prices.names, days: kept.days.slice(1), columns });
}

function periodsOf(row: AnchorRow): number {
  const stated = numberOf(row, 'frequency', 'periods_per_year', 'annualisation');
  if (stated !== undefined) return stated;
  const words = allWords(row);
  return /weekly/.test(words) ? 52 : /monthly/.test(words) ? 12 : DAYS;
}

interface Measure {
  readonly risk: TailRisk;
  /** Shown times the root of the periods in a year, as deviations are. */
  readonly isDeviation: boolean;
}

/** The risk the operation names, or the row's measure. */
function measureOf(row: AnchorRow): Measure {
  const words = `${row.operation} ${textOf(row, 'measure', 'risk_measure', 'risk')}`.toLowerCase();
  const beta = numberOf(row, 'beta', 'confidence', 'confidence_level', 'alpha') ?? 0.95;
  const level = beta < 0.5 ? 1 - beta : beta;
  const benchmark = numberOf(row, 'benchmark', 'mar', 'min_acceptable_return') ?? 0;
  const plain = (risk: TailRisk): Measure => ({ risk, isDeviation: false });
  if (/cdar|conditional.?drawdown/.test(words)) return plain(conditionalDrawdownRisk(level));
  if (/cvar|expected.?shortfall|conditional.?value/.test(words)) return plain(cvar(level));
  if (/semi|downside/.test(words)) return { risk: semideviation(benchmark), isDeviation: true };
  if (/\bmad\b|mean.?absolute/.test(words)) return plain({ series: 'deviation', measure: 'mean' });
  if (/partial.?moment|flpm/.test(words))
    return plain({ series: 'shortfall', benchmark, measure: 'mean' });
  if (/max\w*.?drawdown/.test(words)) return plain({ series: 'drawdown', measure: 'largest' });
  if (/(average|mean).?drawdown/.test(words)) return plain({ series: 'drawdown', measure: 'mean' });
  if (/ulcer/.test(words)) return plain({ series: 'drawdown', measure: 'root-mean-square' });
  if (/worst|minimax/.test(words)) return plain({ series: 'loss', measure: 'largest' });
  throw new NotSupported(`no risk measure in "${row.operation}"`);
}

function solve(
  row: AnchorRow,
  program: TailProgram,
  { risk, isDeviation }: Measure,
  scale: number,
) {
  const operation = row.operation.toLowerCase();
  const targetReturn = numberOf(row, 'target_return', 'min_return');
  const most = numberOf(
    row,
    'target_risk',
    'target_cvar',
    'target_cdar',
    'target_semideviation',
    'target_mad',
    'max_risk',
  );
  const aversion = numberOf(row, 'risk_aversion', 'ra');
  if (aversion !== undefined || /util/.test(operation)) {
    const share = isDeviation ? 1 / scale ** 2 : 1;
    return mostTailUtility(program, risk, aversion ?? 1, share);
  }
  if (targetReturn !== undefined) return tailEfficientReturn(program, risk, targetReturn);
  if (most !== undefined) return tailEfficientRisk(program, risk, most / scale);
  if (/efficient/.test(operation)) throw new NotSupported('the row gives no target');
  return leastTailRisk(program, risk);
}

const tail: Compute = (row, files) => {
  const { names, columns, expected } = scenariosOf(row, files);
  const { variables, rows, ridge, costs } = limitsOf(row, names, columns.length);
  const measure = measureOf(row);
  const scale = measure.isDeviation ? Math.sqrt(periodsOf(row)) : 1;
  const program = { scenarios: gapsAsZero(columns), expected, variables, rows, ridge, costs };
  const answer = solve(row, program, measure, scale);
  if (!answer) return null;
  const risk = riskOf(columns, answer.weights, measure.risk) * scale;
  const { weights, expectedReturn } = answer;
  const ratio = (expectedReturn - riskFreeOfFigures(row)) / risk;
  return inShape(row, { names, weights, expectedReturn, risk, ratio });
};

export const tailRiskOptimisation: Adapter = {
  category: 'tail_risk_optimisation',
  words: vocabularies.tail_risk_optimisation,
  operations: [[/min|efficient|max|util|least|target/i, tail]],
};
