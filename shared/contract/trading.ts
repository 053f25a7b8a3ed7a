/** Rows of the trading service: orders, checked, sent at most once, and accounted for. */
import type { z } from 'zod';
import type { TradingServiceService } from '#protos/gen/trading.ts';
import { atFirstUse } from '#shared/kernel/at-first-use.ts';
import {
  account,
  bool,
  enumeration,
  int32,
  isin,
  limit,
  list,
  offset,
  optionalIsin,
  positiveQuantity,
  price,
  request,
  requiredEnumeration,
  requiredText,
  symbol,
  text,
} from './fields.ts';
import { oneOf, requiredLineJson } from './wire-json.ts';
import { contract, usual } from './row.ts';

const tradeSides = ['TRADE_SIDE_UNSPECIFIED', 'BUY', 'SELL'] as const;
const orderTypes = ['ORDER_TYPE_UNSPECIFIED', 'MARKET', 'LIMIT', 'STOP', 'STOP_LIMIT'] as const;
const timesInForce = ['TIME_IN_FORCE_UNSPECIFIED', 'DAY', 'GTC', 'IOC', 'FOK'] as const;
const tradingStates = ['TRADING_STATE_UNSPECIFIED', 'ACTIVE', 'REDUCING', 'HALTED'] as const;

/** By name or number. */
const ACTIVE = {
  anyOf: [
    { type: 'string', const: 'ACTIVE' },
    { type: 'integer', const: tradingStates.indexOf('ACTIVE') },
  ],
};

const trade = atFirstUse(() =>
  request({
    accountId: account,
    isin,
    symbol,
    side: requiredEnumeration(tradeSides),
    quantity: positiveQuantity,
    orderType: enumeration(orderTypes),
    limitPrice: price,
    stopPrice: price,
    timeInForce: enumeration(timesInForce),
    dryRun: bool,
    referencePrice: price,
  }),
);

type TradeRequest = z.output<ReturnType<typeof trade>>;

/** An unspecified order type follows from the given prices; an unspecified time in force is DAY. */
function meaningOfTrade(request: TradeRequest) {
  const { symbol: _heldAgainstTheIsin, orderType, limitPrice, stopPrice, ...rest } = request;
  const { timeInForce } = request;
  return {
    ...rest,
    limitPrice,
    stopPrice,
    orderType: orderTypeOf({ orderType, limitPrice, stopPrice }),
    timeInForce: timeInForce === 'TIME_IN_FORCE_UNSPECIFIED' ? ('DAY' as const) : timeInForce,
  };
}

type Priced = Pick<TradeRequest, 'orderType' | 'limitPrice' | 'stopPrice'>;
type NamedOrderType = Exclude<TradeRequest['orderType'], 'ORDER_TYPE_UNSPECIFIED'>;

export function orderTypeOf({ orderType, limitPrice, stopPrice }: Priced): NamedOrderType {
  if (orderType !== 'ORDER_TYPE_UNSPECIFIED') return orderType;
  if (stopPrice) return limitPrice ? 'STOP_LIMIT' : 'STOP';
  return limitPrice ? 'LIMIT' : 'MARKET';
}

const batch = atFirstUse(() =>
  request({ accountId: account, trades: list(trade(), 100), stopOnError: bool }),
);

/** A trade of a batch that names no account is of the batch's. */
function meaningOfBatch({ trades, ...rest }: z.output<ReturnType<typeof batch>>) {
  const { accountId } = rest;
  return { ...rest, trades: trades.map((one) => meaningOfTrade({ ...one, accountId })) };
}

export const trading = contract<typeof TradingServiceService>()('trading', {
  executeTrade: {
    ...usual.trade,
    summary: 'Checks an order, stores the intent, sends it at most once, and answers the outcome.',
    get request() {
      return trade();
    },
    meaning: meaningOfTrade,
  },
  batchExecuteTrades: {
    ...usual.trade,
    timeoutMs: 300_000,
    summary: 'Executes orders in turn, sells first.',
    get request() {
      return batch();
    },
    meaning: meaningOfBatch,
  },
  getTradeStatus: {
    ...usual.read,
    summary: 'Answers the state of a trade.',
    get request() {
      return request({ tradeId: requiredText(128) });
    },
  },
  getTradeHistory: {
    ...usual.read,
    summary: 'Lists trades, newest first, filtered and paged.',
    get request() {
      return request({
        accountId: account,
        days: int32({ min: 0, max: 20_000 }),
        isin: optionalIsin,
        side: enumeration(tradeSides),
        limit,
        offset,
      });
    },
  },
  cancelTrade: {
    ...usual.trade,
    summary: 'Asks the broker to cancel what is not filled yet.',
    get request() {
      return request({ tradeId: requiredText(128), reason: text(500) });
    },
  },
  getTradingState: {
    ...usual.read,
    summary: 'Answers what may be sent to the broker now, and why not more.',
    get request() {
      return request({});
    },
  },
  setTradingState: {
    ...usual.write,
    effect: 'trades',
    summary: 'Halts trading, restricts it to sales, or lifts what was set.',
    get request() {
      return oneOf(
        request({ state: requiredEnumeration(tradingStates), reason: text(200) }),
        { needs: { state: ACTIVE } },
        { needs: { reason: requiredLineJson(200) } },
      );
    },
  },
  confirmReconciliation: {
    ...usual.write,
    effect: 'trades',
    summary: 'Takes over what differs between book and broker since the start.',
    get request() {
      return request({ accountId: account, digest: requiredText(64), reason: requiredText(200) });
    },
  },
  validateTrade: {
    ...usual.read,
    fails: ['REFUSED'],
    needs: ['redis', 'broker', 'prices'],
    summary: 'Runs every pre-trade check at once; a check without data fails.',
    get request() {
      return request({
        accountId: account,
        isin,
        side: requiredEnumeration(tradeSides),
        quantity: positiveQuantity,
        limitPrice: price,
        orderType: enumeration(orderTypes),
        stopPrice: price,
        timeInForce: enumeration(timesInForce),
      });
    },
  },
});
