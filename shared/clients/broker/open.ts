/** The broker the settings name. */
import type { MarketData } from '#shared/clients/market-data/market-data.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Database } from '#shared/redis/database.ts';
import type { Settings } from '#shared/runtime/settings.ts';
import type { Broker } from './broker.ts';
import { PaperBroker } from './paper/paper-broker.ts';

export interface BrokerSurroundings {
  readonly database: Database;
  readonly marketData: MarketData;
  readonly baseCurrency: Currency;
  now(): Instant;
}

export function openBroker(settings: Settings, around: BrokerSurroundings): Broker {
  return new PaperBroker(settings, around);
}
