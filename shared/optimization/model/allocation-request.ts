/**
 * Interprets a request for an allocation.
 *
 * - An entry of the targets with a target weight makes the list the target portfolio: the answer
 *   tracks it, securities that are not on the list have target 0 and are not bought, and the
 *   objective of the request does not matter.
 * - Otherwise entries are bounds on their securities, and all others stay free. A maximum of 0
 * beside
 *   a minimum is no maximum. An entry with nothing but zeros leaves its security out.
 * - A request without targets and without an objective asks for the targets of the account's
 * policy, or
 *   for its objective.
 * - What the request does not limit, the account's policy does; a stated bound takes the place of
 * the
 *   general one.
 */
import { invalidRequest, refused } from '#shared/kernel/failure.ts';
import type { Objective } from '#shared/kernel/objective.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { Money } from '#shared/kernel/money.ts';
import { reserveRatioOf } from '#shared/portfolio/model/policy/policy-cash.ts';
import { isTradable } from '#shared/universe/model/security.ts';
import { weightIn, type ValuedHoldings } from './account.ts';
import type { RequestedGoal } from './allocate.ts';
import type { AllocationLimits, SecurityBound } from './constraints.ts';
import type { Moments } from './security-moments.ts';
import { policyTargetWeights, type PolicyRules } from './policy-rules.ts';

export interface AllocationEntry {
  readonly isin: Isin;
  readonly targetWeight: number;
  readonly minWeight: number;
  readonly maxWeight: number;
}

export interface AllocationPreference {
  readonly targetAllocations: readonly AllocationEntry[];
  readonly constraints?:
    | {
        readonly maxPositions: number;
        readonly minPositionSize?: Money | undefined;
        readonly maxPositionSize?: Money | undefined;
        /** Bought plus sold; 0 is no limit. */
        readonly maxTurnoverPct: number;
      }
    | undefined;
  readonly objective: Objective | 'OBJECTIVE_UNSPECIFIED';
  /** 0 takes the policy's. */
  readonly riskAversion: number;
  readonly targetReturnRatio: number;
  readonly targetVolatilityRatio: number;
  readonly sectorLimits: ReadonlyMap<string, number>;
  readonly countryLimits: ReadonlyMap<string, number>;
  readonly cashReserveRatio?: number | undefined;
}

/** Values of the account's policy for fields that the request leaves open. */
export interface AllocationPolicy {
  readonly objective: Objective;
  readonly riskAversion: number;
  readonly cashReserveRatio: number;
  readonly weightMaxRatio: number;
  readonly sectorMaxRatio: number;
  readonly countryMaxRatio: number;
  /** Further preferences of the policy beyond the figures above; absent: none. */
  readonly rules?: PolicyRules | undefined;
}

/** The preference of a request that leaves all to the account's settings. */
export const noPreference: AllocationPreference = {
  targetAllocations: [],
  objective: 'OBJECTIVE_UNSPECIFIED',
  riskAversion: 0,
  targetReturnRatio: 0,
  targetVolatilityRatio: 0,
  sectorLimits: new Map(),
  countryLimits: new Map(),
};

/** @throws Failure INVALID_REQUEST naming the entry that contradicts itself */
export function checkEntries(entries: readonly AllocationEntry[]): void {
  const seen = new Set<Isin>();
  entries.forEach(({ isin, targetWeight, minWeight, maxWeight }, i) => {
    const bad = (field: string, message: string): never => {
      throw invalidRequest({ field: `targetAllocations[${i}].${field}`, message });
    };
    if (seen.has(isin)) bad('isin', 'is in the list twice');
    seen.add(isin);
    if (maxWeight > 0 && minWeight > maxWeight) bad('minWeight', 'is above maxWeight');
    if (targetWeight > 0 && targetWeight < minWeight) bad('targetWeight', 'is below minWeight');
    if (maxWeight > 0 && targetWeight > maxWeight) bad('targetWeight', 'is above maxWeight');
  });
  const total = entries.reduce((sum, { targetWeight }) => sum + targetWeight, 0);
  if (total > 1 + 1e-9)
    throw invalidRequest({
      field: 'targetAllocations',
      message: 'targetWeight sums to more than 1',
    });
}

