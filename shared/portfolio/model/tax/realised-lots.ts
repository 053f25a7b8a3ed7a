/**
 * What was realised, by lot: each sale against the lots it took, from the ledger alone. Exact: the gains
 * of all rows of a security are the realised gain of its holding in the book.
 */
import { RunningFold } from '#shared/kernel/collections/running-fold.ts';
import { GrowingSet } from '#shared/kernel/collections/growing-set.ts';
import { dayOf, daysBetween, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import type { Quantity } from '#shared/kernel/quantity.ts';
import type { Book, Holding, LedgerEntry, Lot } from '../book.ts';
import { bookEntries, emptyBook } from '../booking.ts';
import { reportedParts } from '../closed-lots.ts';
import { withoutUndoneLines } from '../undone-lines.ts';

export interface RealisedLot {
  readonly isin: Isin;
  readonly symbol: string;
  /** The line of the ledger that sold. */
  readonly saleId: string;
  readonly lotId: string;
  readonly acquiredOn: CalendarDay;
  readonly soldOn: CalendarDay;
  readonly daysHeld: number;
  readonly quantity: Quantity;
  /** The lot's part of what the sale brought, after its charges. */
  readonly proceeds: Money;
  /** Paid for it, charges included; 0 where nobody knows, which `costKnown` says. */
  readonly cost: Money;
  readonly gain: Money;
  readonly costKnown: boolean;
  readonly lotMethod: string;
}

/** In the order of booking. Of a ledger that has grown, the new lines alone are worked out. */
export function realisedLots(
  ledger: readonly LedgerEntry[],
  currency: Currency,
): readonly RealisedLot[] {
  const known = realisedIn.get(currency);
  const realised = known ?? new RunningFold(() => nothingRealised(currency), withLine);
  if (!known) realisedIn.set(currency, realised);
  return [...realised.of(withoutUndoneLines(ledger)).rows];
}

interface Realised {
  book: Book;
  readonly rows: RealisedLot[];
}

/** By the account's currency. */
const realisedIn = new Map<Currency, RunningFold<LedgerEntry, Realised>>();

function nothingRealised(currency: Currency): Realised {
  return { book: emptyBook('' as AccountId, currency), rows: [] };
}

function withLine(realised: Realised, line: LedgerEntry): void {
  const earlier = realised.book;
  const book = { ...bookEntries(earlier, [line]), booked: NOTHING_BOOKED };
  realised.book = book;
  const before = line.isin && earlier.holdings.get(line.isin);
  const after = line.isin && book.holdings.get(line.isin);
  const gain = gainOf(earlier, book, line);
  if (!before || !after || (gain.sign === 0 && line.kind !== 'sell')) return;
  const exchanged = line.newIsin && book.holdings.get(line.newIsin);
  realised.rows.push(...rowsOf(line, { before, after, exchanged }, gain));
}

/** Realised by a line: a new name takes what was realised under the old one along. */
function gainOf(before: Book, after: Book, { isin, newIsin }: LedgerEntry): Money {
  const realised = ({ holdings, currency }: Book): Money =>
    Money.sum(
      [...new Set([isin, newIsin])].flatMap((one) => (one && holdings.get(one)?.realized) ?? []),
      currency,
    );
  return realised(after).subtract(realised(before));
}

/** Ids are not needed here. */
const NOTHING_BOOKED = GrowingSet.of<string>();

interface Around {
  readonly before: Holding;
  readonly after: Holding;
  /** The security into which lots went on with a part of their cost. */
  readonly exchanged: Holding | undefined;
}

function rowsOf(line: LedgerEntry, around: Around, gain: Money): readonly RealisedLot[] {
  const { before, after } = around;
  const taken = before.lots.flatMap((lot): { lot: Lot; quantity: Quantity }[] => {
    const left = after.lots.find(({ lotId }) => lotId === lot.lotId)?.quantity ?? Decimal.zero;
    const quantity = lot.quantity.subtract(left).normalize();
    return quantity.sign > 0 ? [{ lot, quantity }] : [];
  });
  const shares = taken.map(({ quantity }) => quantity);
  const proceeds = spread(line.cash, shares);
  const costs = costsOf(line, taken, around, line.cash.subtract(gain));
  const soldOn = dayOf(line.happenedAt);
  return taken.map(({ lot, quantity }, i) => {
    const [brought, cost] = [proceeds[i] ?? line.cash, costs[i] ?? Money.zero(line.cash.currency)];
    const acquiredOn = dayOf(lot.acquiredAt);
    return {
      ...{ isin: before.isin, symbol: before.symbol, saleId: line.id, lotId: lot.lotId },
      ...{ acquiredOn, soldOn, daysHeld: daysBetween(acquiredOn, soldOn), quantity },
      ...{ proceeds: brought, cost, gain: brought.subtract(cost) },
      costKnown: lot.unitCost.amount.sign !== 0,
      lotMethod: methodOf(line, before, lot),
    };
  });
}

/** Of shares of a lot that nobody reported the sale of: the oldest first, whatever the policy asks for. */
function methodOf(
  { lotMethod = 'fifo', lotIds, closedLots = [] }: LedgerEntry,
  before: Holding,
  { lotId }: Lot,
) {
  if (lotMethod !== 'specific' || lotIds) return lotMethod;
  const parts = reportedParts(before.lots, closedLots);
  return parts.some((part) => part.lotId === lotId) ? lotMethod : 'fifo';
}

/** With average cost the lots share what was taken; otherwise each has its own. They sum to `total`. */
function costsOf(
  { lotMethod }: LedgerEntry,
  taken: readonly { readonly lot: Lot; readonly quantity: Quantity }[],
  { after, exchanged }: Around,
  total: Money,
): readonly Money[] {
  if (lotMethod === 'average')
    return spread(
      total,
      taken.map(({ quantity }) => quantity),
    );
  const kept = [...after.lots, ...(exchanged?.lots ?? [])];
  return taken.map(({ lot }) => {
    const left = kept.find(({ lotId }) => lotId === lot.lotId)?.cost;
    return left ? lot.cost.subtract(left) : lot.cost;
  });
}

/** An amount by parts; the last part keeps what rounding left. */
function spread(amount: Money, parts: readonly Decimal[]): readonly Money[] {
  let [moneyLeft, partsLeft] = [amount, parts.reduce((sum, part) => sum.add(part), Decimal.zero)];
  return parts.map((part, i) => {
    const share =
      i === parts.length - 1 || partsLeft.sign === 0
        ? moneyLeft
        : Money.rounded(
            moneyLeft.amount.multiply(part).divide(partsLeft, 12, 'half-even'),
            amount.currency,
            'half-even',
          );
    moneyLeft = moneyLeft.subtract(share);
    partsLeft = partsLeft.subtract(part);
    return share;
  });
}
