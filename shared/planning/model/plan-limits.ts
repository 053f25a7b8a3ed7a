/** The limits of a plan: the settings, narrowed by the request. */
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { CostModel } from '#shared/kernel/costs.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { Money } from '#shared/kernel/money.ts';
import { coarserLot, type Quantity } from '#shared/kernel/quantity.ts';
import { amount } from './formatting.ts';

/**
 * Years over which the cost of an order is spread. A plan pays once and earns every year, so with 1
 * it must be worthwhile within a year.
 */
export const COST_HORIZON_YEARS = 1;

/**
 * Prices move between plan and fill. This share of what has been traded stays in cash above the
 * reserve, so that the last purchase can still be paid when the ones before it cost more.
 */
export const PRICE_MOVE_RATIO = 0.0025;

export interface PlanLimits {
  /** Gamma of mu'w - (gamma/2) w'Sw. */
  readonly riskAversion: number;
  readonly costs: CostModel;
  /** Least cash at every moment, as a share of the value. */
  readonly cashReserveRatio: number;
  /** Kept in any case, where it is more; absent: none. */
  readonly cashReserveAmount?: Money | undefined;
  readonly minimumOrder: Money;
  /** Largest order, as a share of the value. */
  readonly orderMaxRatio: number;
  /** The same in base currency, whatever the account holds; absent: none. */
  readonly orderMaxAmount?: Money | undefined;
  readonly ordersMax: number;
  /** Most bought and sold together, as a share of the value. */
  readonly turnoverMaxRatio: number;
  readonly weightMaxRatio: number;
  /** It is stricter than the policy; absent: it is not. */
  readonly weightIsNarrowed?: boolean | undefined;
  readonly sectorMaxRatio: number;
  readonly countryMaxRatio: number;
  /** Absent: none. */
  readonly currencyMaxRatio?: number | undefined;
  /** Of single securities, in place of the general limit. */
  readonly weightMaxBy?: ReadonlyMap<Isin, number> | undefined;
  /** Of single groups, by `groupKey`, in place of the general limit. */
  readonly groupMaxBy?: ReadonlyMap<string, number> | undefined;
  /** Most securities held; Infinity where nothing was said. */
  readonly positionsMax: number;
  readonly frozen: ReadonlySet<Isin>;
  /** Neither bought nor kept; absent: none. */
  readonly excluded?: ReadonlySet<Isin> | undefined;
  /** Last day on which the policy's restriction of a security holds; absent: for good. */
  readonly restrictedUntil?: ReadonlyMap<Isin, CalendarDay> | undefined;
  /** Oldest price to trade on. */
  readonly quoteAgeDaysMax: number;
  readonly sellOnly: ReadonlySet<Isin>;
  readonly noSells: boolean;
  /** Decimals of a quantity that policy and broker admit, 0: whole shares; absent: those of the lot. */
  readonly quantityDecimals?: number | undefined;
  /** What the broker accepts, where that differs between securities; of one that is not among them only whole shares. */
  readonly orderRules?:
    | ReadonlyMap<Isin, { readonly takesOrders: boolean; readonly takesFractions: boolean }>
    | undefined;
  /** Currencies that the broker takes orders in; absent: any. */
  readonly brokerCurrencies?: readonly Currency[] | undefined;
  /**
   * Under `specific` lots: the owner names them to the broker, which reports them (`named`), or the broker reports
   * none, so that sales take the oldest; absent under another method.
   */
  readonly specificLots?: 'named' | 'oldest' | undefined;
  /** The targets are the owner's own, and utility follows them. */
  readonly followsTargets?: boolean | undefined;
  /** Echoed in the answer, as the contract requires; it limits nothing. */
  readonly depth: number;
  /** Gain over holding that a plan must exceed, after cost, as a fraction a year. */
  readonly marginRatio: number;
  /** Deposit expected within the next month. */
  readonly monthlyDeposit: Money;
}

/** The lot that an order is a multiple of: the security's, or coarser where policy or broker want that. */
export function orderLot(limits: PlanLimits, lot: Quantity, isin: Isin): Quantity {
  const decimals = orderDecimals(limits, isin);
  return decimals === undefined ? lot : coarserLot(lot, decimals);
}

