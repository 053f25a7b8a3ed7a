/** Loads the inputs of a plan: the account, its orders, and the market with its moments. */
import { refused } from '#shared/kernel/failure.ts';
import type { AccountId, PortfolioHash } from '#shared/kernel/identifiers.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import {
  estimateMoments,
  HISTORY_YEARS,
  type Moments,
} from '#shared/optimization/model/security-moments.ts';
import { liveOrder } from '#shared/trading/current-hash.ts';
import type { Book } from '#shared/portfolio/model/book.ts';
import { quantityOf } from '#shared/portfolio/model/booking.ts';
import { portfolioHash } from '#shared/portfolio/model/portfolio-hash.ts';
import { otherCashOf } from '#shared/portfolio/other-cash.ts';
import type { TaxWarning } from '#shared/portfolio/model/tax/tax-warnings.ts';
import { policyInForce } from '#shared/portfolio/policy/policy-in-force.ts';
import { StoredBook } from '#shared/portfolio/stored-book.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import type { Settings } from '#shared/process/settings.ts';
import { bestScored } from '#shared/scoring/best-scored.ts';
import { scoreUniverse, type UniverseScores } from '#shared/scoring/model/score-universe.ts';
import { StoredOrders } from '#shared/trading/stored-orders.ts';
import { loadMarketView } from '#shared/universe/load-market-view.ts';
import type { MarketView } from '#shared/universe/model/market-view.ts';
import { isTradable } from '#shared/universe/model/security.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';
import { keptHoldings } from './kept-holdings.ts';
import { loadTaxes } from './load-taxes.ts';
import { assembleProblem } from './model/assembly.ts';
import { orderMaxOf, orderMaxText, type PlanLimits } from './model/plan-limits.ts';
import { portfolioValue, type PlanningProblem } from './model/problem.ts';
import { withBrokerRules } from './broker-rules.ts';
import { accountOf, planLimits, withinDayTurnover, type PlanRequest } from './plan-constraints.ts';
import { isWhatIf, statedBook } from './stated-book.ts';

export interface LoadedPlanning {
  readonly account: AccountId;
  /** Of the portfolio that is planned for. */
  readonly hash: PortfolioHash;
  /** Without targets. */
  readonly problem: PlanningProblem;
  /** 0 where no policy is stored and the settings are in force. */
  readonly policyVersion: number;
  /** A sentence for each balance in another currency. */
  readonly otherCash: readonly string[];
  /** Tax warnings against trading single securities. */
  readonly taxWarnings: readonly TaxWarning[];
}

/** @throws Failure INVALID_REQUEST; REFUSED stale-portfolio, infeasible, exchange-rate-missing */
export async function loadPlanning(
  dependencies: Dependencies,
  request: PlanRequest,
): Promise<LoadedPlanning> {
  const { database, baseCurrency } = dependencies;
  const account = accountOf(request);
  const inForce = await policyInForce(dependencies, account);
  const { settings, policy, written, version } = inForce;
  const stated = planLimits(request, inForce, baseCurrency);
  const limits = await withBrokerRules(stated, database, settings);
  const terms = { costs: settings, policy: written };
  const books = new StoredBook(database, baseCurrency);
  const [booked, ledger, live] = await Promise.all([
    books.book(account),
    books.ledger(account),
    new StoredOrders(database).liveOrders(account),
  ]);
  const orders = live.map(liveOrder);
  requirePresent(request, portfolioHash(booked, orders, terms));
  const view = await loadView(dependencies, booked, request);
  const whatIf = isWhatIf(request);
  const book = whatIf ? statedBook(booked, request, view) : booked;
  const scores = scoreUniverse(view).scores;
  const lines = whatIf ? [] : ledger;
  const kept = await keptHoldings(dependencies, book, view.unpriced);
  const market = new StoredMarket(database);
  const otherCash = await otherCashOf(market, book, view.asOf);
  const taxes = await loadTaxes(market, book, ledger, policy.tax, view.asOf);
  const assembled = assembleProblem({
    otherCash: otherCash.value,
    ...{ book, view, kept, scores, limits: withPositions(limits, book, settings.planOrdersMax) },
    ...{ ledger: lines, taxReport: taxes.taxReport, taxLedger: taxes.taxLedger },
    moments: momentsAsOptimised(view, scores, settings, limits),
    live: new Set(live.map((trade) => trade.isin)),
    reserved: Money.sum(
      live.map((trade) => trade.reserved),
      baseCurrency,
    ),
    cooldownDays: settings.cooldownDays,
    minimumHoldDays: settings.minimumHoldDays,
    tax: policy.tax,
  });
  const within = withinDayTurnover(assembled.limits, settings, portfolioValue(assembled));
  const problem = { ...assembled, limits: within };
  requireFeasible(limits, problem, Money.rounded(settings.minimumOrder, baseCurrency, 'up'));
  const hash = portfolioHash(book, orders, terms);
  return {
    ...{ account, hash, problem, policyVersion: version },
    ...{ otherCash: otherCash.notes, taxWarnings: taxes.taxWarnings },
  };
}

