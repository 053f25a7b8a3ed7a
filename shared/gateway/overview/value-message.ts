/** Value, net deposits and gain of the account. */
import type { OverviewValue } from '#protos/gen/overview.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { Money } from '#shared/kernel/money.ts';
import { valueWarnings } from '#shared/portfolio/account-view.ts';
import { accountValue, weightOf, type AccountValue } from '#shared/portfolio/model/valuation.ts';
import { usedRates } from '#shared/portfolio/used-rates.ts';
import type { DaySum } from './history-cache.ts';
import type { AccountFacts } from './load-account.ts';

export type Valued =
  | { readonly kind: 'valued'; readonly value: AccountValue }
  | { readonly kind: 'missing'; readonly why: string };

/** An account that cannot be valued in full has no value, and says why. */
export function valuedAccount({ book, quotes, rates }: AccountFacts): Valued {
  try {
    return { kind: 'valued', value: accountValue(book, quotes, rates) };
  } catch (thrown) {
    if (thrown instanceof Failure && thrown.code === 'REFUSED')
      return { kind: 'missing', why: thrown.message };
    throw thrown;
  }
}

export function valueMessage(
  facts: AccountFacts,
  valued: Valued,
  days: readonly DaySum[],
  cashReserveRatio: number,
): OverviewValue {
  const { book } = facts;
  const total = valued.kind === 'valued' ? valued.value.total : undefined;
  const paidIn = paidInBy(days, book.cash);
  const gain = total?.subtract(paidIn);
  const change = total && dayChange(facts, days, total);
  const pricesDay = pricesDayOf(facts);
  return {
    total: total?.toJSON(),
    cash: book.cash.toJSON(),
    otherCash: (book.foreignCash ?? []).map((held) => held.toJSON()),
    otherCashValue: valued.kind === 'valued' ? valued.value.foreignCash.toJSON() : undefined,
    paidIn: paidIn.toJSON(),
    gain: gain?.toJSON(),
    gainRatio: gain && paidIn.sign > 0 ? weightOf(gain, paidIn) : undefined,
    dayChange: change?.amount.toJSON(),
    dayChangeRatio: change?.ratio,
    freeCash: total && freeCash(facts, total, cashReserveRatio).toJSON(),
    pricesDay,
    oldestPriceDay: (valued.kind === 'valued' && valued.value.pricedOn) || '',
    missing: valued.kind === 'missing' ? valued.why : '',
    rates: usedRates(facts.rates.values()),
    warnings: valueWarnings(facts, facts.today),
  };
}

function paidInBy(days: readonly DaySum[], { currency }: Money): Money {
  const paid = days.reduce((sum, { deposited, withdrawn }) => sum + deposited - withdrawn, 0);
  return Money.fromEstimate(paid, currency, 'half-even');
}

function pricesDayOf({ book, quotes }: AccountFacts): string {
  const held = [...book.holdings.values()].filter(({ lots }) => lots.length > 0);
  const found = held.flatMap(({ isin }) => quotes.get(isin) ?? []);
  return (
    found
      .flatMap(({ day, isAtCost }) => (isAtCost ? [] : day))
      .sort()
      .at(-1) ?? ''
  );
}

/** Since the last day before that of the prices, without what was brought in or taken out. */
function dayChange(facts: AccountFacts, days: readonly DaySum[], total: Money) {
  const pricesDay = pricesDayOf(facts);
  const index = days.findLastIndex(({ day }) => day < pricesDay);
  const before = days[index];
  if (!before) return undefined;
  const flows = days.slice(index + 1).reduce((sum, day) => sum + day.deposited - day.withdrawn, 0);
  const change = total.toEstimate() - before.value - flows;
  return {
    amount: Money.fromEstimate(change, total.currency, 'half-even'),
    ratio: before.value > 0 ? change / before.value : undefined,
  };
}

/** Cash less what live orders hold back, less the owner's minimum; never below 0. */
function freeCash({ book, live }: AccountFacts, total: Money, reserveRatio: number): Money {
  const reserved = Money.sum(
    live.map((order) => order.reserved),
    book.currency,
  );
  const kept = total.multiply(Decimal.ofNumber(reserveRatio), 'up');
  const free = book.cash.subtract(reserved).subtract(kept);
  return free.sign > 0 ? free : Money.zero(book.currency);
}
