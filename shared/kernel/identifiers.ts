/** Identifiers: a prefix for the kind, and characters safe in keys, paths and headers. */
import { Failure } from './failure.ts';

export type AccountId = string & { readonly __brand: 'AccountId' };
export type PlanId = string & { readonly __brand: 'PlanId' };
export type TradeId = string & { readonly __brand: 'TradeId' };
export type CycleId = string & { readonly __brand: 'CycleId' };
export type PortfolioHash = string & { readonly __brand: 'PortfolioHash' };

export const DEFAULT_ACCOUNT = 'default' as AccountId;

const SAFE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

export function isSafeId(text: string): boolean {
  return SAFE.test(text);
}

/** Empty means the default account. @throws Failure INVALID_REQUEST */
export function parseAccountId(text: string): AccountId {
  if (text === '') return DEFAULT_ACCOUNT;
  if (!isSafeId(text))
    throw new Failure('INVALID_REQUEST', 'an account id is 1 to 128 of A-Za-z0-9._-');
  return text as AccountId;
}
