/**
 * Corporate actions at the paper broker: it pays dividends and changes holdings and orders on the
 * day, before it executes anything. Each is carried out once; one that is announced late applies to
 * the shares that were held before its day.
 */
import type {
  BrokerCorporateAction,
  BrokerFill,
  BrokerFlow,
  StatementCover,
} from '#shared/clients/broker/broker.ts';
import { effectOn } from '#shared/kernel/action-effect.ts';
import { startOf, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { actionTerms, type CorporateAction } from '#shared/kernel/corporate-action.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { shortHash } from '#shared/kernel/hash.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import type { Price } from '#shared/kernel/price.ts';
import type { Quantity } from '#shared/kernel/quantity.ts';
import { withShares, type CarriedActions, type PaperBook, type PaperMarket } from './paper-book.ts';
import { sharesChange } from './paper-movements.ts';
import { ordersAfter } from './adjusted-orders.ts';

/** Whether there is anything to carry out; then all orders of the book are needed. */
export function actionsAreDue(
  carried: CarriedActions | undefined,
  actions: readonly CorporateAction[],
  today: CalendarDay,
): boolean {
  if (!carried) return actions.some(({ day }) => day <= today);
  if (carried.waiting.length > 0 || carried.hash !== hashOf(actions, carried.through)) return true;
  return actions.some(({ day }) => day > carried.through && day <= today);
}

/** @param book with all its orders, where `actionsAreDue` */
export function withActions(book: PaperBook, market: PaperMarket): PaperBook {
  const { actions, today } = market;
  const known = new Set([
    ...book.actions.map(({ actionId }) => actionId),
    ...book.flows.map(({ flowId }) => flowId),
  ]);
  const waiting: string[] = [];
  let next = book;
  for (const action of actions.filter(({ day }) => day <= today)) {
    if (known.has(action.actionId)) continue;
    const after = applied(next, action, market);
    if (after === 'waits') waiting.push(action.actionId);
    else next = after;
  }
  return { ...next, carried: { through: today, hash: hashOf(actions, today), waiting } };
}

function hashOf(actions: readonly CorporateAction[], through: CalendarDay): string {
  return shortHash(actions.filter(({ day }) => day <= through).map(({ actionId }) => actionId));
}

function applied(
  book: PaperBook,
  action: CorporateAction,
  market: PaperMarket,
): PaperBook | 'waits' {
  if (action.kind === 'no-split') return book;
  const held = sharesBefore(book, action);
  if (held.sign <= 0) return ordersAfter(book, action);
  if (action.kind === 'dividend') return paid(book, action, held, market);
  const changed = exchanged(book, action, held, market);
  return changed === 'waits' ? 'waits' : ordersAfter(changed, action);
}

/**
 * Shares held when the day began: those of now, less what moved since, and less those whose statement says already
 * what the action did to them.
 */
function sharesBefore(book: PaperBook, action: CorporateAction): Quantity {
  const { isin } = action;
  const moment = startOf(action.day);
  const counts = (one: Pick<BrokerFlow, 'happenedAt' | 'covered'>): boolean =>
    one.happenedAt >= moment || isCovered(one.covered, action, moment);
  const fills = [...book.orders.values()].flatMap((order) => order.fills);
  const since = [
    ...fills.filter((fill) => fill.isin === isin && fill.executedAt >= moment).map(fillChange),
    ...book.flows
      .filter((flow) => flow.isin === isin && counts(flow))
      .map((flow) => sharesChange(flow) ?? Decimal.zero),
    ...book.actions.filter(counts).map((one) => actionChange(one, isin)),
  ];
  const now = book.holdings.get(isin)?.quantity ?? Decimal.zero;
  return since.reduce((held, change) => held.subtract(change), now).normalize();
}

/** What the owner enters is meant for the shares as they are; a file of prices may have dividends of any day. */
function isMeantForAll({ kind, source }: CorporateAction): boolean {
  return source === 'owner' || (source === 'file' && kind !== 'dividend');
}

function isCovered(
  covered: StatementCover | undefined,
  action: CorporateAction,
  moment: Instant,
): boolean {
  if (!covered || isMeantForAll(action)) return false;
  return moment <= (action.kind === 'dividend' ? covered.cashUntil : covered.sharesUntil);
}

function fillChange({ side, quantity }: BrokerFill): Decimal {
  return side === 'BUY' ? quantity : quantity.negate();
}

function actionChange(action: BrokerCorporateAction, isin: Isin): Decimal {
  const own = action.isin === isin ? (action.sharesChange ?? Decimal.zero) : Decimal.zero;
  const received = action.newIsin === isin ? (action.sharesReceived ?? Decimal.zero) : Decimal.zero;
  return own.add(received);
}

/** Gross, and the tax withheld on it; waits for its day, and for a rate. */
function paid(
  book: PaperBook,
  action: CorporateAction,
  held: Quantity,
  { today, rates }: PaperMarket,
): PaperBook | 'waits' {
  const payDay = action.payDay ?? action.day;
  const { amount, actionId, isin, taxRatio } = action;
  const exchangeRate = rates.get(actionId);
  if (!amount || payDay > today || !exchangeRate) return 'waits';
  const gross = inBase(amount, held, exchangeRate, book);
  const tax = taxRatio ? gross.multiply(taxRatio, 'half-up') : Money.zero(book.currency);
  const happenedAt = startOf(payDay);
  const dividend: BrokerFlow = {
    ...{ flowId: actionId, kind: 'dividend', amount: gross, isin, quantity: held },
    ...{ price: amount, exchangeRate, happenedAt },
  };
  const withheld: BrokerFlow = {
    ...{ flowId: `${actionId}-tax`, kind: 'tax', amount: tax.negate(), isin, happenedAt },
    relatedFlowId: actionId,
  };
  return {
    ...book,
    cash: book.cash.add(gross).subtract(tax),
    flows: [...book.flows, dividend, ...(tax.sign > 0 ? [withheld] : [])],
  };
}

function exchanged(
  book: PaperBook,
  action: CorporateAction,
  held: Quantity,
  { rates }: PaperMarket,
): PaperBook | 'waits' {
  const { actionId, kind, isin, day, newIsin, newSymbol, amount, fractionPrice } = action;
  const rate = rates.get(actionId);
  if ((amount || fractionPrice) && !rate) return 'waits';
  const { remaining, received, fraction } = effectOn(action, held);
  const isNew = received.sign > 0;
  const sold = fraction.sign > 0 && fractionPrice && rate;
  const kept = (shares: Quantity): Quantity => (sold ? shares.subtract(fraction) : shares);
  const sharesChange = (isNew ? remaining : kept(remaining)).subtract(held).normalize();
  const sharesReceived = (isNew ? kept(received) : received).normalize();
  const cash =
    amount && rate && kind !== 'stock-dividend'
      ? inBase(amount, held, rate, book)
      : Money.zero(book.currency);
  const fractionCash = sold ? inBase(fractionPrice, fraction, rate, book) : undefined;
  const symbol = book.holdings.get(isin)?.symbol ?? isin;
  const stated: BrokerCorporateAction = {
    ...actionTerms(action),
    ...(kind === 'stock-dividend' && amount && rate && { price: amount, exchangeRate: rate }),
    ...{ actionId, kind: kind as BrokerCorporateAction['kind'], isin, sharesChange },
    ...(isNew && { sharesReceived }),
    ...(cash.sign > 0 && { cash }),
    ...(kind === 'merger' && !newIsin && { cash }),
    ...(fractionCash && { fraction: { quantity: fraction, cash: fractionCash } }),
    happenedAt: startOf(day),
  };
  const own = kind === 'rename' && newSymbol && !newIsin ? newSymbol : symbol;
  const moved = withShares(book, isin, own, sharesChange);
  const both =
    newIsin && isNew
      ? withShares(
          moved,
          newIsin,
          newSymbol ?? symbolIn(book, newIsin, kind === 'rename' ? symbol : newIsin),
          sharesReceived,
        )
      : moved;
  return {
    ...both,
    cash: book.cash.add(cash).add(fractionCash ?? Money.zero(book.currency)),
    actions: [...book.actions, stated],
  };
}

function symbolIn(book: PaperBook, isin: Isin, otherwise: string): string {
  return book.holdings.get(isin)?.symbol ?? otherwise;
}

function inBase(amount: Price, shares: Quantity, rate: Decimal, { currency }: PaperBook): Money {
  return Money.rounded(amount.amount.multiply(shares).multiply(rate), currency, 'half-even');
}
