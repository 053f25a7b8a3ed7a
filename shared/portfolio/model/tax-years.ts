/**
 * What was realised in each calendar year (UTC), in the account's currency, from the ledger alone. It
 * is exact: the yearly gains of all years add up to the gains of the book. No country's rules are
 * applied.
 */
import { GrowingSet } from '#shared/kernel/growing-set.ts';
import { dayOf } from '#shared/kernel/calendar-day.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import { Money } from '#shared/kernel/money.ts';
import type { Book, Holding, LedgerEntry, Lot } from './book.ts';
import { bookEntries, emptyBook } from './booking.ts';
import { gainOf } from './tax/realised-lots.ts';
import { withoutUndoneTrades } from './tax/undone-trades.ts';

export interface TaxYear {
  readonly year: number;
  /** Of sales, after their charges. */
  readonly proceeds: Money;
  /** Of the lots that the sales took. */
  readonly cost: Money;
  readonly realised: Money;
  readonly dividends: Money;
  readonly interest: Money;
  /** Above 0 where it was withheld. */
  readonly taxWithheld: Money;
  /** Above 0; those booked apart, as orders contain theirs. */
  readonly fees: Money;
  readonly sales: number;
  /** Sales that took a lot whose cost nobody knows, which counts as 0. */
  readonly salesOfUnknownCost: number;
}

/** Newest first. */
export function taxYears(ledger: readonly LedgerEntry[], currency: Currency): TaxYear[] {
  const years = new Map<number, TaxYear>();
  let book = emptyBook(NO_ACCOUNT, currency);
  for (const line of withoutUndoneTrades(ledger)) {
    const before = book;
    book = { ...bookEntries(before, [line]), booked: NOTHING_BOOKED };
    const year = Number(dayOf(line.happenedAt).slice(0, 4));
    const known = years.get(year) ?? emptyYear(year, currency);
    years.set(year, withGain(added(known, line), line, before, book));
  }
  return [...years.values()].sort((a, b) => b.year - a.year);
}

const NO_ACCOUNT = 'tax-years' as AccountId;
/** Ids are not needed here. */
const NOTHING_BOOKED = GrowingSet.of<string>();

function holdingIn(book: Book, { isin }: LedgerEntry): Holding | undefined {
  return isin && book.holdings.get(isin);
}

function emptyYear(year: number, currency: Currency): TaxYear {
  const zero = Money.zero(currency);
  return {
    year,
    proceeds: zero,
    cost: zero,
    realised: zero,
    dividends: zero,
    interest: zero,
    taxWithheld: zero,
    fees: zero,
    sales: 0,
    salesOfUnknownCost: 0,
  };
}

function added(year: TaxYear, line: LedgerEntry): TaxYear {
  switch (line.kind) {
    case 'dividend':
      return { ...year, dividends: year.dividends.add(line.cash) };
    case 'interest':
      return { ...year, interest: year.interest.add(line.cash) };
    case 'tax':
      return { ...year, taxWithheld: year.taxWithheld.subtract(line.cash) };
    case 'fee':
      return { ...year, fees: year.fees.subtract(line.cash) };
    default:
      return year;
  }
}

/** Sales, and actions that paid for shares: cash in lieu, a merger, a delisting. */
function withGain(year: TaxYear, line: LedgerEntry, before: Book, after: Book): TaxYear {
  const { cash, kind } = line;
  const gain = gainOf(before, after, line);
  if (kind !== 'sell' && gain.sign === 0) return year;
  const [held, left] = [holdingIn(before, line), holdingIn(after, line)];
  const isUnknown = held?.lots.some(
    (lot) => lot.unitCost.amount.sign === 0 && (!left || wasTaken(lot, left)),
  );
  return {
    ...year,
    proceeds: year.proceeds.add(cash),
    cost: year.cost.add(cash.subtract(gain)),
    realised: year.realised.add(gain),
    sales: year.sales + 1,
    salesOfUnknownCost: year.salesOfUnknownCost + (isUnknown ? 1 : 0),
  };
}

function wasTaken({ lotId, quantity }: Lot, { lots }: Holding): boolean {
  const left = lots.find((lot) => lot.lotId === lotId);
  return !left || !left.quantity.equals(quantity);
}
