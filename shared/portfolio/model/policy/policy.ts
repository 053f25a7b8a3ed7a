/**
 * The investment policy: what the owner of an account wants. A policy states only what differs from
 * the settings; `effectivePolicy` fills in the rest. All values are plain JSON: fractions 0 to 1,
 * amounts as decimal text in the account's currency.
 */
import type { TrustLevel } from '#shared/kernel/trust-level.ts';
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { Objective } from '#shared/kernel/objective.ts';

/** A share of the value for several securities together, spread evenly over those there are. */
export interface TargetGroup {
  readonly name: string;
  readonly weightRatio: number;
  /** Exactly one of the four defines its members. */
  readonly sector?: string | undefined;
  readonly country?: string | undefined;
  readonly currency?: string | undefined;
  readonly isins?: readonly Isin[] | undefined;
}

export interface PolicyTargets {
  readonly securities: Readonly<Record<string, number>>;
  readonly groups: readonly TargetGroup[];
}

export interface PolicyLimits {
  readonly securityMaxRatio: number;
  readonly sectorMaxRatio: number;
  readonly countryMaxRatio: number;
  readonly currencyMaxRatio: number;
  /** Most securities held; undefined where nothing is said. */
  readonly positionsMax?: number | undefined;
  /** Of single ones, in place of the general limit. */
  readonly securities: Readonly<Record<string, number>>;
  readonly sectors: Readonly<Record<string, number>>;
  readonly countries: Readonly<Record<string, number>>;
  readonly currencies: Readonly<Record<string, number>>;
}

export interface PolicyCash {
  readonly reserveRatio: number;
  /** Kept in any case, where it is more than the ratio. */
  readonly reserveAmount: string;
  readonly monthlyDeposit: string;
}

export interface PolicyBand {
  readonly totalRatio: number;
  readonly positionRatio: number;
}

export interface PolicyOrders {
  readonly minimum: string;
  readonly maximumRatio: number;
  readonly dayTurnoverMaxRatio: number;
  readonly perDayMax: number;
  readonly perPlanMax: number;
  readonly switchingMarginRatio: number;
  readonly cooldownDays: number;
  readonly minimumHoldDays: number;
  /** Parts of shares, where the broker has them. */
  readonly fractionalShares: boolean;
}

export interface HoldingPeriod {
  /** From so many days after the purchase on. */
  readonly days: number;
  readonly gainRatio: number;
}

export interface PolicyTax {
  readonly lotMethod: 'fifo' | 'lifo' | 'hifo' | 'average' | 'specific';
  /** Tax on a realised gain. */
  readonly gainRatio: number;
  readonly dividendRatio: number;
  /** Gains and income of a tax year that are free. */
  readonly allowance: string;
  /** First day of a tax year, MM-DD. */
  readonly yearStartsOn: string;
  /** By days, ascending; the last one that is reached decides. */
  readonly holdingPeriods: readonly HoldingPeriod[];
  /** Losses of a year reduce its gains. */
  readonly lossesOffsetGains: boolean;
  /** What is left of them reduces the gains of later years. */
  readonly lossesCarriedForward: boolean;
  /** A loss does not count when the same security is bought so many days before or after; 0: no rule. */
  readonly washSaleDays: number;
}

export interface PolicyTrust {
  readonly level: TrustLevel;
  readonly orderValueMax?: string | undefined;
  readonly dayValueMax?: string | undefined;
  readonly ordersPerDayMax?: number | undefined;
  readonly monthTurnoverMaxRatio?: number | undefined;
  readonly drawdownMaxRatio?: number | undefined;
  /** Whether sales may be made without asking. */
  readonly sales: boolean;
}

export interface EffectivePolicy {
  readonly objective: Objective;
  readonly riskAversion: number;
  /** A year; needed by TARGET_RETURN and TARGET_RISK. */
  readonly targetReturnRatio?: number | undefined;
  readonly targetVolatilityRatio?: number | undefined;
  /** In place of an objective. */
  readonly targets?: PolicyTargets | undefined;
  /** Neither bought nor kept. */
  readonly excluded: readonly Isin[];
  /** Not bought; may be kept and sold. */
  readonly sellOnly: readonly Isin[];
  /** Not traded. */
  readonly frozen: readonly Isin[];
  /** By ISIN, the last day on which its place in one of the three lists holds; without one it holds for good. */
  readonly restrictedUntil: Readonly<Record<string, CalendarDay>>;
  readonly limits: PolicyLimits;
  readonly cash: PolicyCash;
  readonly band: PolicyBand;
  readonly orders: PolicyOrders;
  readonly tax: PolicyTax;
  readonly trust: PolicyTrust;
}

