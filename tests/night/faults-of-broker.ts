import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { DAY_MS, MINUTE_MS } from '#shared/kernel/instant.ts';
import { keys } from '#shared/redis/keys.ts';
import { until } from '../support/until.ts';
import type { InventedFault } from './invented-fault.ts';
import { NIGHT_PREFIX, type NightSystem } from './night-system.ts';

/** Above what counts as slow, and with room below what counts as away. */
const SLOW_MS = 1_200;
/** Longer than anybody waits. */
const SILENT_MS = 300_000;
/** More than between two queries that count. */
const ASKED_AGAIN_MS = 6_000;

export function faultsOfBroker(system: NightSystem): InventedFault[] {
  const { broker } = system;
  const trading = { service: 'trading', board: 'near' };
  return [
    {
      name: 'the broker is silent',
      ...{ alert: 'TraderServiceUnhealthy', labels: trading, notice: 'board-away' },
      make: () => Promise.resolve((broker.readFault = '500')),
      mend: () => Promise.resolve((broker.readFault = 'none')),
    },
    {
      name: 'the broker takes connections and says nothing',
      ...{ alert: 'TraderServiceUnhealthy', labels: trading, notice: 'board-away' },
      consequences: ['TraderServiceSlow'],
      make: () => Promise.resolve((broker.readMs = SILENT_MS)),
      mend: () => Promise.resolve((broker.readMs = 0)),
    },
    {
      name: 'the broker answers slowly',
      ...{ alert: 'TraderServiceSlow', labels: trading, notice: 'service-slow' },
      make: () => Promise.resolve((broker.readMs = SLOW_MS)),
      mend: () => Promise.resolve((broker.readMs = 0)),
    },
    ...faultsOfOrders(system),
  ];
}

/** The broker does not answer an order, and cannot be asked for it afterwards. */
function faultsOfOrders({ broker, call, redis, isin }: NightSystem): InventedFault[] {
  let trade = '';
  const lose = async (): Promise<void> => {
    Object.assign(broker, { orderFault: 'lost-before', readFaultAfterOrder: '500' });
    // Without a key it would be taken for a repeat of one whose outcome is open.
    const key = { 'idempotency-key': randomUUID() };
    const asked = await call('trading-execute-trade', { isin, side: 'BUY', quantity: 1 }, key);
    const answer = (await asked.json()) as { tradeId?: string; status?: string };
    if (answer.status !== 'PENDING')
      throw new Error(`the order was not lost: ${JSON.stringify(answer)}`);
    trade = answer.tradeId ?? '';
  };
  /** Until it is known that the broker does not have it: a person says so. */
  const settle = async (): Promise<void> => {
    Object.assign(broker, {
      ...{ orderFault: 'none', readFault: 'none', readFaultAfterOrder: undefined },
    });
    await age(redis.url, trade, MINUTE_MS * 16);
    const reason = 'not among the orders on the page of the broker';
    const isSettled = async (): Promise<boolean> => {
      const asked = await call('trading-cancel-trade', { tradeId: trade, reason });
      return ((await asked.json()) as { success?: boolean }).success === true;
    };
    await until(isSettled, ASKED_AGAIN_MS);
    // Neither a cooldown nor the limit of a day keeps the next one back.
    await age(redis.url, trade, DAY_MS);
  };
  const consequences = ['TraderServiceUnhealthy', 'TraderOrderOutcomeUnknown'];
  return [
    {
      name: 'the outcome of an order is unknown',
      ...{ alert: 'TraderOrderOutcomeUnknown', labels: { account: 'default', state: 'UNKNOWN' } },
      ...{ consequences, notice: 'order-trouble', make: lose, mend: settle },
    },
    {
      name: 'an order needs a person',
      ...{ alert: 'TraderOrderNeedsHuman', labels: { account: 'default', state: 'NEEDS_HUMAN' } },
      ...{ consequences, notice: 'order-trouble' },
      make: async () => {
        await lose();
        await age(redis.url, trade, MINUTE_MS * 16);
        await (await call('trading-get-trade-status', { tradeId: trade })).text();
      },
      mend: settle,
    },
  ];
}

/** Moves the times of a stored order into the past, as if they were that long ago. */
async function age(url: string, trade: string, ms: number): Promise<void> {
  const client = new Redis(url.replace('unix://', ''));
  const key = `${NIGHT_PREFIX}:${keys.trading.trade('default', trade)}`;
  const order = JSON.parse((await client.hget(key, 'json')) ?? '{}') as Record<string, number>;
  for (const field of ['requestedAt', 'submittedAt'])
    if (order[field] !== undefined) order[field] -= ms;
  await client.hset(key, 'json', JSON.stringify(order));
  client.disconnect();
}
