/** Loads the inputs of an optimisation: the market, and the account as stated or as booked. */
import { convert, requireRate } from '#shared/kernel/exchange-rate.ts';
import { invalidRequest } from '#shared/kernel/failure.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import type { StatedPosition } from '#shared/contract/fields.ts';
import { loadPrices } from '#shared/portfolio/account-view.ts';
import { Accounts } from '#shared/portfolio/accounts.ts';
import type { Book } from '#shared/portfolio/model/book.ts';
import { quantityOf } from '#shared/portfolio/model/booking.ts';
import { otherCashOf } from '#shared/portfolio/other-cash.ts';
import { StoredBook } from '#shared/portfolio/stored-book.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { bestScored } from '#shared/scoring/best-scored.ts';
import { loadMarketView } from '#shared/universe/load-market-view.ts';
import type { MarketView } from '#shared/universe/model/market-view.ts';
import { isTradable, type Security } from '#shared/universe/model/security.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';
import { valueAccount, type ValuedHoldings, type PricedHolding } from './model/account.ts';

export interface OptimizationInputs {
  readonly view: MarketView;
  readonly account: ValuedHoldings;
}

/** ISINs of the request that must be known, by the field that names them. */
export type Mentioned = readonly (readonly [field: string, isin: Isin])[];

export interface StatedAccount {
  readonly accountId: AccountId;
  readonly currentPositions: readonly StatedPosition[];
  readonly availableCash?: Money | undefined;
}

type Sources = Pick<
  Dependencies,
  'database' | 'baseCurrency' | 'broker' | 'marketData' | 'now' | 'settings'
>;

/**
 * An account of which positions or cash are stated is just what is stated; with neither, it is the
 * book of the account.
 *
 * A holding that nobody prices counts at its last known value, stated as its current price or booked,
 * and stays.
 *
 * @throws Failure INVALID_REQUEST naming an unknown or repeated ISIN or a price in a wrong currency;
 * REFUSED price-missing, exchange-rate-missing
 */
export async function loadInputs(
  dependencies: Sources,
  stated: StatedAccount,
  mentioned: Mentioned,
  years: number,
): Promise<OptimizationInputs> {
  const market = new StoredMarket(dependencies.database);
  const securities = await market.securities();
  const known = new Map(securities.map((security) => [security.isin, security]));
  requireKnown([...mentioned, ...positionFields(stated, known)], known);
  const isStated = stated.currentPositions.length > 0 || stated.availableCash !== undefined;
  const book = isStated ? undefined : await bookOf(dependencies, stated.accountId);
  const holdings = book ? bookedHoldings(book) : statedHoldings(stated);
  const today = dependencies.marketData.today(dependencies.now());
  const held = holdings.filter(({ quantity }) => quantity.sign > 0).map(({ isin }) => isin);
  const { database, settings } = dependencies;
  const all = securities.filter(isTradable).map(({ isin }) => isin);
  const tradable = await bestScored(database, all, settings.candidatesMax, today);
  const isins = [...new Set([...tradable, ...held, ...mentioned.map(([, isin]) => isin)])];
  const view = await loadMarketView(market, {
    base: dependencies.baseCurrency,
    today,
    years,
    isins,
  });
  requireQuoted(stated, known, view);
  const valued = book ? await withLastPrices(dependencies, book, holdings, view) : holdings;
  const cash = book?.cash ?? stated.availableCash ?? Money.zero(view.base);
  const rates = await market.rates(view.base, [cash.currency], today);
  const inBase = convert(cash, requireRate(rates, cash.currency), 'down');
  const otherCash = book && (await otherCashOf(market, book, today)).value;
  return { view, account: valueAccount(view, valued, inBase, otherCash) };
}

async function bookOf({ database, baseCurrency }: Sources, accountId: AccountId): Promise<Book> {
  await new Accounts(database, baseCurrency).require(accountId);
  return new StoredBook(database, baseCurrency).book(accountId);
}

function bookedHoldings({ holdings }: Book): PricedHolding[] {
  return [...holdings.values()].map((holding) => ({
    isin: holding.isin,
    quantity: quantityOf(holding),
  }));
}

/** What the view has no price of gets its last stored one, or what it cost. */
async function withLastPrices(
  sources: Sources,
  book: Book,
  holdings: readonly PricedHolding[],
  view: MarketView,
): Promise<readonly PricedHolding[]> {
  const unpriced = view.unpriced.map(({ isin }) => isin).filter((isin) => book.holdings.has(isin));
  if (unpriced.length === 0) return holdings;
  const { quotes } = await loadPrices(sources, unpriced, book);
  return holdings.map((one) => ({ ...one, price: quotes.get(one.isin)?.price }));
}

/** A security that the universe does not have may be held, where its price is stated. */
function positionFields(
  { currentPositions }: StatedAccount,
  known: ReadonlyMap<Isin, Security>,
): Mentioned {
  return currentPositions.flatMap(({ isin, currentPrice }, i) =>
    known.has(isin) || !currentPrice ? [[`currentPositions[${i}].isin`, isin] as const] : [],
  );
}

function requireKnown(mentioned: Mentioned, known: ReadonlyMap<Isin, Security>): void {
  const seen = new Map<Isin, string>();
  for (const [field, isin] of mentioned) {
    if (!known.has(isin))
      throw invalidRequest({ field, message: `${isin} is not in the universe` });
    const list = field.split('[')[0] ?? field;
    if (seen.get(isin) === list && list !== 'orders')
      throw invalidRequest({ field, message: `${isin} is in the list twice` });
    seen.set(isin, list);
  }
}

function statedHoldings({ currentPositions }: StatedAccount): PricedHolding[] {
  return currentPositions.map(({ isin, quantity, currentPrice }) => ({
    isin,
    quantity,
    price: currentPrice,
  }));
}

/** The last known value of what nobody prices may be stated in the base currency, as what it cost. */
function requireQuoted(
  { currentPositions }: StatedAccount,
  known: ReadonlyMap<Isin, Security>,
  { base, quotes }: MarketView,
): void {
  for (const [i, { isin, currentPrice }] of currentPositions.entries()) {
    const currency = known.get(isin)?.currency;
    if (!currentPrice || currency === undefined || currentPrice.currency === currency) continue;
    if (!quotes.has(isin) && currentPrice.currency === base) continue;
    throw invalidRequest({
      field: `currentPositions[${i}].currentPrice`,
      message: `${isin} is quoted in ${currency}`,
    });
  }
}
