/** Positions as callers see them. */
import type { Position } from '#protos/gen/common/position.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import { toTimestamp, type Instant } from '#shared/kernel/instant.ts';
import type { Security } from '#shared/universe/model/security.ts';
import type { PositionValue } from '../model/valuation.ts';

/**
 * A position on the wire. Amounts are in the security's currency; what rests on a price is unset
 * while none is stored, and what rests on a cost while nobody knows what was paid.
 */
export function positionMessage(
  value: PositionValue,
  security: Security | undefined,
  accountId: AccountId,
  syncedAt: Instant | undefined,
): Position {
  return {
    symbol: value.symbol,
    isin: value.isin,
    name: security?.name ?? '',
    quantity: value.quantity.toEstimate(),
    averagePrice: value.averagePrice?.toJSON(),
    currentPrice: value.seen?.price.toJSON(),
    marketValue: value.marketValue?.toJSON(),
    costBasis: value.costBasis?.toJSON(),
    unrealizedPnl: value.unrealized?.toJSON(),
    unrealizedPnlPct: (value.unrealizedRatio ?? 0) * 100,
    pricedAtCost: value.seen?.isAtCost ?? false,
    accountId,
    lastUpdated: syncedAt === undefined ? undefined : toTimestamp(syncedAt),
  };
}
