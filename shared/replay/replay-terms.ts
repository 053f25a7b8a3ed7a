/** What a replay is asked to do: policies to compare, and the days to replay. */
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { invalidRequest } from '#shared/kernel/failure.ts';
import { parseReplayPolicy } from './replay-policy-document.ts';
import type { ReplayPolicy, ReplayWindow } from './replay-policy.ts';

/** A policy as it is written in a file. */
export interface PolicyFile {
  readonly name: string;
  readonly document: string;
  /** Names the file in complaints. */
  readonly field: string;
}

export interface PoliciesToCompare {
  readonly policies: readonly ReplayPolicy[];
  /** One, since what is compared is measured in one currency. */
  readonly currency: Currency;
}

/**
 * @param usual the currency of a policy that states none
 * @param field names all of them in complaints
 * @throws Failure INVALID_REQUEST
 */
export function policiesToCompare(
  files: readonly PolicyFile[],
  usual: string,
  field: string,
): PoliciesToCompare {
  const policies = files.map((file) =>
    parseReplayPolicy(file.document, file.field, usual, file.name),
  );
  const twice = policies.find(({ name }, i) => policies.findIndex((one) => one.name === name) < i);
  if (twice) throw invalidRequest({ field, message: `two policies have the name "${twice.name}"` });
  const [currency, ...others] = new Set(policies.map((policy) => policy.currency));
  if (currency === undefined) throw invalidRequest({ field, message: 'is needed' });
  if (others.length > 0)
    throw invalidRequest({ field, message: 'policies to compare have one currency' });
  return { policies, currency };
}

/** @param field of the last day */
export function windowOf(from: CalendarDay, to: CalendarDay, field: string): ReplayWindow {
  if (from > to) throw invalidRequest({ field, message: 'lies before the first day' });
  return { from, to };
}
