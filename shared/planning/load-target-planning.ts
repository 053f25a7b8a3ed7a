/** Loads the inputs of a plan towards stated weights: the account and prices, no history. */
import { invalidRequest, refused } from '#shared/kernel/failure.ts';
import type { ExchangeRate } from '#shared/kernel/exchange-rate.ts';
import type { AccountId, PortfolioHash } from '#shared/kernel/identifiers.ts';
import { requireRate } from '#shared/kernel/exchange-rate.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import { wholeLots, type Quantity } from '#shared/kernel/quantity.ts';
import { liveOrder } from '#shared/trading/current-hash.ts';
import type { Book } from '#shared/portfolio/model/book.ts';
import { quantityHeld } from '#shared/portfolio/model/booking.ts';
import type { PolicyTax } from '#shared/portfolio/model/policy/policy.ts';
import type { TaxWarning } from '#shared/portfolio/model/tax/tax-warnings.ts';
import { portfolioHash } from '#shared/portfolio/model/portfolio-hash.ts';
import { policyInForce } from '#shared/portfolio/policy/policy-in-force.ts';
import { StoredBook } from '#shared/portfolio/stored-book.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { otherCashOf } from '#shared/portfolio/other-cash.ts';
import { StoredOrders } from '#shared/trading/stored-orders.ts';
import type { Quote } from '#shared/universe/model/market-view.ts';
import { isTradable, type Security } from '#shared/universe/model/security.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';
import { keptHoldings } from './kept-holdings.ts';
import { loadTaxes } from './load-taxes.ts';
import { taxLotsOf, taxYearOf } from './model/taxes/account-taxes.ts';
import { keptInstrument } from './model/kept-holding.ts';
import { notTakenByBroker, orderDecimals, orderLot, type PlanLimits } from './model/plan-limits.ts';
import type { TargetInstrument, TargetProblem } from './model/search/target-problem.ts';
import { withBrokerRules } from './broker-rules.ts';
import { accountOf, planLimits, type PlanRequest } from './plan-constraints.ts';
import { requirePresent } from './load-planning.ts';
import { isWhatIf } from './stated-book.ts';

export interface LoadedTargetPlanning {
  readonly account: AccountId;
  readonly hash: PortfolioHash;
  readonly problem: TargetProblem;
  /** 0 where no policy is stored and the settings are in force. */
  readonly policyVersion: number;
  /** A sentence for each balance in another currency. */
  readonly warnings: readonly string[];
  /** Tax warnings against trading single securities. */
  readonly taxWarnings: readonly TaxWarning[];
}

/**
 * @throws Failure INVALID_REQUEST naming a security of the weights that cannot be traded; REFUSED
 *   stale-portfolio, price-missing for a weight above 0 without a price, exchange-rate-missing
 */
export async function loadTargetPlanning(
  dependencies: Dependencies,
  request: PlanRequest,
): Promise<LoadedTargetPlanning> {
  const { database, baseCurrency } = dependencies;
  const account = accountOf(request);
  const inForce = await policyInForce(dependencies, account);
  const { settings, policy, written, version } = inForce;
  const stated = planLimits(request, inForce, baseCurrency);
  const limits = await withBrokerRules(stated, database, settings);
  if (isWhatIf(request))
    throw invalidRequest({
      field: 'targetWeights',
      message: 'are for the booked account, without positions or available cash beside them',
    });
  const books = new StoredBook(database, baseCurrency);
  const [book, ledger] = await Promise.all([books.book(account), books.ledger(account)]);
  const live = await new StoredOrders(database).liveOrders(account);
  const hash = portfolioHash(book, live.map(liveOrder), { costs: settings, policy: written });
  requirePresent(request, hash);
  const today = dependencies.marketData.today(dependencies.now());
  const terms = { limits, tax: policy.tax, today };
  const listed = await loadInstruments(dependencies, book, request, terms);
  const instruments = [...listed, ...(await keptInstruments(dependencies, book, listed))];
  const market = new StoredMarket(database);
  const otherCash = await otherCashOf(market, book, today);
  const taxes = await loadTaxes(market, book, ledger, policy.tax, today);
  const { taxWarnings } = taxes;
  const problem = {
    ...{ base: baseCurrency, day: today, cash: book.cash, instruments, limits },
    otherCash: otherCash.value,
    taxYear: taxYearOf({ ...taxes, tax: policy.tax, asOf: today, currency: book.currency }),
    live: new Set(live.map(({ isin }) => isin)),
  };
  return {
    ...{ account, hash, problem, policyVersion: version },
    ...{ warnings: otherCash.notes, taxWarnings },
  };
}

