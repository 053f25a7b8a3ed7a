/** The tax lots of a holding, as a plan counts on them, and the tax year so far. */
import { addDays, daysBetween, dayOf, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { Money } from '#shared/kernel/money.ts';
import type { Quantity } from '#shared/kernel/quantity.ts';
import type { Holding, LedgerEntry, Lot } from '#shared/portfolio/model/book.ts';
import { costOf, quantityOf } from '#shared/portfolio/model/booking.ts';
import { saleOrder } from '#shared/portfolio/model/lots.ts';
import type { PolicyTax } from '#shared/portfolio/model/policy/policy.ts';
import { gainRatioOf, taxesGains } from '#shared/portfolio/model/tax/tax-rules.ts';
import { yearSoFar, type TaxReport } from '#shared/portfolio/model/tax/tax-report.ts';
import type { PlanLimits } from '../plan-limits.ts';
import type { TaxLot, TaxYear } from './sale-tax.ts';

export interface LotTerms {
  readonly tax: PolicyTax;
  readonly asOf: CalendarDay;
  readonly currency: Currency;
  /** Of one share, in the account's currency. */
  readonly price: number;
  readonly specificLots: PlanLimits['specificLots'];
}

/**
 * In the order in which a sale is counted to take them; undefined where no gain is taxed. Where the owner names the
 * lots to the broker, those come first that cost the least tax a share.
 */
export function taxLotsOf(holding: Holding, terms: LotTerms): readonly TaxLot[] | undefined {
  const { tax, asOf, currency, price, specificLots } = terms;
  if (!taxesGains(tax)) return undefined;
  const mean = tax.lotMethod === 'average' && {
    cost: costOf(holding, currency),
    quantity: quantityOf(holding),
  };
  const lots = saleOrder(holding.lots, tax.lotMethod).map((lot) => taxLotOf(lot));
  return specificLots === 'named' ? byLeastTax(lots, price) : lots;

  function taxLotOf({ lotId, quantity, cost, acquiredAt, unitCost }: Lot): TaxLot {
    const acquiredOn = dayOf(acquiredAt);
    return {
      ...{ lotId, quantity, acquiredOn },
      cost: unitCost.amount.sign === 0 ? undefined : mean ? meanCost(mean, quantity) : cost,
      gainRatio: gainRatioOf(tax, daysBetween(acquiredOn, asOf)),
    };
  }
}

/** Of equal ones the older comes first. */
function byLeastTax(lots: readonly TaxLot[], price: number): readonly TaxLot[] {
  const taxEach = ({ cost, quantity, gainRatio }: TaxLot): number =>
    cost ? gainRatio * (price - cost.toEstimate() / quantity.toEstimate()) : 0;
  return [...lots].sort((a, b) => taxEach(a) - taxEach(b));
}

function meanCost(all: { readonly cost: Money; readonly quantity: Quantity }, part: Quantity) {
  const exact = all.cost.amount.multiply(part).divide(all.quantity, 12, 'half-even');
  return Money.rounded(exact, all.cost.currency, 'half-even');
}

export interface YearSources {
  /** What was realised and earned, by these rules; absent where no gain is taxed. */
  readonly taxReport?: TaxReport | undefined;
  readonly taxLedger: readonly LedgerEntry[];
  readonly tax: PolicyTax;
  readonly asOf: CalendarDay;
  readonly currency: Currency;
}

/** The year so far, with what the rule on wash sales may concern. */
export function taxYearOf(sources: YearSources): TaxYear | undefined {
  const { taxReport, taxLedger, tax, asOf, currency } = sources;
  if (!taxReport) return undefined;
  // A purchase may have undone the loss of a sale so many days before it already, which older purchases undid first.
  const since = addDays(asOf, -3 * tax.washSaleDays);
  return {
    day: asOf,
    figures: yearSoFar(taxReport, currency, tax, asOf),
    rules: tax,
    realised: taxReport.lots.filter(({ soldOn }) => soldOn >= since),
    ledger: taxLedger.filter(
      ({ kind, happenedAt }) => kind === 'buy' && dayOf(happenedAt) >= since,
    ),
  };
}
