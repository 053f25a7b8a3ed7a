/** Warnings about the prices of a plan, a sentence each. */
import { daysBetween, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { doubtText, questionOf } from '#shared/universe/model/price-doubt.ts';
import type { Instrument, PlanningProblem } from './problem.ts';

/** A week holds every weekend and most holidays. */
const PRICES_AGE_DAYS_MAX = 7;

/** @param madeOn the wall clock's day, which may be years after the prices' */
export function priceWarnings(problem: PlanningProblem, madeOn: CalendarDay): readonly string[] {
  return [
    ...ageOf(problem.day, madeOn),
    ...staleRates(problem),
    ...problem.instruments.flatMap((one) => staleHolding(problem, one)),
    ...problem.instruments.flatMap((one) => doubtsOf(problem, one)),
  ];
}

function ageOf(day: CalendarDay, madeOn: CalendarDay): readonly string[] {
  const ageDays = daysBetween(day, madeOn);
  if (ageDays <= PRICES_AGE_DAYS_MAX) return [];
  return [`All prices end on ${day}, ${ageDays} days before this plan was made.`];
}

function staleRates({ day, instruments }: PlanningProblem): readonly string[] {
  const rates = new Map(instruments.map(({ rate }) => [rate.from, rate]));
  return [...rates.values()].flatMap(({ from, to, day: rateDay }) => {
    const ageDays = daysBetween(rateDay, day);
    if (from === to || ageDays <= PRICES_AGE_DAYS_MAX) return [];
    return [`The rate from ${from} to ${to} is of ${rateDay}, ${ageDays} days before the prices.`];
  });
}

function staleHolding({ day }: PlanningProblem, instrument: Instrument): readonly string[] {
  const { held, pricedOn, symbol, keptBecause } = instrument;
  if (keptBecause !== undefined) return [`${symbol} is held and ${keptBecause}.`];
  const ageDays = daysBetween(pricedOn, day);
  if (held.sign === 0 || ageDays <= PRICES_AGE_DAYS_MAX) return [];
  return [
    `${symbol} is held, and its prices end on ${pricedOn}, ${ageDays} days before the others.`,
  ];
}

function doubtsOf({ doubts }: PlanningProblem, { isin, symbol }: Instrument): readonly string[] {
  return (doubts?.get(isin) ?? []).map((doubt) => {
    const question = questionOf(doubt, symbol);
    return `${symbol}: ${doubtText(doubt)}${question === undefined ? '' : ` ${question}`}`;
  });
}