async function loadInstruments(
  { database, baseCurrency }: Dependencies,
  book: Book,
  { targetWeights }: PlanRequest,
  { limits, tax, today }: Terms,
): Promise<TargetInstrument[]> {
  const market = new StoredMarket(database);
  const securities = await market.securities();
  requireTradable(securities, targetWeights);
  const concerned = securities.filter(
    ({ isin }) => targetWeights.has(isin) || quantityHeld(book, isin).sign > 0,
  );
  const quotes = await market.quotes(concerned.map(({ isin }) => isin));
  const currencies = concerned.map(({ currency }) => currency);
  const rates = await market.rates(baseCurrency, currencies, today);
  return concerned.flatMap((security) => {
    const [quote, target = 0] = [quotes.get(security.isin), targetWeights.get(security.isin)];
    if (!quote) return target > 0 ? refusePriceless(security) : [];
    const rate = requireRate(rates, security.currency);
    const held = quantityHeld(book, security.isin);
    const taxLots = lotsOf(book, security.isin, { quote, rate }, { limits, tax, today });
    return [{ ...instrumentOf(security, { quote, rate, held, target, limits }), taxLots }];
  });
}

interface Terms {
  readonly limits: PlanLimits;
  readonly tax: PolicyTax;
  readonly today: CalendarDay;
}

function lotsOf(
  book: Book,
  isin: Isin,
  { quote, rate }: Pick<Found, 'quote' | 'rate'>,
  { limits, tax, today }: Terms,
) {
  const holding = book.holdings.get(isin);
  const price = quote.price.amount.multiply(rate.rate).toEstimate();
  const { specificLots } = limits;
  const terms = { tax, asOf: today, currency: book.currency, price, specificLots };
  return holding && taxLotsOf(holding, terms);
}

function refusePriceless({ isin, symbol }: Security): never {
  throw refused('price-missing', `There is no stored price of ${symbol}.`, { isins: [isin] });
}

/** What is held beside: nobody prices it, so that it counts at its last known value and stays. */
async function keptInstruments(
  dependencies: Dependencies,
  book: Book,
  listed: readonly TargetInstrument[],
): Promise<TargetInstrument[]> {
  const known = new Set(listed.map(({ isin }) => isin));
  const others = [...book.holdings.values()]
    .filter(({ isin, lots }) => lots.length > 0 && !known.has(isin))
    .map(({ isin, symbol }) => ({ isin, symbol, reason: 'has no stored price' }));
  const kept = await keptHoldings(dependencies, book, others);
  return kept.map((one) => ({ ...keptInstrument(one, book), buys: false, sells: false }));
}

function requireTradable(
  securities: readonly Security[],
  targets: ReadonlyMap<Isin, number>,
): void {
  const tradable = new Set(securities.filter(isTradable).map(({ isin }) => isin));
  const unknown = [...targets.keys()].filter((isin) => !tradable.has(isin));
  if (unknown.length > 0)
    throw invalidRequest({
      field: 'targetWeights',
      message: `not in the universe: ${unknown.join(', ')}`,
    });
}

interface Found {
  readonly quote: Quote;
  readonly rate: ExchangeRate;
  readonly held: TargetInstrument['held'];
  readonly target: number;
  readonly limits: PlanLimits;
}

function instrumentOf(security: Security, found: Found): TargetInstrument {
  const { isin, symbol, exchange } = security;
  const { quote, rate, held, target, limits } = found;
  const closedBy = closureOf(security, held, limits);
  const isClosed =
    limits.frozen.has(isin) || notTakenByBroker(limits, isin, security.currency) !== undefined;
  const lot = orderLot(limits, security.lot, isin);
  const decimals = orderDecimals(limits, isin) ?? held.scale;
  return {
    ...{ isin, symbol, exchange, lot, rate, held, target, price: quote.price, closedBy },
    buys: closedBy === undefined || closedBy.rule === 'no-sells',
    sells: !isClosed && !limits.noSells,
    sellMost: held.normalize().scale > decimals ? wholeLots(held, lot) : held,
  };
}

/** What forbids an order in it, on one side or on both. */
function closureOf(security: Security, held: Quantity, limits: PlanLimits) {
  const { isin } = security;
  const closed = (rule: string, reason: string) => ({ rule, reason });
  if (limits.frozen.has(isin)) return closed('frozen', 'It is frozen, so that it is not traded.');
  const untaken = notTakenByBroker(limits, isin, security.currency);
  if (untaken) return untaken;
  if (limits.excluded?.has(isin)) return closed('excluded', 'The policy excludes it.');
  if (limits.sellOnly.has(isin) || !isTradable(security))
    return closed('sell-only', 'It may only be sold.');
  if (limits.noSells && held.sign > 0) return closed('no-sells', 'This plan does not sell.');
  return undefined;
}
