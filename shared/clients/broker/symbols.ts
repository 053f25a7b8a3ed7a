/**
 * Maps between ISINs and a broker's symbols, for brokers that do not support ISINs. The market data
 * lists both; a symbol that it does not list is never guessed.
 */
import { refused } from '#shared/kernel/failure.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { MarketData } from '../market-data/market-data.ts';

const AGE_MAX_MS = 3_600_000;

export class BrokerSymbols {
  private readonly marketData: Pick<MarketData, 'listing'>;
  private readonly nowMs: () => number;
  private loadedMs = Number.NEGATIVE_INFINITY;
  private isins: ReadonlyMap<string, Isin> = new Map();

  constructor(marketData: Pick<MarketData, 'listing'>, nowMs: () => number) {
    this.marketData = marketData;
    this.nowMs = nowMs;
  }

  async load(signal: AbortSignal): Promise<void> {
    if (Math.abs(this.nowMs() - this.loadedMs) < AGE_MAX_MS) return;
    const listing = await this.marketData.listing(signal);
    this.isins = new Map(listing.map(({ symbol, isin }) => [symbol, isin]));
    this.loadedMs = this.nowMs();
  }

  /** Undefined where the market data does not list the symbol. */
  find(symbol: string): Isin | undefined {
    return this.isins.get(symbol);
  }

  /** @throws Failure REFUSED unknown-symbol */
  isinOf(symbol: string, broker: string): Isin {
    const isin = this.find(symbol);
    if (isin !== undefined) return isin;
    throw refused(
      'unknown-symbol',
      `${broker} shows ${symbol}, which the market data does not list. Add it there; until then the account cannot be read.`,
      { symbol, broker },
    );
  }
}
