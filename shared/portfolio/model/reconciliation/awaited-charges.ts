/**
 * Charges that a broker takes with an execution and itemises days later. Until then the cash differs by them: they are
 * booked as such, not as money that nobody explains, and taken back when the fee itself is booked.
 */
import { Decimal } from '#shared/kernel/decimal.ts';
import { Money } from '#shared/kernel/money.ts';
import type { Book, LedgerEntry } from '../book.ts';
import type { ReportedFill } from '../ledger-lines.ts';

/** Above this share of what was traded, and this much for each execution, a difference is no charge. */
const CHARGE_RATIO_MAX = Decimal.parse('0.01');
const CHARGE_PER_FILL_MAX = Decimal.of(10);

/** The book after a line of kind `charges`. */
export function withAwaited(book: Book, { kind, cash }: LedgerEntry): Book {
  if (kind !== 'charges') return book;
  const { awaitedCharges: _before, ...rest } = book;
  const sum = awaitedIn(book, cash).add(cash);
  const others = (book.awaitedCharges ?? []).filter(({ currency }) => currency !== cash.currency);
  const awaited = sum.sign === 0 ? others : [...others, sum];
  return awaited.length === 0 ? rest : { ...rest, awaitedCharges: awaited };
}

/**
 * The part of a difference in cash that is charges: all of one that is taken, as far as executions without stated
 * charges explain it; of one that is given back, what was awaited.
 */
export function chargesIn(difference: Money, book: Book, fills: readonly ReportedFill[]): Money {
  const awaited = awaitedIn(book, difference);
  const none = Money.zero(difference.currency);
  if (difference.sign > 0) {
    const owed = awaited.negate();
    return owed.sign <= 0 ? none : owed.compare(difference) < 0 ? owed : difference;
  }
  const most = chargesMax(fills.filter(({ awaitsCharges }) => awaitsCharges));
  const sum = awaited.add(difference).amount.absolute();
  return sum.compare(most) <= 0 ? difference : none;
}

/** In whole units of whichever currency they are charged in. */
function chargesMax(fills: readonly ReportedFill[]): Decimal {
  return fills.reduce(
    (sum, { settlement }) =>
      sum.add(settlement.amount.absolute().multiply(CHARGE_RATIO_MAX)).add(CHARGE_PER_FILL_MAX),
    Decimal.zero,
  );
}

function awaitedIn({ awaitedCharges = [] }: Book, { currency }: Money): Money {
  return awaitedCharges.find((sum) => sum.currency === currency) ?? Money.zero(currency);
}
