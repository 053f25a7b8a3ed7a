/** Rows about losses of the bad tail. */
import {
  conditionalValueAtRisk,
  entropicRisk,
  entropicValueAtRisk,
  modifiedValueAtRisk,
  normalConditionalValueAtRisk,
  normalValueAtRisk,
  valueAtRisk,
  type QuantileRule,
} from '#shared/quant/measures/tail-risk.ts';
import {
  isFrom,
  named,
  parameter,
  text,
  type Measured,
  type Measures,
} from './performance-inputs.ts';
import { moment } from './performance-moments.ts';
import type { Compute } from '../rows/anchor-row.ts';

type Row = Parameters<Compute>[0];

export const tailMeasures: Measures = [
  [
    named('entropic risk'),
    ({ returns }, row) =>
      entropicRisk(returns, {
        theta: parameter(row, 'theta') ?? 1,
        ...moment(row),
        confidence: confidence(row),
      }),
  ],
  [/\bevar|entropic/i, ({ returns }, row) => entropicValueAtRisk(returns, entropic(row))],
  [/cvar|conditional[\s_-]*value|expected[\s_-]*shortfall|\bes\b/i, shortfall],
  [named('value at risk|\\bvar(?!i)'), valueAtRiskOf],
];

export function confidence(row: Row): number | undefined {
  const stated = parameter(row, 'confidence', 'beta', 'alpha', 'level');
  const cutoff = parameter(row, 'cutoff', 'var_p');
  if (cutoff !== undefined) return 1 - cutoff;
  const [, inName] = /[\s_-](\d{2})(?:[\s_-]|$)/.exec(row.operation) ?? [];
  return stated ?? (inName === undefined ? undefined : Number(inName) / 100);
}

/** How far down the search for theta goes. */
export function entropic(row: Row) {
  const thetaMin = parameter(row, 'theta_min') ?? (isFrom(row, /skfolio/) ? 0.01 : 0);
  return { confidence: confidence(row), thetaMin };
}

function rule(row: Row): QuantileRule {
  const said = text(row);
  if (/linear|interpol/i.test(said)) return 'interpolated';
  if (/floor/i.test(said)) return 'order-below';
  if (/ceil/i.test(said)) return 'order';
  if (isFrom(row, /empyrical/)) return 'interpolated';
  return isFrom(row, /portfolio_analytics/) ? 'order-below' : 'order';
}

/** Some state the quantile of returns itself, with its sign, and not the loss. */
function lossSign(row: Row): 1 | -1 {
  const said = text(row);
  if (/sign kept|negative = loss/i.test(said)) return -1;
  return isFrom(row, /empyrical/) && !/positive/i.test(said) ? -1 : 1;
}

function valueAtRiskOf({ returns }: Measured, row: Row): number {
  const options = { confidence: confidence(row) };
  const said = text(row);
  if (/cornish|modified/i.test(said)) return lossSign(row) * modifiedValueAtRisk(returns, options);
  if (/gauss|normal|parametric/i.test(said))
    return lossSign(row) * normalValueAtRisk(returns, options);
  const { weights } = moment(row);
  const all = options.confidence === 1 && rule(row) === 'order-below';
  return all ? NaN : lossSign(row) * valueAtRisk(returns, { ...options, rule: rule(row), weights });
}

function shortfall({ returns }: Measured, row: Row): number {
  const options = { confidence: confidence(row) };
  const said = text(row);
  if (/gauss|normal|parametric/i.test(said))
    return lossSign(row) * normalConditionalValueAtRisk(returns, options);
  const plain =
    /tail[\s-]*mean|partition/i.test(said) || (isFrom(row, /empyrical/) && !/fraction/i.test(said));
  const { weights } = moment(row);
  return (
    lossSign(row) *
    conditionalValueAtRisk(returns, {
      ...options,
      rule: plain ? 'tail-mean' : 'fractional',
      weights,
    })
  );
}
