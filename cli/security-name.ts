/** A security as a person names it: its ISIN, or its symbol. */
import { universe } from '#shared/contract/universe.ts';
import { invalidRequest } from '#shared/kernel/failure.ts';
import { isIsin } from '#shared/kernel/isin.ts';
import type { Ask } from './gateway-client.ts';

/** @throws Failure INVALID_REQUEST for a symbol that the universe does not have */
export async function isinOf(ask: Ask, name: string): Promise<string> {
  if (isIsin(name.toUpperCase())) return name.toUpperCase();
  const { securities } = await ask(universe.searchSecurities, { query: name });
  const found = securities.find(({ symbol }) => symbol.toUpperCase() === name.toUpperCase());
  if (found) return found.isin;
  throw invalidRequest({ field: 'security', message: `the universe has no ${name}` });
}
