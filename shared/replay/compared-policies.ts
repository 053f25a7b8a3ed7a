/**
 * What a policy is compared with: the same securities held, or in equal parts each month, and the index. Deposits, costs,
 * the smallest order, the cash reserve, fills and tax are those of the policy. Limits of its orders and what its owner
 * wants beside them are not: a limit of a quarter of the value to an order would leave three quarters of an index in cash.
 */
import type { ReplayPolicy } from './replay-policy.ts';

/** Limits of orders at their highest. */
export const UNLIMITED_ORDERS = {
  MAXIMUM_ORDER_RATIO: '1',
  ORDER_VALUE_MAX: '1000000000000000',
  DAY_TURNOVER_MAX_RATIO: '1000',
  ORDERS_PER_DAY_MAX: '10000',
  COOLDOWN_DAYS: '0',
  MINIMUM_HOLD_DAYS: '0',
} as const;

/** Those that are no limits where they are unset. */
const unset: ReadonlySet<string> = new Set([
  'DAY_TURNOVER_MAX',
  'DAY_LOSS_MAX',
  'VOLUME_SHARE_MAX_RATIO',
]);

/** Bought in equal parts on the first day; deposits are invested, and nothing is sold. */
export function heldInstead(policy: ReplayPolicy): ReplayPolicy {
  const schedule = policy.deposit
    ? ({ kind: 'first-of', period: policy.deposit.each } as const)
    : ({ kind: 'once' } as const);
  const name = 'buy and hold';
  return { ...termsOf(policy), name, weights: { kind: 'equal' }, schedule, sells: false };
}

export function equalInstead(policy: ReplayPolicy): ReplayPolicy {
  const schedule = { kind: 'first-of', period: 'month' } as const;
  const name = 'equal weights monthly';
  return { ...termsOf(policy), name, weights: { kind: 'equal' }, schedule, sells: true };
}

export function indexInstead(policy: ReplayPolicy, symbol: string): ReplayPolicy {
  return { ...heldInstead(policy), name: `index ${symbol}`, securities: [symbol] };
}

function termsOf({ band: _none, investmentPolicy, ...policy }: ReplayPolicy) {
  const stated = Object.entries(policy.settings).filter(([name]) => !unset.has(name));
  return {
    ...policy,
    settings: { ...Object.fromEntries(stated), ...UNLIMITED_ORDERS },
    ...(investmentPolicy !== undefined && taxOf(investmentPolicy)),
  };
}

function taxOf(investmentPolicy: string): { readonly investmentPolicy?: string } {
  const { tax } = JSON.parse(investmentPolicy) as { readonly tax?: unknown };
  return tax === undefined ? {} : { investmentPolicy: JSON.stringify({ tax }) };
}
