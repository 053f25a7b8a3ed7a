/**
 * Breaches of the policy by the account as it is. A plan corrects them; a breach blocks nothing.
 */
import { percent } from '#shared/kernel/text.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import {
  groupLimit,
  limitedGroups,
  securityLimit,
  type EffectivePolicy,
  type LimitedGroup,
} from './policy.ts';
import { reserveRatioOf } from './policy-cash.ts';

export interface PolicyBreach {
  readonly field: string;
  /** ISIN, or name of a group; empty for cash and counts. */
  readonly subject: string;
  readonly message: string;
  readonly actual: number;
  readonly allowed: number;
}

/** A holding as policies see it. */
export interface PolicyHolding {
  readonly isin: Isin;
  readonly symbol: string;
  /** Share of the account's value. */
  readonly weight: number;
  readonly sector?: string | undefined;
  readonly country?: string | undefined;
  readonly currency?: string | undefined;
}

export interface PolicyAccount {
  readonly holdings: readonly PolicyHolding[];
  /** In the account's currency, as estimates. */
  readonly cash: number;
  readonly value: number;
}

/** Weights come from rounded amounts. */
const TOLERANCE = 1e-6;

export function policyBreaches(
  policy: EffectivePolicy,
  account: PolicyAccount,
): readonly PolicyBreach[] {
  return [
    ...account.holdings.flatMap((one) => securityBreaches(policy, one)),
    ...limitedGroups.flatMap((kind) => groupBreaches(policy, account, kind)),
    ...countBreach(policy, account),
    ...cashBreach(policy, account),
  ];
}

function securityBreaches(policy: EffectivePolicy, holding: PolicyHolding): PolicyBreach[] {
  const { isin, symbol, weight } = holding;
  if (policy.excluded.includes(isin)) {
    const message = `${symbol} is excluded, and takes ${percent(weight)}.`;
    return [{ field: 'excluded', subject: isin, message, actual: weight, allowed: 0 }];
  }
  const { ratio, field } = securityLimit(policy, isin);
  return overLimit(field, isin, symbol, weight, ratio);
}

function groupBreaches(
  policy: EffectivePolicy,
  { holdings }: PolicyAccount,
  kind: LimitedGroup,
): PolicyBreach[] {
  const weights = new Map<string, number>();
  for (const one of holdings) {
    const name = one[kind];
    if (name) weights.set(name, (weights.get(name) ?? 0) + one.weight);
  }
  return [...weights].flatMap(([name, weight]) => {
    const { ratio, field } = groupLimit(policy, kind, name);
    return overLimit(field, name, `${kind} ${name}`, weight, ratio);
  });
}

function overLimit(
  field: string,
  subject: string,
  words: string,
  actual: number,
  allowed: number,
): PolicyBreach[] {
  if (actual <= allowed + TOLERANCE) return [];
  const message = `${words} takes ${percent(actual)}, and ${percent(allowed)} is the most.`;
  return [{ field, subject, message, actual, allowed }];
}

function countBreach({ limits }: EffectivePolicy, { holdings }: PolicyAccount): PolicyBreach[] {
  const { positionsMax: allowed } = limits;
  const actual = holdings.length;
  if (allowed === undefined || actual <= allowed) return [];
  const message = `${actual} securities are held, and ${allowed} are the most.`;
  return [{ field: 'limits.positionsMax', subject: '', message, actual, allowed }];
}

function cashBreach(policy: EffectivePolicy, { cash, value }: PolicyAccount): PolicyBreach[] {
  if (value <= 0) return [];
  const [actual, allowed] = [cash / value, reserveRatioOf(policy, value)];
  if (actual >= allowed - TOLERANCE) return [];
  const { reserveRatio } = policy.cash;
  const field = allowed > reserveRatio ? 'cash.reserveAmount' : 'cash.reserveRatio';
  const message = `Cash is ${percent(actual)} of the value, and ${percent(allowed)} is the least.`;
  return [{ field, subject: '', message, actual, allowed }];
}
