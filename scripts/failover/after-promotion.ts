/** The end of a promotion: the books are compared with the broker, then trading may go on. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ask } from '../../cli/gateway-client.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import { trading } from '#shared/contract/trading.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { HALT_REASON } from './promotion.ts';

const PAUSE_MS = 500;

/**
 * @param limitMs how long functions that still look for the new primary are asked again
 * @returns what was done, a line each
 * @throws Failure as the operations answered last
 */
export async function reconcile(ask: Ask, limitMs: number): Promise<string[]> {
  const { accounts } = await untilAnswered(limitMs, () => ask(portfolio.listAccounts, {}));
  const lines: string[] = [];
  for (const { accountId } of accounts) {
    const booked = await untilAnswered(limitMs, () =>
      ask(portfolio.updatePositions, { accountId, forceSync: true }),
    );
    lines.push(`${accountId}: compared with the broker, ${booked.fillsBooked} fills booked`);
  }
  return [...lines, await resume(ask)];
}

/** Lifts the halt of the promotion, and no other; what else restricts trading goes on doing so. */
async function resume(ask: Ask): Promise<string> {
  const { restrictions } = await ask(trading.getTradingState, {});
  if (restrictions.length === 0) return 'Trading is ACTIVE.';
  if (!restrictions.some(({ message }) => message === HALT_REASON))
    return `Trading stays restricted: ${restrictions.map(({ message }) => message).join('; ')}`;
  const { message } = await ask(trading.setTradingState, { state: 'ACTIVE' });
  return message;
}

async function untilAnswered<T>(limitMs: number, work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    try {
      return await work();
    } catch (thrown) {
      const failure = Failure.from(thrown);
      if (failure.rule.retry === 'never' || performance.now() > deadline) throw failure;
      await sleep(PAUSE_MS);
    }
  }
}
