/** The owner's investment policy in a replay: the handlers find it stored, as in production. */
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { taxReport } from '#shared/portfolio/model/tax/tax-report.ts';
import type { PolicyTax } from '#shared/portfolio/model/policy/policy.ts';
import { lastPolicy } from '#shared/portfolio/policy/policy-in-force.ts';
import { PolicyStore } from '#shared/portfolio/policy/policy-store.ts';
import { StoredBook } from '#shared/portfolio/stored-book.ts';
import type { Dependencies } from '#shared/runtime/context.ts';

/** @param document as docs/policy.md describes it; undefined: the settings alone */
export async function adoptPolicy(
  { database, now }: Dependencies,
  document: string | undefined,
): Promise<void> {
  if (document === undefined) return;
  const version = {
    version: 1,
    document,
    changedAt: now(),
    source: 'operation',
    note: '',
  } as const;
  await new PolicyStore(database).add(DEFAULT_ACCOUNT, version);
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
  const { database, baseCurrency } = dependencies;
  const { tax } = (await lastPolicy(dependencies, DEFAULT_ACCOUNT)).policy;
  if (!isTaxed(tax)) return {};
  const ledger = await new StoredBook(database, baseCurrency).ledger(DEFAULT_ACCOUNT);
  const { years } = taxReport(ledger, baseCurrency, tax);
  return {
    taxes: years.map((one) => ({ year: one.taxYear, tax: one.tax.toEstimate() })),
  };
}

function isTaxed({ gainRatio, dividendRatio, holdingPeriods }: PolicyTax): boolean {
  return gainRatio > 0 || dividendRatio > 0 || holdingPeriods.some((one) => one.gainRatio > 0);
}
