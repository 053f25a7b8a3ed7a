/** Rows about returns, growth, rates and calendars. */
import { epochDay, parseDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { DAY_MS } from '#shared/kernel/instant.ts';
import { internalRate } from '#shared/quant/measures/internal-rate.ts';
import {
  aggregateReturns,
  annualGrowth,
  returnToDate,
  trailingGrowth,
  trailingReturn,
  type CalendarPeriod,
} from '#shared/quant/measures/calendar-returns.ts';
import { semiDeviation } from '#shared/quant/measures/downside.ts';
import { standardDeviation } from '#shared/quant/measures/moments.ts';
import { rescaled, winsorised } from '#shared/quant/measures/quantile.ts';
import {
  DAYS_A_YEAR,
  annualReturn,
  annualised,
  arithmeticAnnualReturn,
  compoundGrowth,
  cumulativeReturns,
  growth,
  logReturns,
  perPeriod,
  rebased,
  simpleReturns,
  totalReturn,
} from '#shared/quant/measures/returns.ts';
import {
  each,
  isFrom,
  main,
  named,
  number,
  numbers,
  parameter,
  periodsPerYear,
  present,
  text,
  type Measured,
} from './performance-inputs.ts';
import { peeked } from '../rows/row-fields.ts';
import { NotSupported, type Compute } from '../rows/anchor-row.ts';

export const returnOperations: readonly (readonly [RegExp, Compute])[] = [
  [/sum[\s_-]*of[\s_-]*squares|log[\s_-]*returns over the whole period/i, wholePeriodDeviations],
  [/xirr|\birr\b|internal rate|money[\s_-]*weighted/i, xirr],
  [named('year frac'), ({ inputs, parameters }) => daysOf(inputs, parameters) / DAYS_A_YEAR],
  [named('aggregate returns'), aggregate],
  [named('rebase|price index'), each((series, row) => atRow(row, indexed(series, row)))],
  [
    named('cum(ulative)? returns? final|total return|cumulative return$|^ror'),
    each((series, row) => final(series, row)),
  ],
  [named('cum(ulative)? returns'), each(cumulated)],
  [
    named('mtd|ytd|month to date|year to date'),
    each(({ path, days }, row) =>
      returnToDate({ days, values: path }, /mtd|month/i.test(row.operation) ? 'month' : 'year'),
    ),
  ],
  [/^(trailing|one|three|six|1|3|6|12)[\s_-]*(m|month|year|y)s?\b/i, each(trailing)],
  [
    /(three|five|ten|3|5|10)[\s_-]*(year|y)/i,
    each(({ path, days }, row) =>
      trailingGrowth({ days, values: path }, yearsNamed(row.operation)),
    ),
  ],
  [
    named('de annuali[sz]e'),
    (row) =>
      perPeriod(
        present(parameter(row, 'returns', 'rate', 'value'), 'no rate'),
        periodsPerYear(row),
      ),
  ],
  [
    /^annuali[sz]ed?$/i,
    (row) =>
      annualised(
        present(parameter(row, 'returns', 'return', 'value'), 'no return'),
        present(parameter(row, 'durations', 'duration', 'days'), 'no duration'),
        parameter(row, 'one_year'),
      ),
  ],
  [/^(annual(i[sz]ed)?[\s_-]*returns?|cagr)/i, annual],
  [
    named('annuali[sz]ed mean|arithmetic annual'),
    each(({ returns }, row) =>
      arithmeticAnnualReturn(returns, { periodsPerYear: periodsPerYear(row) }),
    ),
  ],
  [
    named('^(to )?log(arithmic)? returns'),
    each((series, row) => atRow(row, withGap(logReturns(series.path), row))),
  ],
  [
    named('^(simple|arithmetic|to) returns'),
    each((series, row) => atRow(row, withGap(simpleReturns(series.path), row))),
  ],
  [
    named('winsori[sz]e'),
    (row, files) => winsorised(main(row, files).returns, parameter(row, 'limits') ?? 0.01),
  ],
  [
    named('rescale'),
    (row, files) =>
      rescaled(main(row, files).returns, parameter(row, 'min'), parameter(row, 'max')),
  ],
];

/** Dates and amounts side by side, or pairs of them. */
function flowsOf({ inputs }: Parameters<Compute>[0]): { day: CalendarDay; amount: number }[] {
  const dates = inputs['dates'] ?? inputs['days'];
  const amounts = numbers(inputs['cashflows'] ?? inputs['amounts'] ?? inputs['values']);
  const pairs = Array.isArray(dates)
    ? dates.map((date, i): unknown[] => [date, amounts?.[i]])
    : pairsIn(inputs);
  return present(pairs, 'no dated amounts').map((pair) => {
    const [date, amount] = Array.isArray(pair) ? pair : Object.values(pair as object);
    return { day: parseDay(String(date).slice(0, 10)), amount: number(amount) ?? NaN };
  });
}

/** Of log returns x: roots of n times their variance and of its part below the mean. */
function wholePeriodDeviations(
  row: Parameters<Compute>[0],
  files: Parameters<Compute>[1],
): unknown {
  if (!/x=ln\(1\+r\)/.test(text(row).replaceAll(' ', ''))) throw new NotSupported('no formula');
  const logs = main(row, files).returns.map(Math.log1p);
  const whole = Math.sqrt(logs.length);
  return { std: standardDeviation(logs) * whole, semi: semiDeviation(logs) * whole };
}

function pairsIn(inputs: Parameters<Compute>[0]['inputs']): unknown[][] | undefined {
  const key = Object.keys(inputs).find((name) => Array.isArray(peeked(inputs)[name]));
  return key === undefined ? undefined : (inputs[key] as unknown[][]);
}

function xirr(row: Parameters<Compute>[0]): unknown {
  const daysAYear = Number(/365\.25|360|365/.exec(text(row))?.[0] ?? 365);
  return internalRate(flowsOf(row), { daysAYear }) ?? null;
}

function daysOf(...records: Readonly<Record<string, unknown>>[]): number {
  const day = (...names: string[]): number => {
    const found = records
      .flatMap((record) => names.map((name) => record[name]))
      .find((one) => typeof one === 'string');
    return epochDay(parseDay(String(present(found, 'no day')).slice(0, 10)));
  };
  return day('to', 'end') - day('from', 'start');
}

function annual(row: Parameters<Compute>[0], files: Parameters<Compute>[1]): unknown {
  const { inputs, parameters } = row;
  if (number(inputs['first']) !== undefined)
    return compoundGrowth(
      Number(inputs['first']),
      Number(inputs['last']),
      daysOf(inputs, parameters) / DAYS_A_YEAR,
    );
  return each(({ path, returns, days }) =>
    path.length > 0 && (typeof inputs['prices'] === 'string' || inputs['dates'] !== undefined)
      ? annualGrowth({ days, values: path })
      : annualReturn(returns, { periodsPerYear: periodsPerYear(row) }),
  )(row, files);
}

function aggregate(row: Parameters<Compute>[0], files: Parameters<Compute>[1]): unknown {
  const { inputs, parameters } = row;
  const to = String(
    parameters['convert_to'] ?? parameters['to'] ?? parameters['period'] ?? row.operation,
  ).toLowerCase();
  const period = (['week', 'month', 'quarter', 'year'] as const).find((one) => to.includes(one));
  const { returns } = main(row, files);
  const days = inputs['dates']
    ? Float64Array.from(inputs['dates'] as string[], (day) => epochDay(parseDay(day.slice(0, 10))))
    : daysFrom(row, returns.length);
  return aggregateReturns(
    { days, values: returns },
    present<CalendarPeriod>(period, `periods "${to}"`),
  );
}

/** Days from the one date that a row names, by its frequency: days, weeks, or ends of months. */
function daysFrom(row: Parameters<Compute>[0], length: number): Float64Array {
  const said = JSON.stringify({ ...row.inputs, ...row.parameters });
  const start = present(/\d{4}-\d{2}-\d{2}/.exec(said)?.[0], 'no dates');
  const first = epochDay(parseDay(start));
  const [, frequency = ''] = /"(?:freq\w*|spacing|step)":\s*"(\w+)/i.exec(said) ?? [];
  const [year, month] = [Number(start.slice(0, 4)), Number(start.slice(5, 7))];
  const endOfMonth = (i: number): number => Date.UTC(year, month + i, 0) / DAY_MS;
  if (/^m/i.test(frequency)) return Float64Array.from({ length }, (_, i) => endOfMonth(i));
  const step = /^w/i.test(frequency) ? 7 : 1;
  return Float64Array.from({ length }, (_, i) => first + step * i);
}

function final({ path, returns }: Measured, row: Parameters<Compute>[0]): number {
  const start = parameter(row, 'starting_value') ?? 0;
  if (path.length === 1 || (path.length === 0 && returns.length === 0)) return NaN;
  const total = totalReturn(returns);
  return start === 0 ? total : start * (1 + total);
}

function cumulated({ returns }: Measured, row: Parameters<Compute>[0]): Float64Array {
  const start = parameter(row, 'starting_value') ?? 0;
  if (/uncompound|non[\s_-]*comp|compounded"?: ?false|simple sum/i.test(text(row)))
    return growth(returns, { compounded: false }).map((value, i) =>
      Number.isNaN(returns[i] ?? 0) ? NaN : value - 1,
    );
  return start === 0 ? cumulativeReturns(returns) : growth(returns).map((value) => value * start);
}

function indexed({ path, returns }: Measured, row: Parameters<Compute>[0]): Float64Array {
  const base =
    parameter(row, 'value', 'start', 'base') ?? Number(/to (\d+)/.exec(row.operation)?.[1] ?? 100);
  if (path.length > 0) return rebased(path, base);
  const values = growth(returns).map((value) => value * base);
  return Number.isNaN(returns[0] ?? 0) ? values : Float64Array.of(base, ...values);
}

function trailing({ path, days }: Measured, row: Parameters<Compute>[0]): number {
  const many = yearsNamed(row.operation);
  return /y/i.test(row.operation.replace(/^[a-z]*ly/i, '')) && !/month|\dm/i.test(row.operation)
    ? many === 1
      ? trailingReturn({ days, values: path }, 12)
      : trailingGrowth({ days, values: path }, many)
    : trailingReturn({ days, values: path }, many);
}

function yearsNamed(operation: string): number {
  const words: Record<string, number> = { one: 1, three: 3, five: 5, six: 6, ten: 10 };
  const [found = '1'] = /\d+|one|three|five|six|ten/i.exec(operation) ?? [];
  return words[found.toLowerCase()] ?? Number(found);
}

/** A missing value where the first price has no return, as libraries with price columns have it. */
function withGap(returns: Float64Array, row: Parameters<Compute>[0]): Float64Array {
  return isFrom(row, /ffn|portfolio_analytics/) ? Float64Array.of(NaN, ...returns) : returns;
}

/** The whole series, or the value in the row that the operation names, counted from 1. */
export function atRow(row: Parameters<Compute>[0], values: Float64Array): unknown {
  const [, counted] = /at row (\d+)/i.exec(text(row)) ?? [];
  const [, index] = /(?:index|iloc)["\s:=[]*(\d+)/i.exec(text(row)) ?? [];
  if (counted !== undefined) return values[Number(counted) - 1] ?? NaN;
  return index === undefined ? values : (values[Number(index)] ?? NaN);
}
