/** What plans are bound to: when any of it changes, a plan made before is stale. */
import { costModelOf, type CostModel } from '#shared/kernel/costs.ts';
import type { Decimal } from '#shared/kernel/decimal.ts';
import { shortHash } from '#shared/kernel/hash.ts';
import type { PortfolioHash } from '#shared/kernel/identifiers.ts';
import type { Quantity } from '#shared/kernel/quantity.ts';
import type { Book } from './book.ts';
import { quantityOf } from './booking.ts';

/** An order that may still change the book. */
export interface LiveOrder {
  readonly id: string;
  readonly remaining: Quantity;
}

/** The settings that shape the targets; the settings themselves will do. */
export interface TargetPolicy extends CostModel {
  readonly objective: string;
  readonly riskAversion: number;
  readonly weightMaxRatio: number;
  readonly sectorMaxRatio: number;
  readonly countryMaxRatio: number;
  readonly cashReserveRatio: number;
  readonly minimumOrder: Decimal;
}

/** Sixteen hex digits; the same for the same account, holdings, cash, live orders and policy. */
export function portfolioHash(
  book: Book,
  live: readonly LiveOrder[],
  policy: TargetPolicy,
): PortfolioHash {
  const holdings = [...book.holdings.values()]
    .map((holding) => [holding.isin, quantityOf(holding).toString()] as const)
    .filter(([, quantity]) => quantity !== '0');
  const orders = live.map((order) => [order.id, order.remaining.normalize().toString()] as const);
  return shortHash({
    account: book.accountId,
    holdings: Object.fromEntries(holdings),
    cash: book.cash,
    orders: Object.fromEntries(orders),
    policy: {
      ...costModelOf(policy),
      objective: policy.objective,
      riskAversion: policy.riskAversion,
      weightMaxRatio: policy.weightMaxRatio,
      sectorMaxRatio: policy.sectorMaxRatio,
      countryMaxRatio: policy.countryMaxRatio,
      cashReserveRatio: policy.cashReserveRatio,
      minimumOrder: policy.minimumOrder,
    },
  }) as PortfolioHash;
}
