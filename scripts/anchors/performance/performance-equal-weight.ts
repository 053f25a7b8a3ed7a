/** Figures of the portfolio that holds equal weights anew in every period. */
import { depthsOfReturns, maximumDrawdown } from '#shared/quant/measures/drawdowns.ts';
import { mean } from '#shared/quant/measures/moments.ts';
import { quantile } from '#shared/quant/measures/quantile.ts';
import { sharpeRatio, sortinoRatio } from '#shared/quant/measures/ratios.ts';
import { annualReturn, annualVolatility } from '#shared/quant/measures/returns.ts';
import { returnsOf } from '../estimation/risk-inputs.ts';
import { given, needed, numberOf, textOf } from '../rows/row-conventions.ts';
import { NotSupported, type AnchorRow, type Compute } from '../rows/anchor-row.ts';

export const equalWeightMetrics: Compute = (row, files) => {
  const { columns } = returnsOf(row, files);
  const returns = Float64Array.from({ length: columns[0]?.length ?? 0 }, (_, t) =>
    mean(columns.map((column) => column[t] ?? NaN)),
  );
  const keys = Object.keys((row.expected ?? {}) as object);
  return Object.fromEntries(keys.map((key) => [key, figure(row, key, returns)]));
};

function figure(row: AnchorRow, key: string, returns: Float64Array): number {
  const periodsPerYear = needed(numberOf(row, 'periods_per_year'), 'periods in a year');
  const yearly = { periodsPerYear };
  const deepest = -maximumDrawdown(depthsOfReturns(returns, { compounded: true, fromStart: true }));
  // A formula under the figure's own name has been read word by word.
  given(row, key);
  switch (key.replace(/\d.*$/, '')) {
    case 'annual_return':
      return annualReturn(returns, yearly);
    case 'annual_volatility':
      return annualVolatility(returns, { ...yearly, ddof: 1, stability: 2 });
    case 'sharpe':
      return sharpeRatio(returns, { ...yearly, ddof: 1, riskFree: 0 });
    case 'sortino':
      return sortinoRatio(returns, { ...yearly, required: 0 });
    case 'max_drawdown':
      return deepest;
    case 'calmar':
      return annualReturn(returns, yearly) / Math.abs(deepest);
    case 'var':
      return quantile(returns, shareOf(row, key));
    case 'cvar': {
      const limit = quantile(returns, shareOf(row, key.replace('cvar', 'var')));
      return mean(returns.filter((value) => value <= limit));
    }
    default:
      throw new NotSupported(`no figure "${key}"`);
  }
}

/** Of `10% quantile of returns`; it must be that of the figure's name. */
function shareOf(row: AnchorRow, key: string): number {
  const stated = /(\d+(?:\.\d+)?)\s*%/.exec(textOf(row, key))?.[1];
  const share = 1 - Number(key.replace(/^\D+/, '')) / 100;
  const percent = stated === undefined ? share * 100 : Number(stated);
  if (Math.abs(percent / 100 - share) > 1e-9)
    throw new NotSupported(`${key} as the ${percent}% quantile`);
  return percent / 100;
}
