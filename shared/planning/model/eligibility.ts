/** Selects the securities that may be traded, with the opportunities of each. */
import { addDays, daysBetween } from '#shared/kernel/calendar-day.ts';
import type { Money } from '#shared/kernel/money.ts';
import { blocks, doubtText, type PriceDoubt } from '#shared/universe/model/price-doubt.ts';
import { isOpportunity, opportunitiesOf, type LeftOut, type Opportunity } from './opportunity.ts';
import { restrictionEnd } from './plan-limits.ts';
import { momentRows, portfolioValue, type Instrument, type PlanningProblem } from './problem.ts';
import { cashReserve } from './settlement.ts';

export interface Eligible {
  readonly opportunities: readonly Opportunity[];
  readonly leftOut: readonly LeftOut[];
}

export function eligible(problem: PlanningProblem): Eligible {
  const value = portfolioValue(problem);
  if (value.sign <= 0) return { opportunities: [], leftOut: withoutValue(problem, value) };
  const around = {
    limits: problem.limits,
    currency: problem.base,
    value: value.toEstimate(),
    freeCash: problem.cash.subtract(problem.reserved).subtract(cashReserve(problem)).toEstimate(),
    minimumOrder: problem.limits.minimumOrder.toEstimate(),
    monthlyDeposit: problem.limits.monthlyDeposit.toEstimate(),
  };
  const rows = momentRows(problem.moments);
  const found = problem.instruments.flatMap((one) => {
    const closed = closedTo(problem, one, rows.has(one.isin));
    return closed ? [closed] : opportunitiesOf(one, around);
  });
  return {
    opportunities: found.filter(isOpportunity),
    leftOut: found.filter((one): one is LeftOut => !isOpportunity(one)),
  };
}

function withoutValue({ instruments }: PlanningProblem, value: Money): readonly LeftOut[] {
  const reason = `The account is worth ${value}, and orders are sized by what it is worth.`;
  return instruments.map((instrument) => ({
    ...{ instrument, side: undefined, rule: 'no-value', reason },
  }));
}

function closedTo(
  { live, limits, day, doubts }: PlanningProblem,
  instrument: Instrument,
  measured: boolean,
): LeftOut | undefined {
  const because = (rule: string, reason: string): LeftOut => ({
    ...{ instrument, side: undefined, rule, reason },
  });
  if (live.has(instrument.isin))
    return because('live-order', 'An order for it is on the way; its outcome is awaited first.');
  if (instrument.keptBecause !== undefined)
    return because('unpriced', `It ${instrument.keptBecause}.`);
  if (limits.frozen.has(instrument.isin))
    return because(
      'frozen',
      `It is frozen${restrictionEnd(limits, instrument.isin)}, so that it is not traded.`,
    );
  if (daysBetween(instrument.pricedOn, day) > limits.quoteAgeDaysMax)
    return because(
      'price-too-old',
      `Its last price is of ${instrument.pricedOn}; one of ${addDays(day, -limits.quoteAgeDaysMax)} or later is needed.`,
    );
  const doubt = doubts?.get(instrument.isin)?.find((one) => isClosedBy(one, instrument));
  if (doubt) return because(doubt.kind, doubtText(doubt));
  if (!measured)
    return because('short-history', 'Its price history is too short to measure return and risk.');
  return undefined;
}

/** A dead price has no moments either, so a sale at it cannot be justified. */
function isClosedBy(doubt: PriceDoubt, { held }: Instrument): boolean {
  return blocks(doubt, 'BUY', held.sign > 0);
}
