/** A report on a folder of price files, for a person. */
import { inShell } from '../csv/csv-folder.ts';
import type { DataReport, SecurityReport } from './check-folder.ts';

const SHOWN_MAX = 10;
const OLD_DAYS = 7;

export function dataReportText(report: DataReport): string[] {
  const { folder, securities, problems, doubts } = report;
  return [
    `${folder}: ${securities.length} ${securities.length === 1 ? 'security' : 'securities'}`,
    ...(report.securitiesFile ? [] : [listingMissing(folder)]),
    ...ageText(report),
    ...securities.flatMap(securityText),
    ...section('Likely wrong', doubts),
    ...section('Wrong, so that a start is refused', problems.map(problemText)),
    '',
    report.ready ? 'A start with this folder succeeds.' : 'A start with this folder is refused.',
  ];
}

function listingMissing(folder: string): string {
  return `There is no securities.csv; \`trader check-data ${inShell(folder)} --write-securities\` begins one.`;
}

function ageText({ lastDay, ageDays }: DataReport): string[] {
  if (lastDay === null || ageDays === null) return ['No prices were understood.'];
  const age = ageDays > OLD_DAYS ? `, ${ageDays} days ago: plans are made for that day` : '';
  return [`Prices end on ${lastDay}${age}.`];
}

function securityText(security: SecurityReport): string[] {
  const { symbol, file, firstDay, lastDay, bars, gaps, setAside, suspectedSplits } = security;
  if (file === null) return ['', `${symbol}: no prices`];
  const unit = security.perCurrency === 1 ? '' : `, quoted in 1/${security.perCurrency} of it`;
  const currency = security.currency === null ? 'currency unknown' : `${security.currency}${unit}`;
  return [
    '',
    `${symbol}: ${bars} bars, ${firstDay} to ${lastDay}, ${currency} (${file})`,
    ...shown(gaps.map(({ after, before, days }) => `gap of ${days} days: ${after} to ${before}`)),
    ...shown(setAside.map(({ where, day, reason }) => `set aside ${where}, ${day}: ${reason}`)),
    ...shown(
      suspectedSplits.map(
        ({ where, day, ratio, inAdjustedPrices }) =>
          `suspected split ${where}, ${day}: ${ratioText(ratio)}` +
          (inAdjustedPrices ? ', which the adjusted prices contain' : ' that nobody declared'),
      ),
    ),
    ...(security.deadPrice === null ? [] : [`  dead: ${security.deadPrice}`]),
  ];
}

function shown(lines: readonly string[]): string[] {
  const more = lines.length - SHOWN_MAX;
  return [
    ...lines.slice(0, SHOWN_MAX).map((line) => `  ${line}`),
    ...(more > 0 ? [`  and ${more} more like that`] : []),
  ];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
}

function problemText({ where, message }: DataReport['problems'][number]): string {
  return `${where}: ${message}`;
}

function ratioText(ratio: number): string {
  const short = (value: number): string => String(Number(value.toFixed(3)));
  return ratio >= 1 ? `${short(ratio)} for 1` : `1 for ${short(1 / ratio)}`;
}