/** Decimals of a quantity of a security in an order; undefined: those of its lot. */
export function orderDecimals(
  { quantityDecimals, orderRules }: Pick<PlanLimits, 'quantityDecimals' | 'orderRules'>,
  isin: Isin,
): number | undefined {
  const isWhole = orderRules && !orderRules.get(isin)?.takesFractions;
  return isWhole ? 0 : quantityDecimals;
}

/** Why the broker takes no order in a security; undefined where it does. */
export function notTakenByBroker(
  { brokerCurrencies: taken, orderRules }: Pick<PlanLimits, 'brokerCurrencies' | 'orderRules'>,
  isin: Isin,
  currency: Currency,
): { readonly rule: 'broker-currency' | 'broker-refuses'; readonly reason: string } | undefined {
  if (taken && !taken.includes(currency))
    return {
      rule: 'broker-currency',
      reason: `It trades in ${currency}; the broker takes orders in ${taken.join(', ')} only.`,
    };
  return orderRules?.get(isin)?.takesOrders === false
    ? { rule: 'broker-refuses', reason: 'The broker takes no orders in it.' }
    : undefined;
}

/** Least cash: a share of the value, or the fixed amount where that is more. */
export function reserveOf(
  { cashReserveRatio, cashReserveAmount }: ReserveLimits,
  value: Money,
): Money {
  const share = value.multiply(Decimal.ofNumber(cashReserveRatio), 'up');
  if (!cashReserveAmount || share.compare(cashReserveAmount) >= 0) return share;
  return cashReserveAmount;
}

type ReserveLimits = Pick<PlanLimits, 'cashReserveRatio' | 'cashReserveAmount'>;

export interface OrderMax {
  /** In base currency. */
  readonly most: number;
  /** The setting that binds. */
  readonly setting: 'ORDER_VALUE_MAX' | 'MAXIMUM_ORDER_RATIO';
}

/**
 * Most that an order may be worth. Below the amount stays what a price may move until the order is checked.
 * @param value of the account, in base currency
 */
export function orderMaxOf(
  { orderMaxRatio, orderMaxAmount }: Pick<PlanLimits, 'orderMaxRatio' | 'orderMaxAmount'>,
  value: number,
): OrderMax {
  const share: OrderMax = { most: orderMaxRatio * value, setting: 'MAXIMUM_ORDER_RATIO' };
  if (!orderMaxAmount) return share;
  const most = orderMaxAmount.toEstimate() * (1 - PRICE_MOVE_RATIO);
  return most < share.most ? { most, setting: 'ORDER_VALUE_MAX' } : share;
}

/** Words on an order that this limit keeps from being larger. */
export function orderMaxText({ most, setting }: OrderMax, base: string): string {
  return `an order is worth at most ${amount(most, base)} (${setting})`;
}

/** A security's groups that limits are set on. */
export type GroupKind = 'sector' | 'country' | 'currency';

export function groupKey(kind: GroupKind, name: string): string {
  return `${kind} ${name}`;
}

/** Most that a security may take, as a share of the value. */
export function weightMaxOf(limits: PlanLimits, isin: Isin): number {
  return limits.weightMaxBy?.get(isin) ?? limits.weightMaxRatio;
}

/** Most that a group may take, as a share of the value. */
export function groupMaxOf(limits: PlanLimits, kind: GroupKind, name: string): number {
  const { sectorMaxRatio, countryMaxRatio, currencyMaxRatio = 1 } = limits;
  const general = { sector: sectorMaxRatio, country: countryMaxRatio, currency: currencyMaxRatio };
  return limits.groupMaxBy?.get(groupKey(kind, name)) ?? general[kind];
}

/** ` until 2027-03-31`, the last day included, where the policy's restriction of a security ends. */
export function restrictionEnd({ restrictedUntil }: PlanLimits, isin: Isin): string {
  const until = restrictedUntil?.get(isin);
  return until === undefined ? '' : ` until ${until}`;
}
