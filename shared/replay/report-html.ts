/** The report as one HTML page that prints: no script, no other file. */
import { escapedHtml, percent } from '#shared/kernel/text.ts';
import type {
  Difference,
  Loss,
  ReplayReport,
  ReportedRun,
  RunToReport,
} from './model/replay-report.ts';
import { remarksOn } from './report-remarks.ts';
import type { Comparison } from './replay-policies.ts';

const WIDTH = 760;
const HEIGHT = 260;
const POINTS_MAX = 400;
const COLOURS = ['#0b5cad', '#b0560f', '#3c7d3c', '#7a4fa3', '#8a1f4b', '#4d5a66'];

export interface HtmlReport {
  readonly report: ReplayReport;
  /** The policy's run first. */
  readonly runs: readonly RunToReport[];
  readonly terms: readonly string[];
}

export function reportHtml({ report, runs, terms }: HtmlReport): string {
  const all = [report.run, ...report.others];
  return page(`Replay of ${report.run.name}`, [
    `<p>${terms.map(escapedHtml).join(' ')}</p>`,
    `<p>${escapedHtml(warning(report))}</p>`,
    ...remarksOn(report.run).map((remark) => `<p>${escapedHtml(remark)}</p>`),
    chart(runs),
    figuresTable(all),
    differencesTable(report.differences),
    yearsTable(all),
    fallsTable(report.run),
  ]);
}

/** Several policies beside each other. @param window such as `2016-01-04 to 2018-12-28` */
export function comparisonHtml({ answers, differences }: Comparison, window: string): string {
  const reports = answers.map(({ report }) => report.run);
  return page(`Comparison of ${answers.length} policies`, [
    `<p>${escapedHtml(window)}. ${escapedHtml(comparisonWarning(answers.length))}</p>`,
    chart(answers.flatMap(({ runs: [own] }) => own ?? [])),
    figuresTable(reports),
    differencesTable(differences),
    yearsTable(reports),
  ]);
}

/** What choosing among policies does to what they show. */
export function comparisonWarning(count: number): string {
  return (
    `Choosing the best of ${count} policies is a trial in itself: what the best of them shows is better than what it ` +
    'will do. The deflated Sharpe ratio of each counts every policy that was tried on this data.'
  );
}

function page(title: string, parts: readonly string[]): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapedHtml(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b;background:#fff}
table{border-collapse:collapse;width:100%;margin:1rem 0;font-variant-numeric:tabular-nums}
th,td{padding:.3rem .6rem;text-align:right;border-bottom:1px solid #ddd}th:first-child,td:first-child{text-align:left}
svg{width:100%;height:auto}caption{text-align:left;font-weight:600}.wide{overflow-x:auto}
@media print{body{margin:0;max-width:none;font-size:11px}table,svg{break-inside:avoid}}
</style></head><body>
<h1>${escapedHtml(title)}</h1>
${parts.filter((part) => part !== '' && part !== '<p></p>').join('\n')}
</body></html>
`;
}

function warning({ confidence }: ReplayReport): string {
  const { trials, deflatedSharpeRatio: deflated, sharpeRatio, level } = confidence;
  const skill =
    deflated === undefined
      ? 'It is not defined how likely skill is.'
      : `After ${trials} ${trials === 1 ? 'policy' : 'policies'} tried on this data, the probability that the Sharpe ` +
        `ratio is above what the best of them reaches by luck is ${percent(deflated)} (deflated Sharpe ratio).`;
  return (
    `${skill} Its interval of ${percent(level)} is ${sharpeRatio.low.toFixed(2)} to ` +
    `${sharpeRatio.high.toFixed(2)}. Choosing the best of several policies is a trial in itself, and today's ` +
    'securities are those that have survived.'
  );
}

function chart(runs: readonly RunToReport[]): string {
  const [first] = runs;
  if (!first) return '';
  const values = runs.flatMap(({ days }) => days.map(({ value }) => value));
  const [low, high] = [Math.log(least(values)), Math.log(most(values))];
  const y = (value: number): string =>
    (HEIGHT - ((Math.log(value) - low) / (high - low || 1)) * HEIGHT).toFixed(1);
  const lines = runs.map(({ days }, run) => {
    const step = Math.max(1, Math.ceil(days.length / POINTS_MAX));
    const points = days
      .map(({ value }, i) => [i, value] as const)
      .filter(([i]) => i % step === 0 || i === days.length - 1)
      .map(
        ([i, value]) => `${((i / Math.max(1, days.length - 1)) * WIDTH).toFixed(1)},${y(value)}`,
      );
    const dash = run === 0 ? '' : ` stroke-dasharray="${run * 4} 3"`;
    return `<polyline fill="none" stroke="${COLOURS[run % COLOURS.length]}" stroke-width="1.5"${dash} points="${points.join(' ')}"/>`;
  });
  const legend = runs.map(
    ({ name }, run) =>
      `<tspan fill="${COLOURS[run % COLOURS.length]}" dx="${run === 0 ? 0 : 14}">${escapedHtml(name)}</tspan>`,
  );
  const label = `Value from ${first.days[0]?.day} to ${first.days.at(-1)?.day}, logarithmic`;
  return (
    `<svg viewBox="0 -4 ${WIDTH} ${HEIGHT + 28}" role="img" aria-label="${label}"><title>${label}</title>` +
    `${lines.join('')}<text x="0" y="${HEIGHT + 20}" font-size="13">${legend.join('')}</text></svg>`
  );
}

