/** Puts the planning problem together from the book, the market and the targets. */
import { addDays, daysBetween, dayOf, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { present } from '#shared/kernel/assert.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { orderCost } from '#shared/kernel/costs.ts';
import { sum } from '#shared/quant/linear-algebra/matrix.ts';
import { requireRate, type ExchangeRate } from '#shared/kernel/exchange-rate.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { Money } from '#shared/kernel/money.ts';
import type { Price } from '#shared/kernel/price.ts';
import { impliedReturns } from '#shared/quant/estimation/black-litterman.ts';
import type { Moments } from '#shared/optimization/model/security-moments.ts';
import type { Book, Holding, LedgerEntry } from '#shared/portfolio/model/book.ts';
import { costOf, quantityOf } from '#shared/portfolio/model/booking.ts';
import type { PolicyTax } from '#shared/portfolio/model/policy/policy.ts';
import type { TaxReport } from '#shared/portfolio/model/tax/tax-report.ts';
import type { MarketView } from '#shared/universe/model/market-view.ts';
import { isTradable, type Security } from '#shared/universe/model/security.ts';
import { keptInstrument, type KeptHolding } from './kept-holding.ts';
import { COST_HORIZON_YEARS, orderLot, type PlanLimits } from './plan-limits.ts';
import { portfolioValue, type Instrument, type PlanningProblem } from './problem.ts';
import { cashReserve } from './settlement.ts';
import { taxLotsOf, taxYearOf, type LotTerms } from './taxes/account-taxes.ts';

/** All that was loaded for a plan. */
export interface PlanningInputs {
  readonly book: Book;
  /** In the order of booking. */
  readonly ledger: readonly LedgerEntry[];
  readonly view: MarketView;
  /** Holdings that the view has no price of. */
  readonly kept: readonly KeptHolding[];
  readonly moments: Moments;
  readonly scores: ReadonlyMap<Isin, { readonly total: number }>;
  /** Securities with an order on the way, and the cash such orders hold back. */
  readonly live: ReadonlySet<Isin>;
  readonly reserved: Money;
  /** Worth of cash in other currencies; absent where there is none. */
  readonly otherCash?: Money | undefined;
  readonly limits: PlanLimits;
  /** Days after a sale before the security is bought again, and after a purchase before it is sold. */
  readonly cooldownDays: number;
  readonly minimumHoldDays: number;
  /** Rules by which gains are taxed. */
  readonly tax: PolicyTax;
  /** What was realised and earned, by these rules; absent where no gain is taxed. */
  readonly taxReport?: TaxReport | undefined;
  /** The account's ledger, also where a plan is made for a stated portfolio. */
  readonly taxLedger: readonly LedgerEntry[];
}

/** The problem with all targets 0; `withTargets` sets them. */
export function assembleProblem(inputs: PlanningInputs): PlanningProblem {
  const { book, view, limits, kept } = inputs;
  const isKept = new Set(kept.map(({ isin }) => isin));
  const removed = view.securities.filter((one) => !isTradable(one)).map(({ isin }) => isin);
  return {
    day: view.asOf,
    base: view.base,
    cash: book.cash,
    otherCash: inputs.otherCash,
    reserved: inputs.reserved,
    live: inputs.live,
    instruments: [
      ...view.securities.map((one) => instrumentOf(inputs, one)),
      ...kept.map((one) => keptInstrument(one, book)),
    ],
    unpriced: view.unpriced.filter(({ isin }) => !isKept.has(isin)),
    doubts: view.doubts,
    moments: inputs.moments,
    taxYear: taxYearOf({ ...inputs, asOf: view.asOf, currency: book.currency }),
    limits: { ...limits, sellOnly: new Set([...limits.sellOnly, ...removed]) },
  };
}

/**
 * The problem with its targets. Where they are the owner's own, the expected returns become those that
 * the targets imply (gamma S t, so that utility is greatest at the targets), and the scores' are left.
 * @param targets shares of the value; a security without one has the target 0
 */
export function withTargets(
  problem: PlanningProblem,
  targets: ReadonlyMap<Isin, number>,
): PlanningProblem {
  const instruments = problem.instruments.map((one) => ({
    ...one,
    target: targets.get(one.isin) ?? 0,
  }));
  if (!problem.limits.followsTargets) return { ...problem, instruments };
  return { ...problem, instruments, moments: impliedBy(problem, targets) };
}

function impliedBy(problem: PlanningProblem, targets: ReadonlyMap<Isin, number>) {
  const { moments, limits } = problem;
  const weights = Float64Array.from(moments.isins, (isin) => targets.get(isin) ?? 0);
  const implied = impliedReturns(moments.covariance, weights, limits.riskAversion);
  const premium = cashPremium(problem, sum(weights));
  return { ...moments, expected: implied.map((value) => value + premium) };
}

/** Targets that sum to within this of all but the reserve leave no cash beside it. */
const FULL_TOLERANCE = 0.01;
/** The smallest order pays twice within a year, so that it does where it exceeds a target by a little, too. */
const PREMIUM_ORDERS = 2;
/** Cost of an order, as a share of it, up to which it is sensible where no smallest order says so. */
const SENSIBLE_COST_RATIO = 0.01;
/** However small the smallest order is, none is made for the premium alone that costs more of itself. */
const COST_RATIO_MAX = 0.02;

/**
 * What a year in cash costs where the owner wants none beside the reserve: the multiplier of the reserve, the same for
 * all securities, so that the targets stay the best weights (their own gain is of second order near them, and would
 * leave deposits idle). It is a multiple of what the smallest order costs; without a smallest order, of what a sensible
 * one costs.
 */
function cashPremium(problem: PlanningProblem, invested: number): number {
  const value = portfolioValue(problem).toEstimate();
  if (value <= 0) return 0;
  const reserve = cashReserve(problem).toEstimate() / value;
  if (invested < 1 - reserve - FULL_TOLERANCE) return 0;
  return (PREMIUM_ORDERS * smallestCostRatio(problem.limits)) / COST_HORIZON_YEARS;
}

function smallestCostRatio({ costs, minimumOrder }: PlanningProblem['limits']): number {
  if (minimumOrder.sign <= 0) return SENSIBLE_COST_RATIO;
  const cost = orderCost(costs, 'BUY', minimumOrder).total.toEstimate();
  return Math.min(cost / minimumOrder.toEstimate(), COST_RATIO_MAX);
}

/** Shares of the value by ISIN, those above 0. */
export function targetWeights({ instruments }: PlanningProblem): Readonly<Record<string, number>> {
  const aimedAt = instruments.filter(({ target }) => target > 0);
  return Object.fromEntries(aimedAt.map(({ isin, target }) => [isin, target]));
}

function instrumentOf(inputs: PlanningInputs, security: Security): Instrument {
  const { book, view, scores, limits } = inputs;
  const { isin } = security;
  const quote = present(view.quotes.get(isin), 'a priced security has a quote');
  const holding = book.holdings.get(isin);
  const rate = requireRate(view.rates, security.currency);
  return {
    isin,
    symbol: security.symbol,
    exchange: security.exchange,
    sector: security.sector,
    country: security.country,
    lot: orderLot(limits, security.lot, isin),
    price: quote.price,
    pricedOn: quote.day,
    rate,
    held: quantityOf(holding),
    locked: locked(inputs, holding),
    buyableFrom: buyableFrom(inputs, isin),
    unitCost: holding && unitCost(holding, book),
    taxLots: holding && taxLotsOf(holding, lotTerms(inputs, quote.price, rate)),
    target: 0,
    score: scores.get(isin)?.total,
    dividends: dividendsOf(inputs, isin),
  };
}

function lotTerms(
  { tax, view, book, limits }: PlanningInputs,
  { amount }: Price,
  { rate }: ExchangeRate,
): LotTerms {
  const price = amount.multiply(rate).toEstimate();
  const { specificLots } = limits;
  return { tax, asOf: view.asOf, currency: book.currency, price, specificLots };
}

function unitCost(holding: Holding, { currency }: Book): number | undefined {
  const quantity = quantityOf(holding).toEstimate();
  return quantity > 0 ? costOf(holding, currency).toEstimate() / quantity : undefined;
}

function locked({ view, minimumHoldDays }: PlanningInputs, holding: Holding | undefined): Decimal {
  const recentLots = (holding?.lots ?? []).filter(
    ({ acquiredAt }) => daysBetween(dayOf(acquiredAt), view.asOf) < minimumHoldDays,
  );
  return recentLots.reduce((sum, lot) => sum.add(lot.quantity), Decimal.zero).normalize();
}

function buyableFrom(
  { ledger, view, cooldownDays }: PlanningInputs,
  isin: Isin,
): CalendarDay | undefined {
  const sold = ledger.findLast(
    (entry) => entry.kind === 'sell' && entry.isin === isin && !entry.reverses,
  );
  if (!sold) return undefined;
  const from = addDays(dayOf(sold.happenedAt), cooldownDays);
  return from > view.asOf ? from : undefined;
}

/**
 * Paid since anything was last bought: a purchase puts the dividends before it to work. Those in another currency pay
 * for nothing.
 */
function dividendsOf({ book, ledger }: PlanningInputs, isin: Isin): number {
  const bought = ledger.findLastIndex((entry) => entry.kind === 'buy');
  return ledger
    .slice(bought + 1)
    .filter((entry) => entry.kind === 'dividend' && entry.isin === isin)
    .filter((entry) => entry.cash.currency === book.currency)
    .reduce((sum, entry) => sum + entry.cash.toEstimate(), 0);
}
