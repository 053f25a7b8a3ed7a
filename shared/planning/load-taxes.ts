/** What a plan needs to know of the account's taxes: what the year holds, and what speaks against single trades. */
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Book, LedgerEntry } from '#shared/portfolio/model/book.ts';
import type { PolicyTax } from '#shared/portfolio/model/policy/policy.ts';
import { realisedLots } from '#shared/portfolio/model/tax/realised-lots.ts';
import { taxReport, type TaxReport } from '#shared/portfolio/model/tax/tax-report.ts';
import { taxesGains } from '#shared/portfolio/model/tax/tax-rules.ts';
import { taxWarnings, type TaxWarning } from '#shared/portfolio/model/tax/tax-warnings.ts';
import { withoutUndoneLines } from '#shared/portfolio/model/undone-lines.ts';
import { ledgerInBase } from '#shared/portfolio/other-cash.ts';
import type { StoredMarket } from '#shared/universe/stored-market.ts';

export interface LoadedTaxes {
  /** Absent where no gain is taxed. */
  readonly taxReport: TaxReport | undefined;
  readonly taxLedger: readonly LedgerEntry[];
  readonly taxWarnings: readonly TaxWarning[];
}

/** @param ledger of the account, also where the plan is for a stated `book` */
export async function loadTaxes(
  market: StoredMarket,
  book: Book,
  ledger: readonly LedgerEntry[],
  tax: PolicyTax,
  asOf: CalendarDay,
): Promise<LoadedTaxes> {
  const inBase = await ledgerInBase(market, ledger, book.currency);
  const taxed = taxesGains(tax) ? withoutUndoneLines(inBase.lines) : undefined;
  const report = taxed && taxReport(taxed, book.currency, tax);
  const realised = report?.lots ?? realisedLots(ledger, book.currency);
  return {
    taxReport: report,
    taxLedger: taxed ?? [],
    taxWarnings: taxWarnings(book, ledger, realised, tax, asOf),
  };
}