function figuresTable(runs: readonly ReportedRun[]): string {
  return table(
    'After costs and taxes, with the same deposits',
    ['', ...runs.map(({ name }) => name)],
    [
      ['Final value', ...runs.map(({ finalValue }) => amount(finalValue))],
      ...taxRows(runs),
      ['Return a year, time-weighted', ...runs.map(({ growthRate }) => percent(growthRate))],
      [
        'Return a year, money-weighted',
        ...runs.map(({ moneyWeightedReturn: of }) => (of === undefined ? '–' : percent(of))),
      ],
      ['Volatility', ...runs.map(({ volatility }) => percent(volatility))],
      ['Sharpe ratio', ...runs.map(({ sharpeRatio }) => sharpeText(sharpeRatio))],
      ['Deepest fall', ...runs.map(({ maximumDrawdown }) => percent(maximumDrawdown))],
      ['Turnover a year', ...runs.map(({ turnoverPerYear }) => percent(turnoverPerYear))],
      ['Charges', ...runs.map(({ charges }) => amount(charges))],
      ['Cash, mean share', ...runs.map(({ idleCashRatio }) => percent(idleCashRatio))],
      ['Orders', ...runs.map(({ orders }) => String(orders))],
      ['Orders kept back', ...runs.map(({ refusals }) => String(refusals))],
    ],
  );
}

function taxRows(runs: readonly ReportedRun[]): string[][] {
  if (runs.every(({ tax }) => tax === undefined)) return [];
  return [
    ['Tax on gains and income', ...runs.map(({ tax }) => amount(tax ?? 0))],
    [
      'Final value after tax',
      ...runs.map(({ finalValue, finalValueAfterTax: after }) => amount(after ?? finalValue)),
    ],
  ];
}

function lossText({ year, by, ofCharges, ofCash, ofHoldings }: Loss): string {
  const parts = `costs ${percent(ofCharges)}, cash ${percent(ofCash)}, holdings ${percent(ofHoldings)}`;
  return `${year} by ${percent(by)} (${parts})`;
}

function differencesTable(differences: readonly Difference[]): string {
  if (differences.length === 0) return '';
  return table(
    'Difference of the mean return a year',
    ['Of', 'Against', 'Mean', 'Interval', 'Above 0', 'Behind most in'],
    differences.map(({ of, against, meanPerYear, interval, lostIn }) => [
      of,
      against,
      percent(meanPerYear),
      `${percent(interval.low)} to ${percent(interval.high)}`,
      percent(interval.aboveZeroRatio),
      lostIn.map(lossText).join(', ') || '–',
    ]),
  );
}

function yearsTable(runs: readonly ReportedRun[]): string {
  const [own] = runs;
  if (!own) return '';
  return table(
    'By year',
    [
      'Year',
      ...runs.map(({ name }) => name),
      ...['Deepest fall', 'Turnover', 'Charges', 'Cash', ...(own.tax === undefined ? [] : ['Tax'])],
    ],
    own.years.map((year, i) => [
      year.year,
      ...runs.map(({ years }) => percent(years[i]?.return ?? 0)),
      percent(year.maximumDrawdown),
      percent(year.turnover),
      amount(year.charges),
      percent(year.idleCashRatio),
      ...(year.tax === undefined ? [] : [amount(year.tax)]),
    ]),
  );
}

function fallsTable({ falls }: ReportedRun): string {
  return table(
    'Worst falls',
    ['From', 'Lowest on', 'Recovered', 'Depth'],
    falls.map(({ from, lowest, recovered, depth }) => [
      from,
      lowest,
      recovered ?? 'not yet',
      percent(-depth),
    ]),
  );
}

function table(
  caption: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const cells = (row: readonly string[], tag: 'th' | 'td'): string =>
    `<tr>${row.map((cell) => `<${tag}>${escapedHtml(cell)}</${tag}>`).join('')}</tr>`;
  return (
    `<div class="wide"><table><caption>${escapedHtml(caption)}</caption><thead>${cells(head, 'th')}</thead>` +
    `<tbody>${rows.map((row) => cells(row, 'td')).join('')}</tbody></table></div>`
  );
}

/** A run that never moved has none. */
export function sharpeText(ratio: number): string {
  return Number.isFinite(ratio) ? ratio.toFixed(2) : '–';
}

function amount(value: number): string {
  return value.toFixed(2);
}

function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Infinity);
}

function most(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), -Infinity);
}
