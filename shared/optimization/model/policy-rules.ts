/** What an investment policy asks of an allocation beyond the settings. */
import type { Isin } from '#shared/kernel/isin.ts';
import type { EffectivePolicy, TargetGroup } from '#shared/portfolio/model/policy/policy.ts';
import { isTradable, type Security } from '#shared/universe/model/security.ts';

/** The parts of a policy that shape an allocation. */
export type PolicyRules = Pick<
  EffectivePolicy,
  | 'targets'
  | 'excluded'
  | 'sellOnly'
  | 'frozen'
  | 'limits'
  | 'cash'
  | 'targetReturnRatio'
  | 'targetVolatilityRatio'
>;

/**
 * The owner's weights by security; a group's weight is spread evenly over those of its securities that
 * have no weight of their own and may be bought. Where it has none, its weight stays in cash, and so does that of a
 * security while it is excluded.
 *
 * @param securities that can be measured
 */
export function policyTargetWeights(
  rules: Pick<PolicyRules, 'targets' | 'excluded' | 'sellOnly'>,
  securities: readonly Security[],
): ReadonlyMap<Isin, number> {
  const own = new Map<Isin, number>();
  const stated = rules.targets?.securities ?? {};
  for (const { isin } of securities) {
    const weight = stated[isin];
    if (weight !== undefined && !rules.excluded.includes(isin)) own.set(isin, weight);
  }
  const weights = new Map(own);
  for (const group of rules.targets?.groups ?? []) {
    const members = membersOf(group, securities).filter(
      ({ isin }) => stated[isin] === undefined && maybeBought(rules, isin),
    );
    for (const { isin } of members)
      weights.set(isin, (weights.get(isin) ?? 0) + group.weightRatio / members.length);
  }
  return weights;
}

function membersOf(group: TargetGroup, securities: readonly Security[]): readonly Security[] {
  const { sector, country, currency, isins } = group;
  return securities.filter(
    (one) =>
      isTradable(one) &&
      (sector === undefined || one.sector === sector) &&
      (country === undefined || one.country === country) &&
      (currency === undefined || one.currency === currency) &&
      (isins === undefined || isins.includes(one.isin)),
  );
}

function maybeBought(
  { excluded, sellOnly }: Pick<PolicyRules, 'excluded' | 'sellOnly'>,
  isin: Isin,
): boolean {
  return !excluded.includes(isin) && !sellOnly.includes(isin);
}
