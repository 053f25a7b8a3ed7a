/**
 * Runs all pre-trade checks. Missing data fails one check, which names it; dependent checks then
 * report nothing. An order passes only when all data is there and no check reports a violation.
 */
import { Money } from '#shared/kernel/money.ts';
import { accountChecks } from './account-checks.ts';
import type { CheckInputs } from './check-inputs.ts';
import { marketChecks } from './market-checks.ts';
import type { Violation } from './order-record.ts';
import { cashNeeded, freeCash, orderValue } from './order-worth.ts';

export interface Validation {
  readonly errors: readonly Violation[];
  readonly warnings: readonly Pick<Violation, 'code' | 'message'>[];
  /** In the base currency; undefined where price or rate is missing. */
  readonly value: Money | undefined;
  /** Commission, fees and half the spread. */
  readonly cost: Money | undefined;
  /** Cash the order takes; zero for a sale. */
  readonly needed: Money | undefined;
  readonly freeCash: Money | undefined;
}

const checks = [...marketChecks, ...accountChecks];

export function validate(inputs: CheckInputs): Validation {
  const worth = orderValue(inputs);
  return {
    errors: checks.flatMap((check) => check(inputs)),
    warnings: warningsOf(inputs, worth?.value),
    value: worth?.value,
    cost: worth?.cost.total,
    needed: worth && cashNeeded(inputs.order.side, worth),
    freeCash: freeCash(inputs)?.free,
  };
}

function warningsOf({ limits, base }: CheckInputs, value: Money | undefined) {
  const least = Money.rounded(limits.minimumOrder, base, 'up');
  if (!value || value.compare(least) >= 0) return [];
  const message = `The order is worth ${value}, less than the usual least of ${least}.`;
  return [{ code: 'minimum-order', message }];
}
