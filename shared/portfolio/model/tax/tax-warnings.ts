/** Tax warnings before trading a security, a sentence each. */
import { addDays, dayOf, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { Book, LedgerEntry } from '../book.ts';
import type { PolicyTax } from '../policy/policy.ts';
import { withoutUndoneLines } from '../undone-lines.ts';
import type { RealisedLot } from './realised-lots.ts';
import { cheaperFrom } from './tax-rules.ts';

export interface TaxWarning {
  readonly isin: Isin;
  /** The trade that it speaks against. */
  readonly side: 'BUY' | 'SELL';
  readonly text: string;
}

/** How far ahead a day with a lower tax is mentioned. */
const AHEAD_DAYS = 90;

/** @param realised of the same ledger */
export function taxWarnings(
  { holdings }: Pick<Book, 'holdings'>,
  ledger: readonly LedgerEntry[],
  realised: readonly RealisedLot[],
  rules: PolicyTax,
  today: CalendarDay,
): readonly TaxWarning[] {
  const dated = rules.holdingPeriods.length > 0 ? [...holdings.values()] : [];
  const cheaper = dated.flatMap(({ isin, symbol, lots }) =>
    lots.flatMap(({ quantity, acquiredAt }): TaxWarning[] => {
      const next = cheaperFrom(rules, dayOf(acquiredAt), today);
      if (!next || next.day > addDays(today, AHEAD_DAYS)) return [];
      const rate = `${(next.gainRatio * 100).toFixed(1)} %`;
      const text = `${symbol}: the gain of ${quantity} shares is taxed at ${rate} from ${next.day} on.`;
      return [{ isin, side: 'SELL', text }];
    }),
  );
  if (rules.washSaleDays === 0) return cheaper;
  return [...cheaper, ...soldAtLoss(realised, rules, today), ...boughtLately(ledger, rules, today)];
}

/** What was sold at a loss lately: a purchase would undo the loss. */
function soldAtLoss(
  realised: readonly RealisedLot[],
  { washSaleDays }: PolicyTax,
  today: CalendarDay,
): readonly TaxWarning[] {
  const warnings = new Map<Isin, TaxWarning>();
  for (const { isin, symbol, gain, soldOn } of realised) {
    const last = addDays(soldOn, washSaleDays);
    const text = `${symbol} was sold at a loss; bought again until ${last}, the loss does not count.`;
    if (gain.sign < 0 && last >= today) warnings.set(isin, { isin, side: 'BUY', text });
  }
  return [...warnings.values()];
}

/** What was bought lately: a loss on its older shares would not count. */
function boughtLately(
  ledger: readonly LedgerEntry[],
  { washSaleDays }: PolicyTax,
  today: CalendarDay,
): readonly TaxWarning[] {
  const warnings = new Map<Isin, TaxWarning>();
  for (const { kind, isin, symbol = isin, happenedAt } of withoutUndoneLines(ledger)) {
    const last = addDays(dayOf(happenedAt), washSaleDays);
    if (kind !== 'buy' || isin === undefined || last < today) continue;
    const text = `${symbol} was bought on ${dayOf(happenedAt)}; sold at a loss until ${last}, the loss of older shares does not count.`;
    warnings.set(isin, { isin, side: 'SELL', text });
  }
  return [...warnings.values()];
}
