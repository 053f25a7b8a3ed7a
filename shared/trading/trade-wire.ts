/** Maps orders between the wire format and the order engine. */
import type {
  ExecuteTradeResponse,
  TradeExecution,
  ValidateTradeResponse,
  ValidationError,
} from '#protos/gen/trading.ts';
import { invalidRequest } from '#shared/kernel/failure.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import { toTimestamp } from '#shared/kernel/instant.ts';
import type { RequestOf, WireRequestOf } from '#shared/contract/row.ts';
import { orderTypeOf, type trading } from '#shared/contract/trading.ts';
import type { OrderDraft, OrderRecord } from './model/order-record.ts';
import type { Order } from './model/order.ts';
import { isTerminal, isUnresolved, tradeStatusOf } from './model/order-state.ts';
import type { Validation } from './model/validation.ts';

type TradeRequest = RequestOf<typeof trading.executeTrade>;
type ValidateRequest = RequestOf<typeof trading.validateTrade>;

/** An unspecified order type follows from the given prices; an unspecified time in force is DAY. */
export function draftOf(request: TradeRequest | ValidateRequest): OrderDraft {
  const { accountId, isin, side, quantity, limitPrice, stopPrice, timeInForce } = request;
  return {
    accountId,
    isin,
    symbol: 'symbol' in request ? request.symbol : '',
    side,
    quantity,
    orderType: orderTypeOf(request),
    timeInForce: timeInForce === 'TIME_IN_FORCE_UNSPECIFIED' ? 'DAY' : timeInForce,
    limitPrice,
    stopPrice,
    referencePrice: 'referencePrice' in request ? request.referencePrice : undefined,
  };
}

/**
 * The wire request of one trade of a batch, for the batch's account.
 * @throws Failure INVALID_REQUEST when the trade names another account
 */
export function wireOf(
  trade: TradeRequest,
  account: AccountId,
  index: number,
  unnamed: AccountId,
): WireRequestOf<typeof trading.executeTrade> {
  if (trade.accountId !== account && trade.accountId !== unnamed)
    throw invalidRequest({
      field: `trades[${index}].accountId`,
      message: `is empty, or ${account} as the batch's`,
    });
  const { isin, symbol, side, quantity, orderType, limitPrice, stopPrice } = trade;
  return {
    accountId: account,
    isin,
    symbol,
    side,
    quantity: quantity.toString(),
    orderType,
    limitPrice: limitPrice?.toJSON(),
    stopPrice: stopPrice?.toJSON(),
    timeInForce: trade.timeInForce,
    dryRun: trade.dryRun,
    referencePrice: trade.referencePrice?.toJSON(),
  };
}

/** `totalCost` is the cash the fills moved, costs included; positive for purchases and sales. */
export function tradeExecutionOf(trade: Order): TradeExecution {
  const cash = trade.settlement.sign < 0 ? trade.settlement.negate() : trade.settlement;
  return {
    tradeId: trade.tradeId,
    orderId: trade.clientOrderId,
    isin: trade.isin,
    symbol: trade.symbol,
    side: trade.side,
    quantityRequested: trade.quantity.toEstimate(),
    quantityFilled: trade.filledQuantity.toEstimate(),
    averagePrice: trade.averagePrice?.toJSON(),
    totalCost: cash.toJSON(),
    commission: trade.commission.toJSON(),
    fees: trade.fees.toJSON(),
    executedAt: trade.executedAt === undefined ? undefined : toTimestamp(trade.executedAt),
    brokerReference: trade.brokerOrderId ?? '',
    status: tradeStatusOf(trade.state),
    state: trade.state,
    message: trade.message,
    requestedAt: toTimestamp(trade.requestedAt),
  };
}

/**
 * Success: the broker has the order, or something of it was filled. An order whose outcome is open has the
 * error OUTCOME_UNKNOWN, as a call has that fails with an open outcome.
 */
export function tradeResponseOf(order: OrderRecord): ExecuteTradeResponse {
  const isOpen = isUnresolved(order.state) || order.state === 'INTENT';
  const isWorking = !isTerminal(order.state) && !isOpen;
  return {
    success: isWorking || order.filledQuantity.sign > 0,
    tradeId: order.tradeId,
    orderId: order.clientOrderId,
    status: tradeStatusOf(order.state),
    message: order.message,
    execution: tradeExecutionOf(order),
    errors: [...order.errors.map((error) => ({ ...error })), ...(isOpen ? [openError(order)] : [])],
  };
}

function openError({ tradeId }: OrderRecord): ValidationError {
  const message =
    'Whether it took effect is unknown: repeat the same request with its idempotency key, which never ' +
    `sends a second order, or query GetTradeStatus ${tradeId}.`;
  return { code: 'OUTCOME_UNKNOWN', field: 'body', message };
}

/** A trade that was not executed, and of which nothing is stored here. */
export function unsentAnswer(
  message: string,
  rest: Partial<ExecuteTradeResponse> = {},
): ExecuteTradeResponse {
  return {
    success: false,
    tradeId: '',
    orderId: '',
    status: 'TRADE_STATUS_UNSPECIFIED',
    message,
    execution: undefined,
    errors: [],
    ...rest,
  };
}

export function dryRunAnswer({ errors, value, cost }: Validation): ExecuteTradeResponse {
  const success = errors.length === 0;
  const message = success
    ? `Dry run: it would be sent, worth ${value} at a cost of ${cost}. Nothing was sent.`
    : `Dry run: it would be denied. ${errors.map((error) => error.message).join(' ')}`;
  return unsentAnswer(message, { success, errors: errors.map((error) => ({ ...error })) });
}

/** `estimatedCost`: cash a purchase takes, costs included; the costs alone of a sale. */
export function validationAnswer(
  { errors, warnings, needed, cost, freeCash }: Validation,
  side: 'BUY' | 'SELL',
): ValidateTradeResponse {
  return {
    valid: errors.length === 0,
    errors: errors.map((error) => ({ ...error })),
    warnings: warnings.map((warning) => ({ ...warning })),
    estimatedCost: (side === 'BUY' ? needed : cost)?.toJSON(),
    availableCash: freeCash?.toJSON(),
  };
}
