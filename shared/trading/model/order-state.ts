/**
 * The table of (state, event) → state; nothing else assigns a state. Where the table has no
 * transition, the state is unchanged. The broker may show an order further along than our record
 * (filled at the first query); such transitions skip ACCEPTED.
 */
import type { OrderState } from './order.ts';

export type OrderEvent =
  /** Our checks admitted the order. */
  | 'intend'
  /** Our own checks refuse the order; it was not sent. */
  | 'deny'
  /** It is about to be sent. */
  | 'submit'
  /** It was, or may have been, sent, and its outcome is unknown. */
  | 'lose'
  /** The broker shows the order as working. */
  | 'accept'
  | 'reject'
  | 'part-fill'
  | 'fill'
  | 'cancel'
  | 'expire'
  /** We ask the broker to cancel. */
  | 'ask-cancel'
  /** The broker, asked often enough and late enough, does not know the order. */
  | 'settle-absent'
  /** Queries do not resolve it. */
  | 'give-up'
  /** A person says that the order was never placed. */
  | 'dismiss';

type Row = Partial<Record<OrderEvent, OrderState>>;

/** The event for an order with an unknown outcome, from a query of the broker. */
const seen: Row = {
  accept: 'ACCEPTED',
  reject: 'REJECTED',
  'part-fill': 'PARTIAL',
  fill: 'FILLED',
  cancel: 'CANCELLED',
  expire: 'EXPIRED',
};

/** `NEW` is an order that is not stored yet. */
export const tradeTable: Readonly<Record<OrderState | 'NEW', Row>> = {
  NEW: { intend: 'INTENT', deny: 'DENIED' },
  INTENT: { submit: 'SUBMITTING', deny: 'DENIED', 'ask-cancel': 'CANCELLED' },
  SUBMITTING: { ...seen, lose: 'UNKNOWN', deny: 'DENIED' },
  // `deny` comes only from the one process that could have sent the order and did not.
  UNKNOWN: { ...seen, deny: 'DENIED', 'settle-absent': 'ABSENT', 'give-up': 'NEEDS_HUMAN' },
  NEEDS_HUMAN: { ...seen, dismiss: 'ABSENT' },
  ACCEPTED: { ...seen, 'ask-cancel': 'CANCEL_PENDING' },
  // Fills are kept: a rejection of the remainder counts as its cancellation.
  PARTIAL: { ...seen, accept: 'PARTIAL', reject: 'CANCELLED', 'ask-cancel': 'CANCEL_PENDING' },
  CANCEL_PENDING: { ...seen, accept: 'CANCEL_PENDING', 'part-fill': 'CANCEL_PENDING' },
  FILLED: {},
  CANCELLED: {},
  EXPIRED: {},
  REJECTED: {},
  DENIED: {},
  ABSENT: {},
};

/** The state after an event, or undefined where the table has no transition. */
export function nextState(state: OrderState | 'NEW', event: OrderEvent): OrderState | undefined {
  return tradeTable[state][event];
}

/** A final state: this system does not change the order any more. */
export function isTerminal(state: OrderState): boolean {
  return Object.keys(tradeTable[state]).length === 0;
}

/** In these states it is unknown what the broker did with the order. */
export function isUnresolved(state: OrderState): boolean {
  return state === 'SUBMITTING' || state === 'UNKNOWN' || state === 'NEEDS_HUMAN';
}

/** Whether the order was sent to the broker, or is about to be, and has not ended. */
export function mayBeAtBroker(state: OrderState): boolean {
  return state !== 'INTENT' && !isTerminal(state);
}

/** Whether the broker may hold the order to be cancelled. */
export function isCancellable(state: OrderState): boolean {
  return state === 'ACCEPTED' || state === 'PARTIAL' || state === 'CANCEL_PENDING';
}

export type TradeStatus = 'PENDING' | 'EXECUTED' | 'FAILED' | 'CANCELLED';

const statuses: Readonly<Record<OrderState, TradeStatus>> = {
  INTENT: 'PENDING',
  SUBMITTING: 'PENDING',
  UNKNOWN: 'PENDING',
  NEEDS_HUMAN: 'PENDING',
  ACCEPTED: 'PENDING',
  PARTIAL: 'PENDING',
  CANCEL_PENDING: 'PENDING',
  FILLED: 'EXECUTED',
  REJECTED: 'FAILED',
  DENIED: 'FAILED',
  ABSENT: 'FAILED',
  CANCELLED: 'CANCELLED',
  EXPIRED: 'CANCELLED',
};

/** The contract's coarser status; `state` beside it carries the fine one. */
export function tradeStatusOf(state: OrderState): TradeStatus {
  return statuses[state];
}
