/** Loads the inputs of an optimisation: the market, and the account as stated or as booked. */
import { convert, requireRate } from '#shared/kernel/exchange-rate.ts';
import { invalidRequest } from '#shared/kernel/failure.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import type { StatedPosition } from '#shared/contract/fields.ts';
import { Accounts } from '#shared/portfolio/accounts.ts';
import { quantityOf } from '#shared/portfolio/model/booking.ts';
import { StoredBook } from '#shared/portfolio/stored-book.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { bestScored } from '#shared/scoring/best-scored.ts';
import { loadMarketView } from '#shared/universe/load-market-view.ts';
import type { MarketView } from '#shared/universe/model/market-view.ts';
import { isTradable, type Security } from '#shared/universe/model/security.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';
import { valueAccount, type Account, type StatedHolding } from './model/account.ts';

/** Years of bars to load for moments: they are measured on five of trading days. */
export const HISTORY_YEARS = 5.1;

export interface OptimizationInputs {
  readonly view: MarketView;
  readonly account: Account;
}

/** ISINs of the request that must be known, by the field that names them. */
export type Mentioned = readonly (readonly [field: string, isin: Isin])[];

export interface StatedAccount {
  readonly accountId: AccountId;
  readonly currentPositions: readonly StatedPosition[];
  readonly availableCash?: Money | undefined;
}

/**
 * An account of which positions or cash are stated is just what is stated; with neither, it is the
 * book of the account.
 *
 * @throws Failure INVALID_REQUEST naming an unknown or repeated ISIN or a price in a wrong currency;
 * REFUSED price-missing, exchange-rate-missing
 */
export async function loadInputs(
  dependencies: Pick<Dependencies, 'database' | 'baseCurrency' | 'marketData' | 'now' | 'settings'>,
  stated: StatedAccount,
  mentioned: Mentioned,
  years: number,
): Promise<OptimizationInputs> {
  const market = new StoredMarket(dependencies.database);
  const securities = await market.securities();
  const known = new Map(securities.map((security) => [security.isin, security]));
  requireKnown([...mentioned, ...positionFields(stated)], known);
  const isStated = stated.currentPositions.length > 0 || stated.availableCash !== undefined;
  const booked = isStated ? undefined : await bookedAccount(dependencies, stated.accountId);
  const holdings = booked?.holdings ?? statedHoldings(stated, known);
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
  const cash = booked?.cash ?? stated.availableCash ?? Money.zero(view.base);
  const rates = await market.rates(view.base, [cash.currency], today);
  const inBase = convert(cash, requireRate(rates, cash.currency), 'down');
  return { view, account: valueAccount(view, holdings, inBase) };
}

async function bookedAccount(
  dependencies: Pick<Dependencies, 'database' | 'baseCurrency'>,
  accountId: AccountId,
): Promise<{ holdings: StatedHolding[]; cash: Money }> {
  await new Accounts(dependencies.database, dependencies.baseCurrency).require(accountId);
  const book = await new StoredBook(dependencies.database, dependencies.baseCurrency).book(
    accountId,
  );
  const holdings = [...book.holdings.values()].map((holding) => ({
    isin: holding.isin,
    quantity: quantityOf(holding),
  }));
  return { holdings, cash: book.cash };
}

function positionFields({ currentPositions }: StatedAccount): Mentioned {
  return currentPositions.map(({ isin }, i) => [`currentPositions[${i}].isin`, isin] as const);
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

function statedHoldings(
  { currentPositions }: StatedAccount,
  known: ReadonlyMap<Isin, Security>,
): StatedHolding[] {
  return currentPositions.map(({ isin, quantity, currentPrice }, i) => {
    const currency = known.get(isin)?.currency;
    if (currentPrice && currentPrice.currency !== currency)
      throw invalidRequest({
        field: `currentPositions[${i}].currentPrice`,
        message: `${isin} is quoted in ${currency}`,
      });
    return { isin, quantity, price: currentPrice };
  });
}
