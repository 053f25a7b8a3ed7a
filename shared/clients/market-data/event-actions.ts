/** Splits and dividends that a source lists, as corporate actions. */
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import { corporateAction, type CorporateAction } from '#shared/kernel/corporate-action.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Price, PRICE_DECIMALS_MAX } from '#shared/kernel/price.ts';
import { QUANTITY_DECIMALS_MAX } from '#shared/kernel/quantity.ts';
import type { MarketData, MarketEvent } from './market-data.ts';

/** @param from first day; empty where the source has no list */
export async function eventActions(
  marketData: MarketData,
  { isin, currency }: { readonly isin: Isin; readonly currency: Currency },
  from: CalendarDay,
  signal: AbortSignal,
): Promise<readonly CorporateAction[]> {
  const events = (await marketData.events?.(isin, from, signal)) ?? [];
  return events.filter(isReal).map((event) =>
    corporateAction({
      isin,
      day: event.day,
      source: marketData.name,
      ...termsOf(event, currency),
    }),
  );
}

function termsOf(event: MarketEvent, currency: Currency) {
  if (event.kind === 'split')
    return {
      kind: 'split',
      newShares: decimal(event.newShares, QUANTITY_DECIMALS_MAX),
      oldShares: decimal(event.oldShares, QUANTITY_DECIMALS_MAX),
    } as const;
  const amount = new Price(decimal(event.amount, PRICE_DECIMALS_MAX), currency);
  return { kind: 'dividend', amount } as const;
}

function isReal(event: MarketEvent): boolean {
  if (event.kind === 'dividend') return event.amount > 0;
  return event.newShares > 0 && event.oldShares > 0 && event.newShares !== event.oldShares;
}

function decimal(value: number, scale: number): Decimal {
  return Decimal.fromEstimate(value, scale, 'half-even').normalize();
}
