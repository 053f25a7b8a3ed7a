/** The paper broker with injected faults: its book is in Redis, whose replies get lost. */
import type { Command } from 'ioredis';
import type { Broker } from '#shared/clients/broker/broker.ts';
import { PaperBroker } from '#shared/clients/broker/paper/paper-broker.ts';
import { addDays, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { DAY_MS } from '#shared/kernel/instant.ts';
import { Money } from '#shared/kernel/money.ts';
import type { BrokerMock, MockAbilities } from './broker-faults.ts';
import { PAPER_DAY, type PaperFixture } from './paper-fixture.ts';
import { ALPHA } from '../markets/set-market.ts';

export const paperAbilities: MockAbilities = {
  orderFaults: { 'lost-before': false, 'lost-after': true },
  readFaults: ['lost'],
  can: ['by-hand', 'deposit', 'split'],
  without: {
    fill: 'a fill and a cancellation are one commit in its own book, so none comes late or out of order',
    replace: 'it changes the terms of an order in place, which the order shows as its adjustment',
    skew: 'it goes by the clock of this process',
  },
};

const signal = new AbortController().signal;
const isWrite = ({ name }: Command) => name === 'eval' || name === 'evalsha';

export function paperMock(on: PaperFixture): BrokerMock {
  const { redis } = on.dependencies.database;
  const send = redis.sendCommand.bind(redis);
  let [orderFault, readFault, sent] = ['none', 'none', 0];
  redis.sendCommand = (command: Command, stream?: never): unknown => {
    if (isWrite(command)) sent += 1;
    const lost = isWrite(command) ? orderFault === 'lost-before' : readFault === 'lost';
    if (lost) {
      command.reject(new Error('Connection is closed.'));
      return command.promise;
    }
    const answer = send(command, stream) as Promise<unknown>;
    if (!isWrite(command) || orderFault !== 'lost-after') return answer;
    return answer.then(() => Promise.reject(new Error('Connection is closed.')));
  };
  return {
    sent: () => sent,
    failOrders: (fault) => (orderFault = fault),
    failReads: (fault) => (readFault = fault),
    placeByHand: async (quantity) => {
      const order = { clientOrderId: 'by-hand', accountId: DEFAULT_ACCOUNT, isin: ALPHA } as const;
      const rest = { symbol: 'ALPHA', side: 'BUY', type: 'MARKET', timeInForce: 'DAY' } as const;
      await reopened(on).submit({ ...order, ...rest, quantity: Decimal.of(quantity) }, signal);
      return order.clientOrderId;
    },
    split: (factor) => {
      const day = addDays(PAPER_DAY as CalendarDay, 1);
      const terms = { newShares: Decimal.of(factor), oldShares: Decimal.one };
      on.market.setAction({ kind: 'split', isin: ALPHA, day, source: 'set', ...terms });
      on.advance(DAY_MS);
    },
    deposit: async (amount) =>
      reopened(on).funding?.deposit(DEFAULT_ACCOUNT, 'bank', Money.parse(amount, 'EUR'), signal),
  };
}

/** The paper broker as another process has it. */
export function reopened({ dependencies, market }: PaperFixture): Broker {
  const { settings, database, baseCurrency } = dependencies;
  return new PaperBroker(settings, {
    ...{ database, baseCurrency, marketData: market },
    secret: () => () => '',
    now: () => dependencies.now(),
  });
}
