/** A past arrives on a thread as it was sent, its exact amounts among the rest. */
import type { CorporateAction } from '#shared/kernel/corporate-action.ts';
import { parseDay } from '#shared/kernel/calendar-day.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { parseIsin } from '#shared/kernel/isin.ts';
import { Price } from '#shared/kernel/price.ts';
import type { Past } from '#shared/replay/past.ts';
import { receivedPast, sentPast } from '#shared/replay/sent-past.ts';

test('bars, rates and actions arrive as they were', () => {
  const isin = parseIsin('US0378331005');
  const day = parseDay('2021-03-01');
  const prices = { open: 1.5, high: 2, low: 1, close: 1.75, adjustedClose: 1.7 };
  const common = { isin, day, source: 'file' } as const;
  const shares = { newShares: Decimal.parse('2'), oldShares: Decimal.parse('1.50') };
  const actions: readonly CorporateAction[] = [
    { ...common, actionId: 's', kind: 'split', ...shares },
    { ...common, actionId: 'd', kind: 'dividend', amount: Price.parse('0.123', 'EUR') },
  ];
  const past: Past = {
    securities: [],
    bars: new Map([[isin, [{ day, ...prices, volume: 10 }]]]),
    rates: new Map([['USD-EUR', [{ day, rate: 0.9 }]]]),
    fundamentals: new Map([[isin, { asOf: day, peRatio: 12 }]]),
    actions: new Map([[isin, actions]]),
    benchmark: isin,
  };
  const received = receivedPast(structuredClone(sentPast(past)));
  expect(received).toEqual(past);
  const [, dividend] = received.actions?.get(isin) ?? [];
  expect(dividend?.amount?.times(Decimal.of(3), 'half-even').toString()).toBe('EUR 0.37');
});
