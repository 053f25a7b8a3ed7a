/** The owner's investment policy in a replay: the handlers find it stored, as in production. */
import { portfolio } from '#shared/contract/portfolio.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { taxReport, type YearOfTax } from '#shared/portfolio/model/tax/tax-report.ts';
import type { PolicyTax } from '#shared/portfolio/model/policy/policy.ts';
import { ledgerInBase } from '#shared/portfolio/other-cash.ts';
import { lastPolicy } from '#shared/portfolio/policy/policy-in-force.ts';
import { StoredBook } from '#shared/portfolio/stored-book.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';

/** @param document as docs/use/policy.md describes it; undefined: the settings alone */
export async function adoptPolicy(
  { functions }: Dependencies,
  document: string | undefined,
): Promise<void> {
  if (document === undefined) return;
  const { signal } = new AbortController();
  const options = { signal, requestId: 'policy', idempotencyKey: 'policy' };
  await functions.call(portfolio.updatePolicy, { document }, options);
}

export interface YearTax {
  readonly year: number;
  /** Less what was withheld. */
  readonly tax: number;
}

/** By tax year; nothing where the policy states no tax. */
export async function taxesOf(
  dependencies: Dependencies,
): Promise<{ readonly taxes?: readonly YearTax[] }> {
  const rules = await taxRulesOf(dependencies);
  if (!rules) return {};
  const years = await taxYearsOf(dependencies, rules);
  return {
    taxes: years.map((one) => ({ year: one.taxYear, tax: one.tax.toEstimate() })),
  };
}

/** Undefined where the policy states no tax. */
export async function taxRulesOf(dependencies: Dependencies): Promise<PolicyTax | undefined> {
  const { tax } = (await lastPolicy(dependencies, DEFAULT_ACCOUNT)).policy;
  return isTaxed(tax) ? tax : undefined;
}

/** Of what is booked so far, oldest first. */
export async function taxYearsOf(
  { database, baseCurrency }: Dependencies,
  rules: PolicyTax,
): Promise<readonly YearOfTax[]> {
  const ledger = await new StoredBook(database, baseCurrency).ledger(DEFAULT_ACCOUNT);
  const { lines } = await ledgerInBase(new StoredMarket(database), ledger, baseCurrency);
  return taxReport(lines, baseCurrency, rules).years;
}

type Rate = 'gainRatio' | 'dividendRatio' | 'holdingPeriods';
type TaxRates = { readonly [K in Rate]?: PolicyTax[K] | undefined };

/** Whether a policy states a tax on gains or dividends. */
export function isTaxed({
  gainRatio = 0,
  dividendRatio = 0,
  holdingPeriods = [],
}: TaxRates = {}): boolean {
  return gainRatio > 0 || dividendRatio > 0 || holdingPeriods.some((one) => one.gainRatio > 0);
}
