/** Holdings of an account as stated by a caller. */
import type { BrokerHolding } from '#shared/clients/broker/broker.ts';
import { invalidRequest, refused } from '#shared/kernel/failure.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { Price } from '#shared/kernel/price.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import type { StatedPosition } from '#shared/contract/fields.ts';

export type StatedHolding = BrokerHolding & { readonly price?: Price | undefined };

/** @throws Failure INVALID_REQUEST when a security is named twice */
export function statedHoldings(positions: readonly StatedPosition[]): StatedHolding[] {
  const seen = new Set<Isin>();
  positions.forEach(({ isin }, index) => {
    if (seen.has(isin))
      throw invalidRequest({ field: `positions[${index}].isin`, message: 'is named twice' });
    seen.add(isin);
  });
  return positions
    .filter((position) => position.quantity.sign > 0)
    .map(({ isin, symbol, quantity, averagePrice }) => ({
      isin,
      symbol: symbol || isin,
      quantity,
      ...(averagePrice && { price: averagePrice }),
    }));
}

/** @throws Failure REFUSED holdings-missing, naming what the list leaves out */
export function requireAllNamed(
  held: readonly BrokerHolding[],
  stated: readonly { readonly isin: Isin }[],
): void {
  const named = new Set(stated.map(({ isin }) => isin));
  const missing = held.filter(({ isin }) => !named.has(isin));
  if (missing.length === 0) return;
  const names = missing.map(({ isin, symbol }) => `${symbol} (${isin})`).join(', ');
  throw refused(
    'holdings-missing',
    `positions: the account also holds ${names}. Name all of it, or set removeMissing to transfer those out.`,
    { field: 'positions', isins: missing.map(({ isin }) => isin) },
  );
}

/** @throws Failure REFUSED statement-differs naming each ISIN that differs */
export function requireSameHoldings(
  stated: readonly StatedHolding[],
  held: readonly BrokerHolding[],
): void {
  const isins = [...new Set([...stated, ...held].map((holding) => holding.isin))];
  const different = isins.filter(
    (isin) => !quantityIn(stated, isin).equals(quantityIn(held, isin)),
  );
  if (different.length > 0)
    throw refused(
      'statement-differs',
      `The broker holds other quantities of ${different.join(', ')}.`,
      { isins: different },
    );
}

function quantityIn(holdings: readonly BrokerHolding[], isin: Isin): Decimal {
  return holdings.find((holding) => holding.isin === isin)?.quantity ?? Decimal.zero;
}
