/** The report for a terminal, and the terms that every form of it states. */
import { percent } from '#shared/kernel/text.ts';
import type { Difference, ReplayReport, ReportedRun } from './model/replay-report.ts';
import { comparisonWarning, sharpeText } from './report-html.ts';
import { remarksOn } from './report-remarks.ts';
import type { Comparison } from './replay-policies.ts';
import type { ReplayPolicy, ReplayWindow } from './replay-policy.ts';

const fills: Readonly<Record<ReplayPolicy['fill'], string>> = {
  close: 'Orders are decided on and filled at the close of the same day.',
  'next-open': 'Orders are decided on a close and filled at the next open.',
  'next-close': 'Orders are decided on a close and filled at the next close.',
};

export function termsOf(policy: ReplayPolicy, { from, to }: ReplayWindow): readonly string[] {
  const { currency, capital, shares, fill, market, deposit, investmentPolicy, taxes } = policy;
  return [
    `${from} to ${to}, ${currency} ${capital}, ${shares} shares.`,
    fills[fill],
    `Weights rest on closes before the day of trading; fundamentals count ${market.publicationLagDays} days after their period.`,
    deposit
      ? `${currency} ${deposit.amount} are paid in each ${deposit.each}.`
      : 'Nothing is paid in.',
    ...(investmentPolicy === undefined ? [] : ['The investment policy of the file is in force.']),
    ...(taxes === 'paid' ? ['Tax is paid from the account after each tax year.'] : []),
  ];
}

export function replayReportText(
  { run, others, differences, confidence }: ReplayReport,
  terms: readonly string[],
  refusals: readonly string[],
): readonly string[] {
  const { trials, deflatedSharpeRatio: deflated, sharpeRatio, level } = confidence;
  return [
    terms.join(' '),
    '',
    `${'run'.padEnd(28)}${HEAD.map((name) => name.padStart(14)).join('')}`,
    ...[run, ...others].map(line),
    '',
    ...run.falls.map(
      ({ depth, from, lowest, recovered }) =>
        `Fell ${percent(depth)} from ${from} to ${lowest}; ${recovered ? `recovered on ${recovered}` : 'not recovered yet'}.`,
    ),
    ...differences.map(differenceText),
    ...(run.tax === undefined
      ? []
      : [
          `Tax on gains and income: ${run.tax.toFixed(2)}; ${run.finalValueAfterTax?.toFixed(2)} remain.`,
        ]),
    `The Sharpe ratio lies within ${sharpeRatio.low.toFixed(2)} and ${sharpeRatio.high.toFixed(2)} (${percent(level)}).`,
    `Policies tried on this data: ${trials}. Deflated Sharpe ratio: ${deflated === undefined ? 'not defined' : percent(deflated)}.`,
    'Choosing the best of several policies is a trial in itself.',
    ...remarksOn(run),
    ...(refusals.length > 0
      ? [`${refusals.length} orders were kept back, the first: ${refusals[0]}`]
      : []),
  ];
}

export function comparisonText({ answers, differences }: Comparison): readonly string[] {
  return [
    `${'policy'.padEnd(28)}${HEAD.map((name) => name.padStart(14)).join('')}`,
    ...answers.map(({ report }) => line(report.run)),
    '',
    ...differences.map(differenceText),
    comparisonWarning(answers.length),
  ];
}

function differenceText({ of, against, meanPerYear, interval }: Difference): string {
  return (
    `${of} less ${against}: ${percent(meanPerYear)} a year, within ${percent(interval.low)} and ` +
    `${percent(interval.high)}; above 0 with ${percent(interval.aboveZeroRatio)}.`
  );
}

const HEAD = ['final value', 'a year', 'volatility', 'Sharpe', 'deepest fall', 'charges'];

function line(run: ReportedRun): string {
  const cells = [
    run.finalValue.toFixed(2),
    percent(run.growthRate),
    percent(run.volatility),
    sharpeText(run.sharpeRatio),
    percent(run.maximumDrawdown),
    run.charges.toFixed(2),
  ];
  return `${run.name.slice(0, 27).padEnd(28)}${cells.map((cell) => cell.padStart(14)).join('')}`;
}
