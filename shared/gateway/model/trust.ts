/**
 * The ladder of trust: how far the system may act alone. From the lowest rung: `simulated` trades
 * simulated prices at the paper broker only, `paper` trades at the paper broker, `ask` waits for the
 * owner's answer to each plan, `within-limits` asks only where a plan exceeds a stated limit.
 */
import { trustLevels, type TrustLevel } from '#shared/kernel/trust-level.ts';
import { percent } from '#shared/kernel/text.ts';
import { Money } from '#shared/kernel/money.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { type PolicyTrust } from '#shared/portfolio/model/policy/policy.ts';

export interface TrustInputs {
  readonly level: TrustLevel;
  readonly limits: PolicyTrust;
  /** Whether real money is at stake. */
  readonly isLiveBroker: boolean;
  readonly isSimulatedMarket: boolean;
  readonly orders: readonly PlannedOrder[];
  readonly portfolioValue: Money;
  /** Values of the orders that went out, in the account's currency. */
  readonly sentToday: readonly Money[];
  readonly sentThisMonth: readonly Money[];
  /** Fraction below the highest value so far; undefined where no value is known. */
  readonly drawdownRatio?: number | undefined;
  /** Trade ids of orders whose outcome is not known. */
  readonly unresolved: readonly string[];
}

export interface PlannedOrder {
  readonly side: 'BUY' | 'SELL';
  readonly symbol: string;
  readonly value: Money;
}

/**
 * `execute`; `ask`, with each reason; `record`: neither is allowed, and the plan is only recorded.
 */
export type TrustDecision =
  | { readonly kind: 'execute' }
  | { readonly kind: 'ask'; readonly because: readonly string[] }
  | { readonly kind: 'record'; readonly because: readonly string[] };

export function decideTrust(inputs: TrustInputs): TrustDecision {
  const { level, isLiveBroker, isSimulatedMarket } = inputs;
  if (level === 'simulated' && (isLiveBroker || !isSimulatedMarket))
    return record('at the level of trust "simulated" orders go out on simulated prices only');
  if (level === 'paper' && isLiveBroker)
    return record('at the level of trust "paper" no order goes to a broker with real money');
  if (level === 'ask') return { kind: 'ask', because: ['the level of trust is "ask"'] };
  if (level !== 'within-limits') return { kind: 'execute' };
  const because = exceeded(inputs);
  return because.length === 0 ? { kind: 'execute' } : { kind: 'ask', because };
}

function record(because: string): TrustDecision {
  return { kind: 'record', because: [because] };
}

/** Limits that must be stated before the system may act alone. */
export function missingLimits(limits: PolicyTrust): string[] {
  return (['orderValueMax', 'dayValueMax'] as const).filter((name) => limits[name] === undefined);
}

/** Every limit that the plan exceeds, as a sentence. */
function exceeded(inputs: TrustInputs): string[] {
  const { limits, orders, unresolved } = inputs;
  const missing = missingLimits(limits).map((name) => `the policy states no trust.${name}`);
  const open = unresolved.map((id) => `what became of the order ${id} is not known`);
  const sales = limits.sales ? [] : orders.filter(({ side }) => side === 'SELL');
  return [
    ...missing,
    ...open,
    ...sales.map(({ symbol }) => `the sale of ${symbol}: sales are to be asked for`),
    ...largeOrders(inputs),
    ...dayAndMonth(inputs),
    ...drawdown(inputs),
  ];
}

function largeOrders({ limits: { orderValueMax }, orders }: TrustInputs): string[] {
  if (orderValueMax === undefined) return [];
  const most = Decimal.parse(orderValueMax);
  return orders
    .filter(({ value }) => value.amount.compare(most) > 0)
    .map(
      ({ side, symbol, value }) =>
        `${side} ${symbol} for ${value} is above the largest order, ${value.currency} ${most}`,
    );
}

function dayAndMonth(inputs: TrustInputs): string[] {
  const { limits, orders, portfolioValue, sentToday, sentThisMonth } = inputs;
  const { currency } = portfolioValue;
  const planned = orders.map(({ value }) => value);
  const day = Money.sum([...sentToday, ...planned], currency);
  const month = Money.sum([...sentThisMonth, ...planned], currency);
  const count = sentToday.length + planned.length;
  const turnoverRatio =
    portfolioValue.sign > 0 ? month.toEstimate() / portfolioValue.toEstimate() : Infinity;
  const { dayValueMax, ordersPerDayMax = Infinity, monthTurnoverMaxRatio = Infinity } = limits;
  return [
    ...(dayValueMax !== undefined && day.amount.compare(Decimal.parse(dayValueMax)) > 0
      ? [`orders of the day for ${day} are above the limit of ${currency} ${dayValueMax}`]
      : []),
    ...(count > ordersPerDayMax
      ? [`${count} orders in a day are more than the limit of ${ordersPerDayMax}`]
      : []),
    ...(turnoverRatio > monthTurnoverMaxRatio
      ? [
          `a turnover of ${percent(turnoverRatio)} in the month is above the limit of ${percent(monthTurnoverMaxRatio)}`,
        ]
      : []),
  ];
}

function drawdown({ limits: { drawdownMaxRatio }, drawdownRatio }: TrustInputs): string[] {
  if (drawdownMaxRatio === undefined) return [];
  if (drawdownRatio === undefined) return ['how far the account is below its peak is not known'];
  if (drawdownRatio <= drawdownMaxRatio) return [];
  return [
    `the account is ${percent(drawdownRatio)} below its peak, more than the limit of ${percent(drawdownMaxRatio)}`,
  ];
}

export function lowerLevel(a: TrustLevel, b: TrustLevel): TrustLevel {
  return rank(a) <= rank(b) ? a : b;
}

export function isStepUp(from: TrustLevel, to: TrustLevel): boolean {
  return rank(to) > rank(from);
}

function rank(level: TrustLevel): number {
  return trustLevels.indexOf(level);
}

/** What the owner has to write to step up, word for word. */
export function requiredConfirmation(account: string, level: TrustLevel): string {
  return `I trust account ${account} at level ${level}`;
}
