/** Stores the source's descriptions of securities in the universe. */
import type { ListedSecurity } from '#shared/clients/market-data/market-data.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { parseQuantity } from '#shared/kernel/quantity.ts';
import type { Security } from './model/security.ts';
import type { Description, SecurityStore } from './security-store.ts';

export function describedBy(listed: ListedSecurity, addedAt: Instant): Description {
  return { ...listed, lot: parseQuantity(listed.lot), addedAt };
}

/** Adds every security that the source lists. */
export async function addListed(
  store: SecurityStore,
  listing: readonly ListedSecurity[],
  addedAt: Instant,
  key: string,
): Promise<void> {
  await Promise.all(listing.map((listed) => store.add(describedBy(listed, addedAt), key)));
}

/** Updates the fields that only the source knows; symbol, name and exchange stay as added. */
export async function correctDescriptions(
  store: SecurityStore,
  securities: readonly Security[],
  listing: readonly ListedSecurity[],
): Promise<void> {
  const byIsin = new Map<Isin, ListedSecurity>(listing.map((listed) => [listed.isin, listed]));
  for (const security of securities) {
    const change = correction(security, byIsin.get(security.isin));
    if (change) await store.describe(security.isin, change);
  }
}

function correction(
  security: Security,
  listed: ListedSecurity | undefined,
): Partial<Description> | undefined {
  if (!listed) return undefined;
  const lot = parseQuantity(listed.lot);
  const same =
    security.currency === listed.currency &&
    security.securityType === listed.securityType &&
    security.lot.equals(lot) &&
    security.country === (listed.country ?? security.country) &&
    security.sector === (listed.sector ?? security.sector) &&
    security.industry === (listed.industry ?? security.industry);
  if (same) return undefined;
  const { currency, securityType, country, sector, industry } = listed;
  return {
    currency,
    securityType,
    lot,
    ...(country !== undefined && { country }),
    ...(sector !== undefined && { sector }),
    ...(industry !== undefined && { industry }),
  };
}
