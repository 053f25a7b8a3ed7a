/** Who may call what: one check, driven by the row's effect. */
import { timingSafeEqual, createHash } from 'node:crypto';
import { Failure } from '#shared/kernel/failure.ts';
import type { Effect } from '#shared/operations/row.ts';
import type { Tokens } from './context.ts';

/**
 * `reads` is open to whoever reaches the function; `writes` takes either token, `trades` only the
 * trade token.
 * @throws Failure UNAUTHENTICATED without a known token, NOT_ALLOWED with one of too small a scope
 */
export function requireAccess(
  effect: Effect,
  authorization: string | undefined,
  tokens: Tokens | null,
): void {
  if (effect === 'reads' || tokens === null) return;
  const token = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1] ?? '';
  const mayTrade = same(token, tokens.trade);
  const mayWrite = same(token, tokens.write);
  if (!mayTrade && !mayWrite)
    throw new Failure('UNAUTHENTICATED', 'This operation needs an "Authorization: Bearer" token.');
  if (effect === 'trades' && !mayTrade)
    throw new Failure('NOT_ALLOWED', 'This operation moves money and needs the trade token.');
}

/** Compares in constant time, whatever the lengths. */
export function same(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
