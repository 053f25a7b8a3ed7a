/** Checks a policy against the account and the universe as they are. */
import { reportsClosedLots } from '#shared/clients/broker/lot-reports.ts';
import { dayOf } from '#shared/kernel/calendar-day.ts';
import { Failure } from '#shared/kernel/failure.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import type { Security } from '#shared/universe/model/security.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';
import { loadAccount } from '../account-view.ts';
import {
  policyBreaches,
  type PolicyAccount,
  type PolicyBreach,
} from '../model/policy/policy-breaches.ts';
import {
  endedRestrictions,
  processLimits,
  type EffectivePolicy,
  type InvestmentPolicy,
  type LimitedGroup,
} from '../model/policy/policy.ts';
import { accountValue, weightOf } from '../model/valuation.ts';
import { defaultPolicy } from './default-policy.ts';

export interface PolicyFindings {
  readonly breaches: PolicyBreach[];
  /** What is likely a mistake, or could not be checked. */
  readonly warnings: string[];
}

type Sources = Pick<Dependencies, 'database' | 'baseCurrency' | 'broker' | 'settings' | 'now'>;

/** @param stated the document as it was written; undefined where there is none */

export async function policyFindings(
  sources: Sources,
  accountId: AccountId,
  policy: EffectivePolicy,
  stated: InvestmentPolicy | undefined,
): Promise<PolicyFindings> {
  const securities = await new StoredMarket(sources.database).securities();
  const unknown = [
    ...unknownNames(policy, securities),
    ...raisedLimits(sources, stated),
    ...ended(sources, stated),
    ...lotsWithoutReport(sources, policy),
  ];
  try {
    const account = await policyAccount(sources, accountId, securities);
    return { breaches: [...policyBreaches(policy, account)], warnings: unknown };
  } catch (thrown) {
    const { code, message } = Failure.from(thrown);
    if (code !== 'REFUSED') throw thrown;
    const unchecked = `The account was not checked against the policy: ${message}`;
    return { breaches: [], warnings: [...unknown, unchecked] };
  }
}

/** A limit of the process cannot be raised; what stands above it has no effect. */
function raisedLimits({ settings }: Sources, stated: InvestmentPolicy | undefined): string[] {
  const { orders: most } = defaultPolicy(settings);
  return processLimits.flatMap((name) => {
    const value = stated?.orders?.[name];
    return value === undefined || value <= most[name]
      ? []
      : [`orders.${name} is ${value}; the settings of the process allow at most ${most[name]}.`];
  });
}

/** Lots that nobody reports are the oldest ones. */
function lotsWithoutReport({ settings: { broker } }: Sources, { tax }: EffectivePolicy): string[] {
  if (tax.lotMethod !== 'specific' || reportsClosedLots.has(broker)) return [];
  return [
    `tax.lotMethod is specific, and the broker ${broker} does not report which lots a sale closed: its sales take the oldest first; only an import may name others.`,
  ];
}

function ended(sources: Sources, stated: InvestmentPolicy | undefined): string[] {
  if (!stated?.restrictedUntil) return [];
  return endedRestrictions(stated, dayOf(sources.now())).map(
    (isin) =>
      `The restriction of ${isin} ended with ${stated.restrictedUntil?.[isin]}; it can be taken out.`,
  );
}

async function policyAccount(
  sources: Sources,
  accountId: AccountId,
  securities: readonly Security[],
): Promise<PolicyAccount> {
  const { book, quotes, rates } = await loadAccount(sources, accountId);
  const { total, values } = accountValue(book, quotes, rates);
  const known = new Map(securities.map((security) => [security.isin, security]));
  const holdings = [...values].map(([isin, value]) => {
    const { symbol = book.holdings.get(isin)?.symbol ?? isin, ...rest } = known.get(isin) ?? {};
    return { ...rest, isin, symbol, weight: weightOf(value, total) };
  });
  // The reserve is kept in the account's currency: other cash pays for nothing.
  return { holdings, cash: book.cash.toEstimate(), value: total.toEstimate() };
}

/** A limit on a group that nothing belongs to limits nothing; most often its name is misspelt. */
function unknownNames(policy: EffectivePolicy, securities: readonly Security[]): string[] {
  const { limits, targets, excluded, sellOnly, frozen } = policy;
  const isins = [
    ...Object.keys(limits.securities),
    ...Object.keys(targets?.securities ?? {}),
    ...(targets?.groups ?? []).flatMap((group) => group.isins ?? []),
    ...[...excluded, ...sellOnly, ...frozen],
  ];
  const known = new Set<string>(securities.map(({ isin }) => isin));
  const groups = (kind: LimitedGroup): string[] => {
    const there = new Set(securities.map((security) => security[kind] as string | undefined));
    const list = { sector: limits.sectors, country: limits.countries, currency: limits.currencies };
    const named = [
      ...Object.keys(list[kind]),
      ...(targets?.groups ?? []).flatMap((group) => group[kind] ?? []),
    ];
    return [...new Set(named)]
      .filter((name) => !there.has(name))
      .map((name) => `No security of the universe has the ${kind} ${name}.`);
  };
  return [
    ...[...new Set(isins)]
      .filter((isin) => !known.has(isin))
      .map((isin) => `${isin} is not in the universe.`),
    ...groups('sector'),
    ...groups('country'),
    ...groups('currency'),
  ];
}
