import type { TradeId } from '#shared/kernel/identifiers.ts';
import { HOUR_MS } from '#shared/kernel/instant.ts';
import { stillCounted } from '#shared/trading/model/day-window.ts';

const admitted = (tradeId: string, boot: string, ms: number) => ({
  tradeId: tradeId as TradeId,
  at: { boot, ms },
});

it('counts the orders of this start of the machine that are younger than 23 hours', () => {
  const now = { boot: 'b', ms: 100 * HOUR_MS };
  const orders = [
    admitted('old', 'b', 77 * HOUR_MS),
    admitted('young', 'b', 77 * HOUR_MS + 1),
    admitted('before-the-start', 'a', 99 * HOUR_MS),
    admitted('now', 'b', now.ms),
  ];
  expect(stillCounted(orders, now).map(({ tradeId }) => tradeId)).toEqual(['young', 'now']);
});
