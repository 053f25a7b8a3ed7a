/** Where stored bars or rates came from: spans of days, each up to the next. */
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Instant } from '#shared/kernel/instant.ts';

export interface SourceSpan {
  /** For a person: `yahoo AAPL`. */
  readonly source: string;
  /** The first day it holds for; it holds until the next span begins. */
  readonly from: CalendarDay;
  /** When the last of it was fetched. */
  readonly fetchedAt: Instant;
}

/** The spans after one more fetch: what was fetched now takes the place of what was there from its first day. */
export function withSpan(
  spans: readonly SourceSpan[],
  fetched: SourceSpan | undefined,
): readonly SourceSpan[] {
  if (!fetched) return spans;
  const before = spans.filter(({ from }) => from < fetched.from);
  const last = before.at(-1);
  if (last?.source !== fetched.source) return [...before, fetched];
  return [...before.slice(0, -1), { ...last, fetchedAt: fetched.fetchedAt }];
}

/** Whether two lists differ in more than when something was fetched. */
export function sameSpans(some: readonly SourceSpan[], others: readonly SourceSpan[]): boolean {
  const key = ({ source, from }: SourceSpan): string => `${source} ${from}`;
  return some.map(key).join('\n') === others.map(key).join('\n');
}
