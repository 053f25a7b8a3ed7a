/** Dependencies of the order engine: its stores, readers of other services, the broker. */
import type { Broker } from '#shared/clients/broker/broker.ts';
import type { MarketData } from '#shared/clients/market-data/market-data.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import type { Instant, SteadyTime } from '#shared/kernel/instant.ts';
import type { BookReader } from '#shared/portfolio/book-reader.ts';
import { lastPolicy, type LastPolicy } from '#shared/portfolio/policy/policy-in-force.ts';
import { StoredBook } from '#shared/portfolio/stored-book.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import type { Log } from '#shared/process/log.ts';
import type { Settings } from '#shared/process/settings.ts';
import type { MarketReader } from '#shared/universe/market-reader.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';
import type { ControlStore } from './control/control-store.ts';
import { openControl } from './guards/open-control.ts';
import { StoredOrders } from './stored-orders.ts';
import { OrderStore } from './order-store.ts';

export interface OrderDependencies {
  readonly store: OrderStore;
  readonly orders: StoredOrders;
  readonly control: ControlStore;
  readonly market: MarketReader;
  readonly book: BookReader;
  readonly broker: Broker;
  readonly marketData: MarketData;
  readonly settings: Settings;
  /** Of an account, as it is now. */
  policy(account: AccountId): Promise<LastPolicy>;
  readonly baseCurrency: Currency;
  readonly build: string;
  readonly log: Log;
  now(): Instant;
  steady(): SteadyTime;
}

export function openOrderDependencies(dependencies: Dependencies): OrderDependencies {
  const { database, settings, baseCurrency, broker, marketData, build, log } = dependencies;
  return {
    store: new OrderStore(database),
    orders: new StoredOrders(database),
    control: openControl(dependencies),
    market: new StoredMarket(database),
    book: new StoredBook(database, baseCurrency),
    broker,
    marketData,
    settings,
    policy: (account) => lastPolicy(dependencies, account),
    baseCurrency,
    build,
    log,
    now: () => dependencies.now(),
    steady: () => dependencies.steady(),
  };
}
