/** The state that a plan is bound to: when any of it changes, earlier plans are stale. */
import { costModelOf, type CostModel } from '#shared/kernel/costs.ts';
import { shortHash } from '#shared/kernel/hash.ts';
import type { PortfolioHash } from '#shared/kernel/identifiers.ts';
import type { Quantity } from '#shared/kernel/quantity.ts';
import type { Book } from './book.ts';
import { quantityOf } from './booking.ts';
import type { InvestmentPolicy } from './policy/policy.ts';

/** An order that may still change the book. */
export interface LiveOrder {
  readonly id: string;
  readonly remaining: Quantity;
}

/**
 * Further inputs of a plan: the cost of orders, and the policy as its owner has written it. Defaults from settings are
 * no part of it: a function may be deployed with settings of its own, and all functions must name the same state.
 */
export interface PlanTerms {
  readonly costs: CostModel;
  readonly policy: InvestmentPolicy;
}

interface Hashed extends PlanTerms {
  readonly hash: PortfolioHash;
}

/** Of books without live orders; books and terms that are the same objects are hashed once. */
const hashed = new WeakMap<Book, Hashed>();

/** Sixteen hex digits; the same for the same account, holdings, cash, live orders and policy. */
export function portfolioHash(
  book: Book,
  live: readonly LiveOrder[],
  terms: PlanTerms,
): PortfolioHash {
  const known = live.length === 0 ? hashed.get(book) : undefined;
  if (known?.costs === terms.costs && known.policy === terms.policy) return known.hash;
  const hash = newHash(book, live, terms);
  if (live.length === 0) hashed.set(book, { ...terms, hash });
  return hash;
}

function newHash(
  book: Book,
  live: readonly LiveOrder[],
  { costs, policy: { trust: _asksOnly, ...policy } }: PlanTerms,
): PortfolioHash {
  const holdings = [...book.holdings.values()]
    .map((holding) => [holding.isin, quantityOf(holding).toString()] as const)
    .filter(([, quantity]) => quantity !== '0');
  const orders = live.map((order) => [order.id, order.remaining.normalize().toString()] as const);
  return shortHash({
    account: book.accountId,
    holdings: Object.fromEntries(holdings),
    cash: book.cash,
    ...(book.foreignCash?.length && { foreignCash: book.foreignCash }),
    orders: Object.fromEntries(orders),
    policy: { ...costModelOf(costs), ...policy },
  }) as PortfolioHash;
}
