/**
 * Rates that contradict the others of their file. A rate of a hundredth or the hundredfold values and trades everything
 * in its currency at that; nothing behind the file would notice.
 */
import { daysBetween, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Complaints } from './format/complaints.ts';

export interface StatedRate {
  /** `FROM-TO`. */
  readonly pair: string;
  readonly day: CalendarDay;
  readonly rate: number;
  readonly line: number;
}

/** Devaluations of a day stay below, but for currencies without a market. */
const JUMP_MAX = 5;
/** A level that holds for so many rows is believed, as that of prices is. */
const LEVEL_ROWS = 5;
/** What follows after so many days may have gone anywhere. */
const GAP_DAYS_MAX = 366;
const INVERSE_DIFFERENCE_MAX = 0.05;
/** Near 1 a rate and its inverse cannot be told apart. */
const APART_MIN = 0.05;

/**
 * Reports rates that jump and do not stay there, and those that contradict the pair the other way round.
 * @returns what is likely wrong, a sentence each
 */
export function reportLevels(
  file: string,
  stated: readonly StatedRate[],
  complaints: Complaints,
): readonly string[] {
  const pairs = new Map<string, StatedRate[]>();
  for (const one of stated) {
    const others = pairs.get(one.pair);
    if (others) others.push(one);
    else pairs.set(one.pair, [one]);
  }
  const doubts: string[] = [];
  for (const [pair, unsorted] of pairs) {
    const rates = unsorted.toSorted((a, b) => (a.day < b.day ? -1 : 1));
    reportInverse(file, rates, pairs.get(inverseOf(pair)) ?? [], complaints);
    doubts.push(...jumpsIn(file, rates, complaints));
  }
  return doubts;
}

function jumpsIn(
  file: string,
  rates: readonly StatedRate[],
  complaints: Complaints,
): readonly string[] {
  const doubts: string[] = [];
  let believed = rates[0];
  rates.forEach((rate, i) => {
    if (!believed || rate === believed) return;
    const isLate = daysBetween(believed.day, rate.day) > GAP_DAYS_MAX;
    if (!isLate && !isNear(rate, believed)) {
      if (!holds(rates.slice(i, i + LEVEL_ROWS))) {
        complaints.add(file, rate.line, `${said(rate)} is far from ${said(believed)}`);
        return;
      }
      doubts.push(`${file}:${rate.line}: ${said(rate)} is far from ${said(believed)}, and stays.`);
    } else if (isTurned(rate, believed))
      doubts.push(`${file}:${rate.line}: ${said(rate)} is ${said(believed)} turned round.`);
    believed = rate;
  });
  return doubts;
}

function holds(level: readonly StatedRate[]): boolean {
  const [first, ...others] = level;
  return level.length === LEVEL_ROWS && others.every((one) => first && isNear(one, first));
}

function isNear({ rate }: StatedRate, other: StatedRate): boolean {
  return rate < other.rate * JUMP_MAX && rate > other.rate / JUMP_MAX;
}

function isTurned({ rate }: StatedRate, before: StatedRate): boolean {
  const [now, then] = [Math.log(rate), Math.log(before.rate)];
  return Math.abs(now + then) < APART_MIN / 2 && Math.abs(now - then) > APART_MIN * 2;
}

function reportInverse(
  file: string,
  rates: readonly StatedRate[],
  inverse: readonly StatedRate[],
  complaints: Complaints,
): void {
  if (inverse.length === 0) return;
  const ofDay = new Map(inverse.map((one) => [one.day, one]));
  for (const rate of rates) {
    const other = ofDay.get(rate.day);
    // Once, at the later of the two rows.
    if (!other || other.line > rate.line) continue;
    if (Math.abs(rate.rate * other.rate - 1) > INVERSE_DIFFERENCE_MAX)
      complaints.add(file, rate.line, `${said(rate)} contradicts ${said(other)}`);
  }
}

function said({ pair, day, rate }: StatedRate): string {
  return `${pair} "${rate}" of ${day}`;
}

function inverseOf(pair: string): string {
  return pair.split('-').reverse().join('-');
}
