/** Checks of the order against the account, its limits and its other orders. */
import { daysBetween } from '#shared/kernel/calendar-day.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { fails, passed, percent, type Check, type CheckInputs } from './check-inputs.ts';
import type { OrderRecord } from './order-record.ts';
import { cashNeeded, freeCash, freeShares, orderValue } from './order-worth.ts';
import { isUnresolved } from './order-state.ts';
import { processLimitChecks } from './process-limits.ts';

const account: Check = ({ account: known, accountValue }) => {
  if (!known)
    return fails('account-missing', 'accountId', 'The broker does not say what is in the account.');
  return accountValue
    ? passed
    : fails('account-value-missing', 'accountId', 'Not all of the account can be valued.');
};

const policyKnown: Check = ({ policyError }) =>
  policyError === undefined ? passed : fails('policy-file', 'accountId', policyError);

/** Securities that the policy excludes from trading, or from purchases. */
const policyLists: Check = ({ policy, order: { isin, side } }) => {
  const until = policy.restrictedUntil[isin];
  const when = until === undefined ? '' : ` until ${until}`;
  if (policy.frozen.includes(isin))
    return fails('policy-frozen', 'isin', `The policy freezes ${isin}${when}: it is not traded.`);
  if (side !== 'BUY') return passed;
  const list = (['excluded', 'sellOnly'] as const).find((name) => policy[name].includes(isin));
  return list === undefined
    ? passed
    : fails(
        'policy-sell-only',
        'isin',
        `The policy lists ${isin} as ${list}${when}: it is not bought.`,
      );
};

const size: Check = (inputs) => {
  const { accountValue, limits } = inputs;
  const worth = orderValue(inputs);
  if (!worth || !accountValue) return passed;
  const most = accountValue.multiply(Decimal.ofNumber(limits.maximumOrderRatio), 'down');
  return worth.value.compare(most) <= 0
    ? passed
    : fails(
        'order-too-large',
        'quantity',
        `The order is worth ${worth.value}; at most ${most}, ${percent(limits.maximumOrderRatio)} of the value.`,
      );
};

const cash: Check = (inputs) => {
  const worth = orderValue(inputs);
  const free = freeCash(inputs);
  if (inputs.order.side !== 'BUY' || !worth || !free) return passed;
  const needed = cashNeeded('BUY', worth);
  return needed.compare(free.free) <= 0
    ? passed
    : fails(
        'insufficient-cash',
        'quantity',
        `${needed} are needed, costs included; ${free.free} are free (cash ${free.cash}, held back ${free.heldForOrders}, reserve ${free.reserve}).`,
      );
};

const holdings: Check = (inputs) => {
  const { side, quantity, isin } = inputs.order;
  const free = freeShares(inputs, isin);
  if (side !== 'SELL' || !free) return passed;
  return quantity.compare(free) <= 0
    ? passed
    : fails('insufficient-holdings', 'quantity', `${quantity} are to be sold; ${free} are free.`);
};

const cooldown: Check = ({ order, saleDays, today, limits: { cooldownDays } }) => {
  if (order.side !== 'BUY' || cooldownDays === 0) return passed;
  if (!saleDays)
    return fails('cooldown', 'isin', 'It is not known when the security was last sold.');
  const last = saleDays.find((day) => daysBetween(day, today) < cooldownDays);
  return last === undefined
    ? passed
    : fails(
        'cooldown',
        'isin',
        `Sold on ${last}; it may be bought again ${cooldownDays} days later.`,
      );
};

const minimumHold: Check = ({ order, lots, today, limits: { minimumHoldDays } }) => {
  if (order.side !== 'SELL' || minimumHoldDays === 0) return passed;
  if (!lots) return fails('minimum-hold', 'isin', 'It is not known since when it is held.');
  const old = lots
    .filter((lot) => daysBetween(lot.day, today) >= minimumHoldDays)
    .reduce((sum, lot) => sum.add(lot.quantity), Decimal.zero)
    .normalize();
  return order.quantity.compare(old) <= 0
    ? passed
    : fails(
        'minimum-hold',
        'quantity',
        `${old} shares are held for ${minimumHoldDays} days or longer; ${order.quantity} are to be sold.`,
      );
};

const frozen: Check = ({ order, live }) => {
  const open = live.find((other) => other.isin === order.isin && isUnresolved(other.state));
  return open
    ? fails(
        'frozen-instrument',
        'isin',
        `What became of trade ${open.tradeId} is not known yet (${open.state}).`,
      )
    : passed;
};

const duplicate: Check = (inputs) => {
  const { order, live } = inputs;
  const duplicate = live.find((other) => sameWay(inputs, other) && !isUnresolved(other.state));
  if (duplicate)
    return fails(
      'duplicate-in-flight',
      'isin',
      `Trade ${duplicate.tradeId} does the same already.`,
    );
  const known = new Set(live.map((other) => other.clientOrderId));
  const foreign = inputs.account?.openOrders.find(
    (other) => sameWay(inputs, other) && !known.has(other.clientOrderId),
  );
  return foreign
    ? fails(
        'duplicate-in-flight',
        'isin',
        `The broker has an open order to ${order.side} it already.`,
      )
    : passed;
};

function sameWay(
  { order }: CheckInputs,
  other: { readonly isin?: Isin | undefined; readonly side: OrderRecord['side'] },
): boolean {
  return other.isin === order.isin && other.side === order.side;
}

export const accountChecks: readonly Check[] = [
  policyKnown,
  policyLists,
  account,
  size,
  ...processLimitChecks,
  cash,
  holdings,
  cooldown,
  minimumHold,
  frozen,
  duplicate,
];
