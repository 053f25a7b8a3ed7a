/** A security as a person names it: its ISIN, or its symbol. */
import type { ResponseOf, WireRequestOf } from '#shared/contract/row.ts';
import { universe } from '#shared/contract/universe.ts';
import { invalidRequest } from '#shared/kernel/failure.ts';
import { isIsin } from '#shared/kernel/isin.ts';

type Search = typeof universe.searchSecurities;
type AskUniverse = (
  operation: Search,
  request: WireRequestOf<Search>,
) => Promise<ResponseOf<Search>>;

/** @throws Failure INVALID_REQUEST for a symbol that the universe does not have */
export async function isinOf(ask: AskUniverse, name: string): Promise<string> {
  if (isIsin(name.toUpperCase())) return name.toUpperCase();
  const { securities } = await ask(universe.searchSecurities, { query: name });
  const found = securities.find(({ symbol }) => symbol.toUpperCase() === name.toUpperCase());
  if (found) return found.isin;
  throw invalidRequest({ field: 'security', message: `the universe has no ${name}` });
}