/** @throws Failure INVALID_REQUEST naming a target figure that is needed */
export function goalOfPreference(
  preference: AllocationPreference,
  policy: AllocationPolicy,
  moments: Moments,
  account: ValuedHoldings,
): RequestedGoal {
  if (tracks(preference)) return { kind: 'TRACKING', weights: targetsOf(preference, moments) };
  const own = policyTargets(preference, policy, account, moments);
  if (own) return { kind: 'TRACKING', weights: own };
  const kind = chosenObjective(preference, policy);
  const { targetReturnRatio, targetVolatilityRatio } = policy.rules ?? {};
  switch (kind) {
    case 'TARGET_RETURN':
      return {
        kind,
        returnMin: needed('targetReturnRatio', preference.targetReturnRatio || targetReturnRatio),
      };
    case 'TARGET_RISK':
      return {
        kind,
        volatilityMax: needed(
          'targetVolatilityRatio',
          preference.targetVolatilityRatio || targetVolatilityRatio,
        ),
      };
    case 'MINIMUM_VOLATILITY':
    case 'MAXIMUM_SHARPE':
    case 'MAXIMUM_DIVERSIFICATION':
    case 'RISK_PARITY':
    case 'HRP':
      return { kind };
    case 'BLACK_LITTERMAN':
      return { kind, riskAversion: preference.riskAversion || policy.riskAversion };
    case 'QUADRATIC_UTILITY':
      return { kind, riskAversion: preference.riskAversion || policy.riskAversion };
  }
}

/** The objective that decides; the settings' where the request names none. */
export function chosenObjective(
  { objective }: Pick<AllocationPreference, 'objective'>,
  policy: Pick<AllocationPolicy, 'objective'>,
): Objective {
  return objective === 'OBJECTIVE_UNSPECIFIED' ? policy.objective : objective;
}

/** Whether the preference names a portfolio to track. */
export function tracks({
  targetAllocations,
}: Pick<AllocationPreference, 'targetAllocations'>): boolean {
  return targetAllocations.some(({ targetWeight }) => targetWeight > 0);
}

/** Whether the owner's own weights decide. */
export function followsPolicyTargets(
  preference: AllocationPreference,
  { rules }: AllocationPolicy,
): boolean {
  return (
    rules?.targets !== undefined &&
    preference.objective === 'OBJECTIVE_UNSPECIFIED' &&
    !tracks(preference)
  );
}

function policyTargets(
  preference: AllocationPreference,
  policy: AllocationPolicy,
  { listings }: ValuedHoldings,
  { isins }: Moments,
): Float64Array | undefined {
  if (!policy.rules || !followsPolicyTargets(preference, policy)) return undefined;
  const securities = isins.flatMap((isin) => listings.get(isin)?.security ?? []);
  const weights = policyTargetWeights(policy.rules, securities);
  return Float64Array.from(isins, (isin) => weights.get(isin) ?? 0);
}

/**
 * @throws Failure INVALID_REQUEST for a limit on a group that the universe does not have, or position sizes
 * in another currency than the account's; REFUSED history-missing for a requested security that cannot be
 * measured, and account-empty for position sizes in an account that is worth nothing
 */
export function limitsOfPreference(
  preference: AllocationPreference,
  policy: AllocationPolicy,
  moments: Moments,
  account: ValuedHoldings,
): AllocationLimits {
  requireMeasured(preference, moments);
  const securities = moments.isins.map((isin) => boundOf(preference, policy, account, isin));
  requireGroups('sectorLimits', preference.sectorLimits, account, 'sector');
  requireGroups('countryLimits', preference.countryLimits, account, 'country');
  const { constraints } = preference;
  const { rules } = policy;
  const measured = new Set(moments.isins);
  const unmeasured = [...account.values.keys()].filter((isin) => !measured.has(isin));
  return {
    securities,
    cashReserveRatio: preference.cashReserveRatio ?? reserveOf(policy, account),
    frozenWeight: unmeasured.reduce((sum, isin) => sum + weightIn(account, isin), 0),
    weightMaxRatio: policy.weightMaxRatio,
    sectorMaxRatio: policy.sectorMaxRatio,
    countryMaxRatio: policy.countryMaxRatio,
    sectorLimits: over(rules?.limits.sectors, preference.sectorLimits),
    countryLimits: over(rules?.limits.countries, preference.countryLimits),
    currencyLimits: over(rules?.limits.currencies),
    currencyMaxRatio: rules?.limits.currencyMaxRatio,
    turnoverMaxRatio: positive(constraints?.maxTurnoverPct, 1 / 100),
    countMax: positive(constraints?.maxPositions, 1),
    ...sizesOf(constraints, account),
  };
}

