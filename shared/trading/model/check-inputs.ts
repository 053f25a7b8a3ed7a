/** All inputs of the pre-trade checks. Unavailable data is undefined, and fails its check. */
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { CostModel } from '#shared/kernel/costs.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import type { Decimal } from '#shared/kernel/decimal.ts';
import type { ExchangeRate } from '#shared/kernel/exchange-rate.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { Money } from '#shared/kernel/money.ts';
import type { Price } from '#shared/kernel/price.ts';
import type { Quantity } from '#shared/kernel/quantity.ts';
import type { EffectivePolicy } from '#shared/portfolio/model/policy/policy.ts';
import type { PriceDoubt } from '#shared/universe/model/price-doubt.ts';
import type { Security } from '#shared/universe/model/security.ts';
import type { OrderDraft, OrderRecord, Violation } from './order-record.ts';
import type { TradingControl } from './trading-control.ts';

/** Limits the owner has set. Ratios are shares of the account's value. */
export interface CheckLimits {
  readonly costs: CostModel;
  /** Major units of the base currency. */
  readonly minimumOrder: Decimal;
  readonly maximumOrderRatio: number;
  /** Major units of the base currency. */
  readonly orderValueMax: Decimal;
  readonly dayTurnoverMaxRatio: number;
  /** Major units of the base currency; undefined where no such limit is set. */
  readonly dayTurnoverMax?: Decimal | undefined;
  /** Major units of the base currency; undefined where no such limit is set. */
  readonly dayLossMax?: Decimal | undefined;
  /** Of an average day's volume of the security; undefined where no such limit is set. */
  readonly volumeShareMaxRatio?: number | undefined;
  readonly ordersPerDayMax: number;
  readonly priceCollarRatio: number;
  readonly quoteAgeDaysMax: number;
  readonly cooldownDays: number;
  readonly minimumHoldDays: number;
}

/** The account as the broker shows it; cash is the balance before reservations. */
export interface AccountSnapshot {
  readonly cash: Money;
  readonly holdings: ReadonlyMap<Isin, Quantity>;
  readonly openOrders: readonly {
    readonly clientOrderId: string;
    readonly isin?: Isin | undefined;
    readonly side: 'BUY' | 'SELL';
    readonly remaining: Quantity;
    readonly reserved: Money;
  }[];
}

export interface CheckInputs {
  readonly order: OrderDraft;
  readonly base: Currency;
  readonly limits: CheckLimits;
  readonly policy: Pick<
    EffectivePolicy,
    'cash' | 'excluded' | 'sellOnly' | 'frozen' | 'restrictedUntil'
  >;
  /** Why the owner's policy is not known; undefined where it is. */
  readonly policyError?: string | undefined;
  readonly control: Pick<TradingControl, 'state' | 'reason'>;
  /** Prices are simulated, while the broker moves real money. */
  readonly realMoneyOnSimulatedPrices: boolean;
  /** Currencies that the broker takes orders in; undefined: any. */
  readonly brokerCurrencies?: readonly Currency[] | undefined;
  /** The current day of the market data. */
  readonly today: CalendarDay;
  readonly security: Security | undefined;
  readonly session: { readonly open: boolean; readonly reason: string } | undefined;
  readonly quote: { readonly price: Price; readonly day: CalendarDay } | undefined;
  /** What is doubtful about the security's prices. */
  readonly doubts: readonly PriceDoubt[];
  /** Security's currency into the base. */
  readonly rate: ExchangeRate | undefined;
  readonly account: AccountSnapshot | undefined;
  /** Cash and holdings in the base currency; undefined when one of them cannot be valued. */
  readonly accountValue: Money | undefined;
  /** Loss since the last day on record, negative for a gain; undefined where it is not measured. */
  readonly dayLoss?: Money | undefined;
  /** Shares of the security traded on an average day; undefined where it is not known or not asked. */
  readonly averageVolume?: number | undefined;
  /** Our other orders that are not in a final state. */
  readonly live: readonly OrderRecord[];
  /** Our other orders that were requested within a day. */
  readonly askedLately: readonly OrderRecord[];
  /** Days on which the security was sold. */
  readonly saleDays: readonly CalendarDay[] | undefined;
  /** What is held of the security, with the day it was bought. */
  readonly lots: readonly { readonly quantity: Quantity; readonly day: CalendarDay }[] | undefined;
}

export type Check = (inputs: CheckInputs) => readonly Violation[];

export const passed: readonly Violation[] = [];

export function fails(code: string, field: string, message: string): readonly Violation[] {
  return [{ code, field, message }];
}

/** A ratio in words, e.g. `2.5 %`. */
export function percent(ratio: number): string {
  return `${Number((ratio * 100).toFixed(2))} %`;
}
