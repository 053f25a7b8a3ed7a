/**
 * Maps between ISINs and Tradernet's symbols, by Tradernet's own search. A result must name both: a
 * symbol is never derived from another one.
 */
import { refused } from '#shared/kernel/failure.ts';
import { isIsin, type Isin } from '#shared/kernel/isin.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import type { OrderInstruction } from '../broker.ts';
import type { Unsupported } from '../capabilities.ts';
import { found } from './shapes.ts';
import type { TradernetApi } from './tradernet-api.ts';

export class TradernetInstruments {
  private readonly api: TradernetApi;
  private readonly currency: Currency;
  private readonly isins = new Map<string, Isin>();
  private readonly symbols = new Map<Isin, string>();

  constructor(api: TradernetApi, currency: Currency) {
    this.api = api;
    this.currency = currency;
  }

  /** Adds the instruments that a statement names. */
  learn(symbol: string, isin: string | null | undefined): void {
    if (isin && isIsin(isin)) this.isins.set(symbol, isin);
  }

  /**
   * The listing on which an order in the account's currency trades, or the reason why there is
   * none.
   */
  async forOrder(order: OrderInstruction, signal: AbortSignal): Promise<string | Unsupported> {
    const { isin } = order;
    const known = this.symbols.get(isin);
    if (known !== undefined) return known;
    const rows = await this.api.readPublic('tickerFinder', { text: isin }, found, signal);
    const listed = rows.filter((row) => row.isin === isin);
    const settled = listed.filter((row) => !row.x_curr || row.x_curr === this.currency);
    const named = settled.filter(({ t }) => t === order.symbol || t.startsWith(`${order.symbol}.`));
    const [only, ...more] = named.length > 0 ? named : settled;
    if (listed.length === 0)
      return { rule: 'security', detail: `It does not trade ${order.symbol} (${isin}).` };
    if (!only)
      return {
        rule: 'currency',
        detail: `${order.symbol} does not trade in ${this.currency}, the account's currency.`,
      };
    if (more.length > 0)
      return {
        rule: 'listing',
        detail: `${order.symbol} has several listings in ${this.currency}: ${[only, ...more].map(({ t }) => t).join(', ')}.`,
      };
    this.symbols.set(isin, only.t);
    this.learn(only.t, isin);
    return only.t;
  }

  /** Undefined where Tradernet names none, as for a currency or an option. */
  async find(symbol: string, signal: AbortSignal): Promise<Isin | undefined> {
    const known = this.isins.get(symbol);
    if (known !== undefined) return known;
    const rows = await this.api.readPublic('tickerFinder', { text: symbol }, found, signal);
    this.learn(symbol, rows.find((row) => row.t === symbol)?.isin);
    return this.isins.get(symbol);
  }

  /** @throws Failure REFUSED unknown-symbol */
  async isinOf(symbol: string, signal: AbortSignal): Promise<Isin> {
    const isin = await this.find(symbol, signal);
    if (isin !== undefined) return isin;
    throw refused(
      'unknown-symbol',
      `Tradernet shows ${symbol}, and names no ISIN for it; the account cannot be read.`,
      { symbol, broker: 'Tradernet' },
    );
  }
}
