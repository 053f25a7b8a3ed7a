/** Holdings, orders, lines of the ledger and tax years as the overview lists them. */
import type { OverviewHolding, OverviewLedgerLine, OverviewOrder } from '#protos/gen/overview.ts';
import { dayOf } from '#shared/kernel/calendar-day.ts';
import { toTimestamp } from '#shared/kernel/instant.ts';
import type { Holding, LedgerEntry, Lot } from '#shared/portfolio/model/book.ts';
import { costOf, quantityOf } from '#shared/portfolio/model/booking.ts';
import { weightOf } from '#shared/portfolio/model/valuation.ts';
import type { OrderRecord } from '#shared/trading/model/order-record.ts';
import type { AccountFacts } from './load-account.ts';
import type { Valued } from './value-message.ts';

/** The largest first; then securities that the latest plan aims at and that are not held. */
export function holdingsMessage(facts: AccountFacts, valued: Valued): OverviewHolding[] {
  const { book, plan } = facts;
  const held = [...book.holdings.values()].filter(({ lots }) => lots.length > 0);
  const isins = new Set<string>(held.map(({ isin }) => isin));
  const aimedAt = Object.keys(plan?.targets ?? {}).filter((isin) => !isins.has(isin));
  return [
    ...held.map((holding) => holdingMessage(facts, valued, holding)),
    ...aimedAt.flatMap((isin) => targetMessage(facts, isin)),
  ].sort((a, b) => (b.weightRatio ?? 0) - (a.weightRatio ?? 0) || (a.symbol < b.symbol ? -1 : 1));
}

function holdingMessage(facts: AccountFacts, valued: Valued, holding: Holding): OverviewHolding {
  const { isin } = holding;
  const { currency } = facts.book;
  const quote = facts.quotes.get(isin);
  const value = valued.kind === 'valued' ? valued.value.values.get(isin) : undefined;
  const total = valued.kind === 'valued' ? valued.value.total : undefined;
  const cost = holding.lots.every(isCostKnown) ? costOf(holding, currency) : undefined;
  const gain = cost && value?.subtract(cost);
  return {
    ...described(facts, isin, holding.symbol),
    quantity: quantityOf(holding).toString(),
    price: quote?.price.toJSON(),
    priceDay: quote?.day ?? '',
    value: value?.toJSON(),
    cost: cost?.toJSON(),
    gain: gain?.toJSON(),
    gainRatio: gain && cost && cost.sign > 0 ? weightOf(gain, cost) : undefined,
    weightRatio: value && total && weightOf(value, total),
    pricedAtCost: quote?.isAtCost ?? false,
    lots: holding.lots.map(lotMessage),
  };
}

function targetMessage(facts: AccountFacts, isin: string): OverviewHolding[] {
  const security = [...facts.securities.values()].find((one) => one.isin === isin);
  if (!security) return [];
  const nothing = { price: undefined, value: undefined, cost: undefined, gain: undefined };
  const common = { ...described(facts, security.isin, security.symbol), ...nothing };
  return [
    { ...common, quantity: '0', priceDay: '', weightRatio: 0, lots: [], pricedAtCost: false },
  ];
}

function described({ securities, plan }: AccountFacts, isin: Holding['isin'], symbol: string) {
  const { name = '', sector = '', country = '' } = securities.get(isin) ?? {};
  const targets = plan?.targets;
  return { isin, symbol, name, sector, country, targetRatio: targets && (targets[isin] ?? 0) };
}

function lotMessage(lot: Lot) {
  const cost = isCostKnown(lot) ? lot.cost.toJSON() : undefined;
  return { day: dayOf(lot.acquiredAt), quantity: lot.quantity.toString(), cost };
}

/** Shares that came from outside without a price have cost nobody knows what. */
function isCostKnown({ unitCost }: Lot): boolean {
  return unitCost.amount.sign !== 0;
}

export function orderMessage(order: OrderRecord): OverviewOrder {
  const { tradeId, side, symbol, quantity, state, message, requestedAt, value } = order;
  return {
    tradeId,
    side,
    symbol,
    quantity: quantity.toString(),
    state,
    message,
    requestedAt: toTimestamp(requestedAt),
    value: value.toJSON(),
  };
}

/** A line that names no symbol, as of a dividend, has that of its security. */
export function ledgerLineMessage(
  line: LedgerEntry,
  { securities }: Pick<AccountFacts, 'securities'>,
): OverviewLedgerLine {
  const { id, kind, isin, quantity, price, cash, happenedAt } = line;
  return {
    id,
    kind,
    isin: isin ?? '',
    symbol: line.symbol ?? (isin && (securities.get(isin)?.symbol ?? isin)) ?? '',
    quantity: quantity?.toString() ?? '',
    price: price?.toJSON(),
    cash: cash.toJSON(),
    happenedAt: toTimestamp(happenedAt),
  };
}