function boundOf(
  preference: AllocationPreference,
  policy: AllocationPolicy,
  account: ValuedHoldings,
  isin: Isin,
): SecurityBound {
  const security = account.listings.get(isin)?.security;
  const entry = preference.targetAllocations.find((one) => one.isin === isin);
  const currentWeight = weightIn(account, isin);
  const { rules } = policy;
  const stated = maximumOf(entry, policy, isin);
  const isClosed =
    (security && !isTradable(security)) ||
    rules?.sellOnly.includes(isin) ||
    (tracks(preference) && !entry);
  return {
    isin,
    symbol: security?.symbol ?? isin,
    sector: security?.sector,
    country: security?.country,
    currentWeight,
    currency: security?.currency,
    frozen: rules?.frozen.includes(isin),
    minWeight: entry?.minWeight,
    maxWeight: isClosed ? Math.min(currentWeight, stated ?? policy.weightMaxRatio) : stated,
  };
}

/** The maximum an entry or the policy states; undefined where the general one holds. */
function maximumOf(
  entry: AllocationEntry | undefined,
  { weightMaxRatio, rules }: AllocationPolicy,
  isin: Isin,
): number | undefined {
  if (rules?.excluded.includes(isin)) return 0;
  if (!entry) return rules?.limits.securities[isin];
  const { targetWeight, minWeight, maxWeight } = entry;
  if (maxWeight > 0) return maxWeight;
  const requested = Math.max(targetWeight, minWeight);
  if (requested === 0) return 0;
  return requested > weightMaxRatio ? requested : undefined;
}

/** @returns the later ones over the earlier ones */
function over(
  limits: Readonly<Record<string, number>> = {},
  stated: ReadonlyMap<string, number> = new Map(),
): ReadonlyMap<string, number> {
  return new Map([...Object.entries(limits), ...stated]);
}

function reserveOf(
  { rules, cashReserveRatio }: AllocationPolicy,
  { total }: ValuedHoldings,
): number {
  return rules ? Math.min(1, reserveRatioOf(rules, total.toEstimate())) : cashReserveRatio;
}

function targetsOf({ targetAllocations }: AllocationPreference, { isins }: Moments): Float64Array {
  const targets = new Map(targetAllocations.map((entry) => [entry.isin, entry.targetWeight]));
  return Float64Array.from(isins, (isin) => targets.get(isin) ?? 0);
}

function requireMeasured({ targetAllocations }: AllocationPreference, { isins }: Moments): void {
  const missing = targetAllocations
    .filter(({ targetWeight, minWeight }) => targetWeight > 0 || minWeight > 0)
    .find(({ isin }) => !isins.includes(isin));
  if (missing)
    throw refused(
      'history-missing',
      `There are too few prices of ${missing.isin} to measure its risk.`,
      { isin: missing.isin },
    );
}

function requireGroups(
  field: string,
  limits: ReadonlyMap<string, number>,
  account: ValuedHoldings,
  kind: 'sector' | 'country',
): void {
  const known = new Set([...account.listings.values()].map(({ security }) => security[kind]));
  for (const name of limits.keys())
    if (!known.has(name))
      throw invalidRequest({
        field: `${field}.${name}`,
        message: `no security of the universe has this ${kind}`,
      });
}

function sizesOf(
  constraints: AllocationPreference['constraints'],
  { total, base }: ValuedHoldings,
): { sizeMin?: number | undefined; sizeMax?: number | undefined } {
  const { minPositionSize: min, maxPositionSize: max } = constraints ?? {};
  for (const [name, size] of Object.entries({ minPositionSize: min, maxPositionSize: max }))
    if (size && size.currency !== base)
      throw invalidRequest({
        field: `constraints.${name}.currency`,
        message: `the account is kept in ${base}`,
      });
  const [least, most] = [min?.toEstimate() ?? 0, max?.toEstimate() ?? 0];
  if (least === 0 && most === 0) return {};
  if (total.sign <= 0)
    throw refused('account-empty', 'Position sizes mean nothing in an account without value.');
  const worth = total.toEstimate();
  return {
    sizeMin: positive(least, 1 / worth),
    sizeMax: most > 0 ? Math.min(1, most / worth) : undefined,
  };
}

/** A figure of which 0 means that there is none. */
function positive(value: number | undefined, factor: number): number | undefined {
  return value !== undefined && value > 0 ? value * factor : undefined;
}

function needed(field: string, value: number | undefined): number {
  if (!value) throw invalidRequest({ field, message: 'is needed for this objective' });
  return value;
}
