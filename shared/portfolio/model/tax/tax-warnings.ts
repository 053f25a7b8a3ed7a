/** What an owner should know of the tax rules before trading, a sentence each. */
import { addDays, dayOf, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Book } from '../book.ts';
import type { PolicyTax } from '../policy.ts';
import type { RealisedLot } from './realised-lots.ts';
import { cheaperFrom } from './tax-rules.ts';

/** How far ahead a cheaper day is worth a word. */
const AHEAD_DAYS = 90;

export function taxWarnings(
  { holdings }: Book,
  realised: readonly RealisedLot[],
  rules: PolicyTax,
  today: CalendarDay,
): readonly string[] {
  const held = [...holdings.values()].flatMap(({ symbol, lots }) =>
    lots.flatMap(({ quantity, acquiredAt }) => {
      const next = cheaperFrom(rules, dayOf(acquiredAt), today);
      if (!next || next.day > addDays(today, AHEAD_DAYS)) return [];
      const rate = `${(next.gainRatio * 100).toFixed(1)} %`;
      return [`${symbol}: the gain of ${quantity} shares is taxed at ${rate} from ${next.day} on.`];
    }),
  );
  return [...held, ...washSaleWarnings(realised, rules, today)];
}

/** Securities that were sold at a loss lately, which a purchase would undo. */
function washSaleWarnings(
  realised: readonly RealisedLot[],
  { washSaleDays }: PolicyTax,
  today: CalendarDay,
): readonly string[] {
  const until = new Map<string, CalendarDay>();
  for (const { symbol, gain, soldOn } of realised) {
    const last = addDays(soldOn, washSaleDays);
    if (washSaleDays > 0 && gain.sign < 0 && last >= today) until.set(symbol, last);
  }
  return [...until].map(
    ([symbol, last]) =>
      `${symbol} was sold at a loss; bought again until ${last}, the loss does not count.`,
  );
}
