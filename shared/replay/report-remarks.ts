/** What a reader of a report has to know of its data, a sentence each. */
import type { ReportedRun } from './model/replay-report.ts';

export function remarksOn(run: ReportedRun): readonly string[] {
  return [daysText(run), jumpsText(run), pricesEndText(run), setAsideText(run)].filter(
    (remark) => remark !== '',
  );
}

function daysText({ tradingDays: { count, first, last } }: ReportedRun): string {
  const days = count === 1 ? '1 day' : `${count} days`;
  return `The data has ${days} of trading in it, from ${first} to ${last}.`;
}

function jumpsText({ jumpsBefore = 0 }: ReportedRun): string {
  if (jumpsBefore === 0) return '';
  const jumps = jumpsBefore === 1 ? '1 jump of a price' : `${jumpsBefore} jumps of prices`;
  return `${jumps} before the run could have been splits that nobody declared; they count as none.`;
}

function pricesEndText({ pricesEnd = [] }: ReportedRun): string {
  const ends = pricesEnd.map(({ symbol, lastDay }) => `${symbol} after ${lastDay}`);
  return ends.length === 0
    ? ''
    : `There is no price of ${ends.join(', ')}; what is held of it counts at its last one.`;
}

function setAsideText({ setAside }: ReportedRun): string {
  const [first] = setAside?.bars ?? [];
  if (!setAside || !first) return '';
  const { symbol, day, reason } = first;
  const bars = setAside.count === 1 ? '1 bar is' : `${setAside.count} bars are`;
  return `${bars} set aside as no price, the first of ${symbol} on ${day}: ${reason}.`;
}