/** The lists that hold back a security. */
export const restrictions = ['excluded', 'sellOnly', 'frozen'] as const;

type Stated<T> = { readonly [K in keyof T]?: T[K] | undefined };
type Section = 'limits' | 'cash' | 'band' | 'orders' | 'tax' | 'trust';

/** As it is written: what is absent is left to the settings. */
export type InvestmentPolicy = Stated<Omit<EffectivePolicy, Section | 'targets'>> & {
  readonly [S in Section]?: Stated<EffectivePolicy[S]> | undefined;
} & { readonly targets?: Stated<PolicyTargets> | undefined };

export function effectivePolicy(
  policy: InvestmentPolicy,
  defaults: EffectivePolicy,
): EffectivePolicy {
  const { targets } = policy;
  return {
    ...over(defaults, { ...policy, targets: undefined } as Stated<EffectivePolicy>),
    targets: targets && { securities: targets.securities ?? {}, groups: targets.groups ?? [] },
    limits: over(defaults.limits, policy.limits),
    cash: over(defaults.cash, policy.cash),
    band: over(defaults.band, policy.band),
    orders: lowered(over(defaults.orders, policy.orders), defaults.orders),
    tax: over(defaults.tax, policy.tax),
    trust: over(defaults.trust, policy.trust),
  };
}

/** ISINs whose restriction has ended before a day, in the order in which they are written. */
export function endedRestrictions(
  { restrictedUntil = {} }: Pick<InvestmentPolicy, 'restrictedUntil'>,
  today: CalendarDay,
): readonly Isin[] {
  const days = Object.entries(restrictedUntil) as [Isin, CalendarDay][];
  return days.flatMap(([isin, last]) => (last < today ? [isin] : []));
}

/** The policy as it holds on a day: without the restrictions that have ended before it. */
export function policyOn(policy: InvestmentPolicy, today: CalendarDay): InvestmentPolicy {
  const ended = new Set<string>(endedRestrictions(policy, today));
  if (ended.size === 0) return policy;
  const days = Object.entries(policy.restrictedUntil ?? {}).filter(([isin]) => !ended.has(isin));
  const lists = restrictions.flatMap((list) =>
    policy[list] ? [[list, policy[list].filter((isin) => !ended.has(isin))] as const] : [],
  );
  return { ...policy, ...Object.fromEntries(lists), restrictedUntil: Object.fromEntries(days) };
}

/** Limits that guard the account: the settings of the process are the most that a policy may state. */
export const processLimits = ['maximumRatio', 'dayTurnoverMaxRatio', 'perDayMax'] as const;

function lowered(orders: PolicyOrders, most: PolicyOrders): PolicyOrders {
  const entries = processLimits.map((name) => [name, Math.min(orders[name], most[name])] as const);
  return { ...orders, ...Object.fromEntries(entries) };
}

function over<T extends object>(defaults: T, stated: Stated<T> = {}): T {
  const given = Object.entries(stated).filter(([, value]) => value !== undefined);
  return { ...defaults, ...(Object.fromEntries(given) as Partial<T>) };
}

/** The groups that limits are set on. */
export const limitedGroups = ['sector', 'country', 'currency'] as const;
export type LimitedGroup = (typeof limitedGroups)[number];

/** Most that a group may take, and where the policy says so. */
export function groupLimit(
  { limits }: Pick<EffectivePolicy, 'limits'>,
  kind: LimitedGroup,
  name: string,
): { readonly ratio: number; readonly field: string } {
  const [list, general] = groupFields[kind];
  const own = limits[list][name];
  return own === undefined
    ? { ratio: limits[general], field: `limits.${general}` }
    : { ratio: own, field: `limits.${list}.${name}` };
}

const groupFields = {
  sector: ['sectors', 'sectorMaxRatio'],
  country: ['countries', 'countryMaxRatio'],
  currency: ['currencies', 'currencyMaxRatio'],
} as const;

/** Most that a security may take, and where the policy says so. */
export function securityLimit(
  { limits }: Pick<EffectivePolicy, 'limits'>,
  isin: Isin,
): { readonly ratio: number; readonly field: string } {
  const own = limits.securities[isin];
  return own === undefined
    ? { ratio: limits.securityMaxRatio, field: 'limits.securityMaxRatio' }
    : { ratio: own, field: `limits.securities.${isin}` };
}
