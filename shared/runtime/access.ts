/** Who may call what: one check, driven by the row's effect. */
import { timingSafeEqual, createHash } from 'node:crypto';
import { Failure } from '#shared/kernel/failure.ts';
import type { Effect, Operation } from '#shared/contract/row.ts';
import type { Tokens } from './context.ts';

/** Whether operations that only read are open to all callers, or need a token too. */
export type ReadAccess = 'open' | 'token';

export type Scope = 'read' | 'write' | 'trade';

/** From the smallest scope to the largest; a token allows its own effect and those before it. */
const scopes: readonly Scope[] = ['read', 'write', 'trade'];
const needs: Readonly<Record<Effect, Scope>> = { reads: 'read', writes: 'write', trades: 'trade' };

/**
 * `writes` takes the write token or the trade token, `trades` only the trade token. `reads` is open,
 * or takes any of the three.
 * @param granted what the caller may do without a token, for what is known of it otherwise
 * @throws Failure UNAUTHENTICATED without a known token, NOT_ALLOWED with one of too small a scope,
 * UNAVAILABLE where a secret is missing or unusable
 */
export function requireAccess(
  effect: Effect,
  authorization: string | undefined,
  tokens: Tokens | null,
  readAccess: ReadAccess = 'open',
  granted?: Scope,
): void {
  if (tokens === null || (effect === 'reads' && readAccess === 'open')) return;
  if (granted !== undefined && covers(granted, effect)) return;
  const scope = scopeOf(bearerOf(authorization), tokens, readAccess) ?? granted;
  if (scope === undefined)
    throw new Failure('UNAUTHENTICATED', 'This operation needs an "Authorization: Bearer" token.');
  if (!covers(scope, effect))
    throw new Failure('NOT_ALLOWED', `This operation needs the ${needs[effect]} token.`);
}

/** Of a call over HTTP: a request with a credential of its own needs no token beside it. @throws as `requireAccess` */
export function requireHttpAccess(
  { effect, credential }: Pick<Operation, 'effect' | 'credential'>,
  authorization: string | undefined,
  tokens: Tokens | null,
  readAccess?: ReadAccess,
): void {
  if (credential !== 'request') requireAccess(effect, authorization, tokens, readAccess);
}

function covers(scope: Scope, effect: Effect): boolean {
  return scopes.indexOf(scope) >= scopes.indexOf(needs[effect]);
}

/** The token that our own callers send for an operation: the one with the smallest sufficient scope. */
export function tokenFor(effect: Effect, tokens: Tokens): string {
  if (effect === 'trades') return tokens.trade;
  return effect === 'writes' ? tokens.write : (tokens.read ?? '');
}

/** @returns which of our tokens a caller gave, and `none` for none, or another */
export function tokenNameOf(authorization: string | undefined, tokens: Tokens | null): string {
  if (tokens === null || authorization === undefined) return 'none';
  return scopeOf(bearerOf(authorization), tokens, 'token') ?? 'none';
}

function bearerOf(authorization: string | undefined): string {
  return /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1] ?? '';
}

/** Always compares with every token, so that timing reveals nothing. */
function scopeOf(given: string, tokens: Tokens, readAccess: ReadAccess): Scope | undefined {
  const known: Readonly<Record<Scope, string | undefined>> = {
    read: readAccess === 'token' ? tokens.read : undefined,
    write: tokens.write,
    trade: tokens.trade,
  };
  return scopes
    .map((scope) => ({ scope, matches: same(given, known[scope] ?? '') && given !== '' }))
    .findLast(({ matches }) => matches)?.scope;
}

/** Compares in constant time, whatever the lengths. */
export function same(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
