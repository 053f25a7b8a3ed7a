/**
 * The limits of one plan: the settings, narrowed by the request's `constraints`. A limit that guards
 * the account can only be made stricter; risk aversion is free within its range.
 *
 * | key                | means                                                     | form           |
 * |--------------------|-----------------------------------------------------------|----------------|
 * | `account`          | the account that is planned for                           | id             |
 * | `cashReserveRatio` | least cash; from the setting up                           | 0 to 1         |
 * | `depth`            | accepted, without effect: all lengths are tried            | 1 to 8         |
 * | `frozen`           | securities that are left alone                            | ISINs by comma |
 * | `maxOrders`        | most orders; up to the setting                            | whole number   |
 * | `maxTurnoverRatio` | most bought and sold; up to the setting                   | from 0         |
 * | `minimumOrder`     | smallest order in base currency; from the setting up      | decimal        |
 * | `noSells`          | sells nothing                                             | true, false    |
 * | `riskAversion`     | gamma                                                     | 0.01 to 1000   |
 * | `sellOnly`         | securities that are not bought                            | ISINs by comma |
 * | `weightMaxRatio`   | most that one security may take; up to the setting        | 0 to 1         |
 */
import { orderCurrencies } from '#shared/clients/broker/order-currencies.ts';
import { reportsClosedLots } from '#shared/clients/broker/lot-reports.ts';
import { quantityDecimals } from '#shared/clients/broker/quantity-decimals.ts';
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import { costModelOf } from '#shared/kernel/costs.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { Failure, invalidRequest, type FieldViolation } from '#shared/kernel/failure.ts';
import { DEFAULT_ACCOUNT, parseAccountId, type AccountId } from '#shared/kernel/identifiers.ts';
import { parseIsin, type Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import type { RequestOf } from '#shared/contract/row.ts';
import type { Settings } from '#shared/process/settings.ts';
import type { planConstraints, planning } from '#shared/contract/planning.ts';
import type { EffectivePolicy } from '#shared/portfolio/model/policy/policy.ts';
import type { PolicyInForce } from '#shared/portfolio/policy/policy-in-force.ts';
import { groupKey, type PlanLimits } from './model/plan-limits.ts';

export type PlanRequest = RequestOf<typeof planning.createPlan>;
type ConstraintKey = (typeof planConstraints)[number];

/** @throws Failure INVALID_REQUEST naming the constraint */
export function accountOf({ constraints }: PlanRequest): AccountId {
  const given = new Constraints(constraints);
  const account = given.read('account', DEFAULT_ACCOUNT, parseAccountId);
  if (given.violations.length > 0) throw invalidRequest(...given.violations);
  return account;
}

/**
 * @param inForce the account's policy, and the settings under it
 * @throws Failure INVALID_REQUEST naming each wrong field, `constraints.<key>` for a constraint
 */
export function planLimits(
  request: PlanRequest,
  { settings, policy }: Pick<PolicyInForce, 'settings' | 'policy'>,
  base: Currency,
): PlanLimits {
  const given = new Constraints(request.constraints);
  const stated = narrowed(given, settings, base);
  const violations = [...given.violations, ...moneyViolations(request, base)];
  if (violations.length > 0) throw invalidRequest(...violations);
  const invested = request.targetAllocationPct > 0 ? request.targetAllocationPct / 100 : 1;
  const deposit = request.monthlyDeposit ?? Money.rounded(settings.monthlyDeposit, base, 'down');
  return {
    ...stated,
    ...policyLimits(policy, settings, stated, base),
    cashReserveRatio: Math.max(stated.cashReserveRatio, 1 - invested),
    costs: costModelOf(settings),
    orderMaxRatio: settings.maximumOrderRatio,
    orderMaxAmount: Money.rounded(settings.orderValueMax, base, 'down'),
    sectorMaxRatio: settings.sectorMaxRatio,
    countryMaxRatio: settings.countryMaxRatio,
    positionsMax: Math.min(
      request.maxPositions > 0 ? request.maxPositions : Infinity,
      policy.limits.positionsMax ?? Infinity,
    ),
    quoteAgeDaysMax: settings.quoteAgeDaysMax,
    marginRatio: settings.planMarginRatio,
    monthlyDeposit: deposit,
  };
}

/** With what may be traded in a day in base currency as a share of the value, where that is less. */
export function withinDayTurnover(
  limits: PlanLimits,
  { dayTurnoverMax }: Pick<Settings, 'dayTurnoverMax'>,
  value: Money,
): PlanLimits {
  if (!dayTurnoverMax || value.sign <= 0) return limits;
  const shareRatio = dayTurnoverMax.toEstimate() / value.toEstimate();
  return { ...limits, turnoverMaxRatio: Math.min(limits.turnoverMaxRatio, shareRatio) };
}

/** What the policy asks for beyond the settings. A request narrows it and never widens it. */
function policyLimits(
  policy: EffectivePolicy,
  settings: Pick<Settings, 'broker'>,
  stated: Pick<PlanLimits, 'frozen' | 'sellOnly' | 'weightMaxRatio'>,
  base: Currency,
): Partial<PlanLimits> {
  const { limits, cash, orders } = policy;
  const isNarrowed = stated.weightMaxRatio < limits.securityMaxRatio;
  const most = isNarrowed ? stated.weightMaxRatio : 1;
  const weights = Object.entries(limits.securities) as [Isin, number][];
  const groups = { sector: limits.sectors, country: limits.countries, currency: limits.currencies };
  return {
    frozen: new Set([...stated.frozen, ...policy.frozen]),
    sellOnly: new Set([...stated.sellOnly, ...policy.sellOnly]),
    excluded: new Set(policy.excluded),
    restrictedUntil: new Map(
      (Object.entries(policy.restrictedUntil) as [Isin, CalendarDay][]).filter(
        ([isin]) => !stated.frozen.has(isin) && !stated.sellOnly.has(isin),
      ),
    ),
    weightIsNarrowed: isNarrowed,
    weightMaxBy: new Map(weights.map(([isin, ratio]) => [isin, Math.min(ratio, most)])),
    groupMaxBy: new Map(
      (['sector', 'country', 'currency'] as const).flatMap((kind) =>
        Object.entries(groups[kind]).map(([name, ratio]) => [groupKey(kind, name), ratio] as const),
      ),
    ),
    currencyMaxRatio: limits.currencyMaxRatio,
    cashReserveAmount: Money.rounded(Decimal.parse(cash.reserveAmount), base, 'up'),
    brokerCurrencies: orderCurrencies(settings.broker, base),
    quantityDecimals: orders.fractionalShares ? quantityDecimals[settings.broker] : 0,
    specificLots:
      policy.tax.lotMethod === 'specific'
        ? reportsClosedLots.has(settings.broker)
          ? 'named'
          : 'oldest'
        : undefined,
    followsTargets: policy.targets !== undefined,
  };
}

function narrowed(given: Constraints, settings: Settings, base: Currency) {
  const { cashReserveRatio, dayTurnoverMaxRatio, weightMaxRatio } = settings;
  const planOrdersMax = Math.min(settings.planOrdersMax, settings.ordersPerDayMax);
  const smallest = Money.rounded(settings.minimumOrder, base, 'up');
  return {
    cashReserveRatio: given.read('cashReserveRatio', cashReserveRatio, (text) =>
      within(number(text), cashReserveRatio, 1),
    ),
    depth: given.read('depth', settings.planDepth, (text) => within(whole(text), 1, 8)),
    frozen: given.read('frozen', new Set<Isin>(), isins),
    ordersMax: given.read('maxOrders', planOrdersMax, (text) =>
      within(whole(text), 1, planOrdersMax),
    ),
    turnoverMaxRatio: given.read('maxTurnoverRatio', dayTurnoverMaxRatio, (text) =>
      within(number(text), 0, dayTurnoverMaxRatio),
    ),
    minimumOrder: given.read('minimumOrder', smallest, (text) => atLeast(text, smallest)),
    noSells: given.read('noSells', false, parseBoolean),
    riskAversion: given.read('riskAversion', settings.riskAversion, (text) =>
      within(number(text), 0.01, 1000),
    ),
    sellOnly: given.read('sellOnly', new Set<Isin>(), isins),
    weightMaxRatio: given.read('weightMaxRatio', weightMaxRatio, (text) =>
      within(number(text), 0, weightMaxRatio),
    ),
  };
}

/** Reads constraints one by one and gathers what is wrong with them. */
class Constraints {
  readonly violations: FieldViolation[] = [];
  private readonly given: ReadonlyMap<string, string>;

  constructor(given: ReadonlyMap<string, string>) {
    this.given = given;
  }

  read<T>(key: ConstraintKey, otherwise: T, parse: (text: string) => T): T {
    const text = this.given.get(key);
    if (text === undefined || text === '') return otherwise;
    try {
      return parse(text);
    } catch (thrown) {
      const { message } = Failure.from(thrown);
      this.violations.push({ field: `constraints.${key}`, message });
      return otherwise;
    }
  }
}

function moneyViolations(request: PlanRequest, base: Currency): readonly FieldViolation[] {
  const fields = ['availableCash', 'monthlyDeposit'] as const;
  return fields.flatMap((field) => {
    const currency = request[field]?.currency;
    return currency === undefined || currency === base
      ? []
      : [{ field, message: `is in the base currency, ${base}` }];
  });
}

function bad(message: string): never {
  throw new Failure('INVALID_REQUEST', message);
}

function number(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : bad('a number that is not negative');
}

function whole(text: string): number {
  const value = number(text);
  return Number.isInteger(value) ? value : bad('a whole number');
}

function within(value: number, least: number, most: number): number {
  return value >= least && value <= most ? value : bad(`from ${least} to ${most}`);
}

function atLeast(text: string, least: Money): Money {
  const money = Money.rounded(Decimal.parse(text), least.currency, 'up');
  return money.compare(least) >= 0 ? money : bad(`at least ${least}`);
}

function parseBoolean(text: string): boolean {
  return text === 'true' ? true : text === 'false' ? false : bad('true or false');
}

function isins(text: string): ReadonlySet<Isin> {
  return new Set(text.split(',').map((one) => parseIsin(one.trim())));
}
