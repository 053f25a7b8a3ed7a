/** Scenarios: the requests made while a fault is injected, and the holdings before. */
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { Money } from '#shared/kernel/money.ts';
import { tradeIdOf } from '#shared/trading/model/trade-id.ts';
import { keyOfOrder } from '#shared/trading/model/batch.ts';
import { ALPHA, BETA } from '../../support/markets/set-market.ts';
import { cycleIdOf } from '#shared/gateway/cycle/cycle-run.ts';
import type { CycleId } from '#shared/kernel/identifiers.ts';
import { ask, type Request } from './ask.ts';
import type { Stage } from './stage.ts';

export interface Scenario {
  readonly name: string;
  /** Before the state is kept. */
  prepare(stage: Stage): Promise<void>;
  /** After the state was set back, before each point. */
  arrange?(stage: Stage): void;
  readonly requests: readonly Request[];
  /** Trades that the requests make, by id. */
  readonly trades: readonly string[];
  /** Deposits that the requests make. */
  readonly deposits: number;
  /** Only effects that change something are struck, calls, and what the broker is asked. */
  readonly sparesReads?: boolean;
  /** Cycles that the requests run, by id; their plans say which orders they make. */
  readonly cycles?: readonly CycleId[];
}

const buy = (key: string, quantity = 10, isin: string = ALPHA): Request => ({
  operation: 'trading-execute-trade',
  key,
  body: { isin, side: 'BUY', quantity },
});
const sync = (key: string): Request => ({
  operation: 'portfolio-update-positions',
  key,
  body: { positions: [], forceSync: true },
});
const tradeOf = (key: string): string => tradeIdOf(DEFAULT_ACCOUNT, key);
const nothing = (): Promise<void> => Promise.resolve();

/** 30 shares of ALPHA, bought and booked. */
async function holding(stage: Stage): Promise<void> {
  for (const key of ['before-1', 'before-2']) await ask(stage.open(), buy(key, 15));
}

/** A limit order that rests at the broker. */
const resting: Request = {
  operation: 'trading-execute-trade',
  key: 'resting',
  body: {
    isin: ALPHA,
    side: 'BUY',
    quantity: 5,
    orderType: 'LIMIT',
    limitPrice: { amount: '95', currency: 'EUR' },
  },
};

export const scenarios: readonly Scenario[] = [
  {
    name: 'purchase',
    prepare: nothing,
    requests: [buy('buy-1')],
    trades: [tradeOf('buy-1')],
    deposits: 0,
  },
  {
    name: 'sale',
    prepare: holding,
    requests: [
      {
        operation: 'trading-execute-trade',
        key: 'sell-1',
        body: { isin: ALPHA, side: 'SELL', quantity: 12 },
      },
    ],
    trades: [tradeOf('sell-1')],
    deposits: 0,
  },
  {
    name: 'purchase-in-parts',
    prepare: nothing,
    arrange: (stage) => void (stage.broker.fillsInParts = true),
    requests: [buy('parts-1', 7, BETA)],
    trades: [tradeOf('parts-1')],
    deposits: 0,
  },
  {
    name: 'purchase-shown-late',
    prepare: nothing,
    arrange: (stage) => void (stage.broker.lagMs = 20_000),
    requests: [buy('late-1', 6)],
    trades: [tradeOf('late-1')],
    deposits: 0,
  },
  {
    name: 'purchase-too-large',
    prepare: nothing,
    requests: [buy('large-1', 30)],
    trades: [tradeOf('large-1')],
    deposits: 0,
  },
  {
    name: 'deposit',
    prepare: holding,
    requests: [
      {
        operation: 'gateway-process-deposit',
        key: 'deposit-1',
        body: { amount: { amount: '250.10', currency: 'EUR' }, autoInvest: false },
      },
    ],
    trades: [],
    deposits: 1,
  },
  {
    name: 'sync',
    prepare: async (stage) => {
      await holding(stage);
      // Somebody trades and pays in at the broker itself.
      await stage.broker.funding.deposit(
        DEFAULT_ACCOUNT,
        'foreign-1',
        stage.broker.book.opening,
        new AbortController().signal,
      );
    },
    requests: [sync('sync-1')],
    trades: [],
    deposits: 0,
  },
  {
    name: 'sync-of-unlisted-cash',
    prepare: async (stage) => {
      await holding(stage);
      stage.broker.credit(Money.parse('12.34', 'EUR'));
    },
    requests: [sync('sync-2')],
    trades: [],
    deposits: 0,
  },
  {
    name: 'cancellation',
    prepare: async (stage) => {
      await ask(stage.open(), resting);
    },
    requests: [
      {
        operation: 'trading-cancel-trade',
        key: 'cancel-1',
        body: { tradeId: tradeOf('resting'), reason: 'not wanted' },
      },
    ],
    trades: [tradeOf('resting')],
    deposits: 0,
  },
  {
    name: 'batch',
    prepare: holding,
    requests: [
      {
        operation: 'trading-batch-execute-trades',
        key: 'batch-1',
        // A batch asks again for lost answers; the stage's clock does not shorten its pauses.
        timeoutMs: 500,
        body: {
          trades: [
            { isin: BETA, side: 'BUY', quantity: 8 },
            { isin: ALPHA, side: 'SELL', quantity: 4 },
          ],
          stopOnError: false,
        },
      },
    ],
    trades: [tradeOf(keyOfOrder('batch-1', 0)), tradeOf(keyOfOrder('batch-1', 1))],
    deposits: 0,
  },
  {
    name: 'cycle',
    prepare: async (stage) => {
      await holding(stage);
      await stage.fetchHistory();
    },
    requests: [
      {
        operation: 'gateway-trigger-trading-cycle',
        key: 'cycle-1',
        isRun: true,
        // The cycle asks again for lost answers; the stage's clock does not shorten its pauses.
        timeoutMs: 3_000,
        body: { dryRun: false, force: false },
      },
    ],
    trades: [],
    deposits: 0,
    cycles: [cycleIdOf('cycle-1')],
    sparesReads: true,
  },
];

/** What another process asks for meanwhile, on the same account. */
export const otherPurchase: Request = buy('other-1', 9, BETA);
export const otherTrade = tradeOf('other-1');

/** What is asked for after a beginning was declared. */
export const laterPurchase: Request = buy('later-1', 3);
export const laterTrade = tradeOf('later-1');
