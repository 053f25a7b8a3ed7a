/** Conventions of moments that rows state: divisor, center, weights, estimate. */
import { isFrom, listNamed, parameter, periodsPerYear, text } from './performance-inputs.ts';
import type { Compute } from '../rows/anchor-row.ts';

type Row = Parameters<Compute>[0];

/** Center, divisor and weights of observations, as a row states them. */
export function moment(row: Row) {
  const { parameters, operation } = row;
  const biased = parameters['biased'] ?? parameters['bias'];
  const stated = parameter(row, 'ddof');
  const target = parameter(row, 'target', 'min_acceptable_return', 'mar', 'threshold');
  const zero =
    /zero|^0$/i.test(String(parameters['target'] ?? '')) || /[\s_-](0|zero)$/i.test(operation);
  const weights = listNamed(
    row,
    parameters['sample_weight'] ?? row.inputs['sample_weight'] ?? undefined,
  );
  const level = target ?? (zero ? 0 : undefined);
  return {
    ddof: stated ?? (biased === true || /population|divisor n\b|\/n\b/i.test(text(row)) ? 0 : 1),
    target: level,
    weights,
  };
}

export function scale(row: Row): number {
  return /annuali[sz]ed/i.test(row.operation) ? periodsPerYear(row) : 1;
}

export function estimate(row: Row): 'population' | 'sample' {
  const population = row.parameters['population'];
  if (typeof population === 'boolean') return population ? 'population' : 'sample';
  const said = text(row);
  if (/unbiased|bias[\s-]*corrected|sample|G[12]\b|spreadsheet/i.test(said)) return 'sample';
  return isFrom(row, /ffn/) ? 'sample' : 'population';
}

export function isExcess(row: Row): boolean {
  const stated = row.parameters['excess'] ?? row.parameters['fisher'];
  if (typeof stated === 'boolean') return stated;
  const said = text(row);
  if (/non[\s-]*excess|not excess|fisher"?: ?false|pearson/i.test(said)) return false;
  return /excess|fisher/i.test(said) || isFrom(row, /ffn|empyrical/);
}
