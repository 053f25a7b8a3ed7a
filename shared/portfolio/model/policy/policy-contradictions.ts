/** Contradictions and duplicates within a policy. */
import type { FieldViolation } from '#shared/kernel/failure.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { restrictions, type InvestmentPolicy, type TargetGroup } from './policy.ts';

const TOLERANCE = 1e-9;

export function policyContradictions(policy: InvestmentPolicy): readonly FieldViolation[] {
  return [
    ...listContradictions(policy),
    ...targetContradictions(policy),
    ...objectiveContradictions(policy),
    ...(policy.targets?.groups ?? []).flatMap(groupContradictions),
    ...periodContradictions(policy),
    ...trustContradictions(policy),
  ];
}

function listContradictions(policy: InvestmentPolicy): FieldViolation[] {
  const seen = new Map<Isin, string>();
  const complaints: FieldViolation[] = [];
  for (const list of restrictions)
    for (const [i, isin] of (policy[list] ?? []).entries()) {
      const before = seen.get(isin);
      if (before !== undefined)
        complaints.push({ field: `${list}[${i}]`, message: `${isin} is in ${before} already` });
      seen.set(isin, list);
    }
  for (const isin of Object.keys(policy.restrictedUntil ?? {}))
    if (!seen.has(isin as Isin))
      complaints.push({
        field: `restrictedUntil.${isin}`,
        message: `is in none of ${restrictions.join(', ')}`,
      });
  return complaints;
}

function targetContradictions(policy: InvestmentPolicy) {
  const { targets, excluded, restrictedUntil, cash, limits } = policy;
  if (!targets) return [];
  const securities = Object.entries(targets.securities ?? {});
  const complaints: FieldViolation[] = [];
  for (const [isin, weight] of securities) {
    const field = `targets.securities.${isin}`;
    const most = limits?.securities?.[isin];
    // Until a day: its weight stays in cash up to then.
    if (weight > 0 && excluded?.includes(isin as Isin) && !restrictedUntil?.[isin])
      complaints.push({ field, message: 'is excluded as well' });
    if (most !== undefined && weight > most)
      complaints.push({ field, message: `is above limits.securities.${isin}, ${most}` });
  }
  const weights = [...securities.map(([, weight]) => weight), ...groupWeights(targets.groups)];
  const sum = weights.reduce((all, weight) => all + weight, 0);
  const most = 1 - (cash?.reserveRatio ?? 0);
  if (weights.length === 0)
    complaints.push({ field: 'targets', message: 'names a security or a group' });
  if (sum > most + TOLERANCE)
    complaints.push({
      field: 'targets',
      message: `sum to ${rounded(sum)}, and ${rounded(most)} is left beside cash.reserveRatio`,
    });
  return complaints;
}

function groupWeights(groups: readonly TargetGroup[] = []): readonly number[] {
  return groups.map(({ weightRatio }) => weightRatio);
}

function rounded(value: number): number {
  return Number(value.toFixed(6));
}

function groupContradictions(group: TargetGroup, i: number): FieldViolation[] {
  const { sector, country, currency, isins } = group;
  const stated = [sector, country, currency, isins].filter((one) => one !== undefined);
  if (stated.length === 1 && isins?.length !== 0) return [];
  const message = 'says who belongs to it by one of sector, country, currency and isins';
  return [{ field: `targets.groups[${i}]`, message }];
}

function objectiveContradictions(policy: InvestmentPolicy): FieldViolation[] {
  const { objective, targets, targetReturnRatio, targetVolatilityRatio } = policy;
  if (objective !== undefined && targets)
    return [{ field: 'objective', message: 'has no effect beside targets; state one of them' }];
  if (objective === 'TARGET_RETURN' && targetReturnRatio === undefined)
    return [{ field: 'targetReturnRatio', message: 'is needed by TARGET_RETURN' }];
  if (objective === 'TARGET_RISK' && targetVolatilityRatio === undefined)
    return [{ field: 'targetVolatilityRatio', message: 'is needed by TARGET_RISK' }];
  return [];
}

function periodContradictions({ tax }: InvestmentPolicy): FieldViolation[] {
  const periods = tax?.holdingPeriods ?? [];
  return periods.flatMap(({ days }, i) =>
    days > (periods[i - 1]?.days ?? 0)
      ? []
      : [{ field: `tax.holdingPeriods[${i}].days`, message: 'is above 0 and rises in the list' }],
  );
}

function trustContradictions({ trust }: InvestmentPolicy): FieldViolation[] {
  if (trust?.level !== 'within-limits') return [];
  const { orderValueMax, dayValueMax } = trust;
  if (orderValueMax !== undefined || dayValueMax !== undefined) return [];
  const message = 'within-limits needs orderValueMax or dayValueMax';
  return [{ field: 'trust.level', message }];
}