/** A smallest order that the request asks for, above the largest one, leaves no order at all. */
function requireFeasible(
  { minimumOrder, ...limits }: PlanLimits,
  problem: PlanningProblem,
  usual: Money,
): void {
  const { most, setting } = orderMaxOf(limits, portfolioValue(problem).toEstimate());
  const isUsual = most <= 0 || minimumOrder.compare(usual) <= 0;
  if (isUsual || minimumOrder.toEstimate() <= most) return;
  const largest = orderMaxText({ most, setting }, problem.base);
  throw refused(
    'infeasible',
    `No order is smaller than ${minimumOrder} (constraints.minimumOrder), and ${largest}.`,
    { field: 'constraints.minimumOrder' },
  );
}

/** @throws Failure REFUSED stale-portfolio */
export function requirePresent(
  { portfolioHash: asked }: PlanRequest,
  present: PortfolioHash,
): void {
  if (asked === '' || asked === present) return;
  throw refused('stale-portfolio', `The portfolio is ${present} by now, not ${asked}.`, {
    portfolioHash: present,
  });
}

async function loadView(
  dependencies: Dependencies,
  book: Book,
  request: PlanRequest,
): Promise<MarketView> {
  const market = new StoredMarket(dependencies.database);
  const today = dependencies.marketData.today(dependencies.now());
  const all = (await market.securities()).filter(isTradable).map(({ isin }) => isin);
  const { candidatesMax } = dependencies.settings;
  const tradable = await bestScored(dependencies.database, all, candidatesMax, today);
  const held = [...book.holdings.values()].filter((one) => quantityOf(one).sign > 0);
  const isins: readonly Isin[] = [
    ...tradable,
    ...[...held, ...request.positions].map((p) => p.isin),
  ];
  return loadMarketView(market, {
    base: dependencies.baseCurrency,
    today,
    years: HISTORY_YEARS,
    isins: [...new Set(isins)],
  });
}

/** The moments behind the targets, so that plan and targets are consistent. */
function momentsAsOptimised(
  view: MarketView,
  scores: UniverseScores['scores'],
  { riskAversion, objective }: Settings,
  limits: PlanLimits,
): Moments {
  const uncertainMean = objective === 'BLACK_LITTERMAN' && !limits.followsTargets;
  return estimateMoments(view, { riskAversion, scores, uncertainMean }).moments;
}

/**
 * Where nothing was said, an account holds as many securities as one plan can buy, or as many as it
 * holds already: so that one plan invests a deposit wholly, and the next has nothing left to do.
 */
function withPositions(limits: PlanLimits, book: Book, ordersMax: number): PlanLimits {
  if (Number.isFinite(limits.positionsMax)) return limits;
  const held = [...book.holdings.values()].filter((one) => quantityOf(one).sign > 0).length;
  return { ...limits, positionsMax: Math.max(ordersMax, held) };
}
