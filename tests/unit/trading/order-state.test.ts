import {
  isTerminal,
  nextState,
  tradeStatusOf,
  tradeTable,
  type OrderEvent,
} from '#shared/trading/model/order-state.ts';
import type { OrderState } from '#shared/trading/model/order.ts';

const events: readonly OrderEvent[] = [
  'intend',
  'deny',
  'submit',
  'lose',
  'accept',
  'reject',
  'part-fill',
  'fill',
  'cancel',
  'expire',
  'ask-cancel',
  'settle-absent',
  'give-up',
  'dismiss',
];

/** Every arrow there is, written down a second time: `FROM event TO`. */
const arrows = `
NEW intend INTENT
NEW deny DENIED
INTENT submit SUBMITTING
INTENT deny DENIED
INTENT ask-cancel CANCELLED
SUBMITTING accept ACCEPTED
SUBMITTING reject REJECTED
SUBMITTING deny DENIED
SUBMITTING lose UNKNOWN
SUBMITTING part-fill PARTIAL
SUBMITTING fill FILLED
SUBMITTING cancel CANCELLED
SUBMITTING expire EXPIRED
UNKNOWN accept ACCEPTED
UNKNOWN reject REJECTED
UNKNOWN deny DENIED
UNKNOWN part-fill PARTIAL
UNKNOWN fill FILLED
UNKNOWN cancel CANCELLED
UNKNOWN expire EXPIRED
UNKNOWN settle-absent ABSENT
UNKNOWN give-up NEEDS_HUMAN
NEEDS_HUMAN accept ACCEPTED
NEEDS_HUMAN reject REJECTED
NEEDS_HUMAN part-fill PARTIAL
NEEDS_HUMAN fill FILLED
NEEDS_HUMAN cancel CANCELLED
NEEDS_HUMAN expire EXPIRED
NEEDS_HUMAN dismiss ABSENT
ACCEPTED accept ACCEPTED
ACCEPTED reject REJECTED
ACCEPTED part-fill PARTIAL
ACCEPTED fill FILLED
ACCEPTED cancel CANCELLED
ACCEPTED expire EXPIRED
ACCEPTED ask-cancel CANCEL_PENDING
PARTIAL accept PARTIAL
PARTIAL reject CANCELLED
PARTIAL part-fill PARTIAL
PARTIAL fill FILLED
PARTIAL cancel CANCELLED
PARTIAL expire EXPIRED
PARTIAL ask-cancel CANCEL_PENDING
CANCEL_PENDING accept CANCEL_PENDING
CANCEL_PENDING reject REJECTED
CANCEL_PENDING part-fill CANCEL_PENDING
CANCEL_PENDING fill FILLED
CANCEL_PENDING cancel CANCELLED
CANCEL_PENDING expire EXPIRED`
  .trim()
  .split('\n');

const states = Object.keys(tradeTable) as (OrderState | 'NEW')[];

describe('the table of order states', () => {
  it.each(states.flatMap((state) => events.map((event) => [state, event] as const)))(
    'of %s and %s has exactly the documented transition',
    (state, event) => {
      const written = arrows.find((arrow) => arrow.startsWith(`${state} ${event} `));
      expect(nextState(state, event)).toBe(written?.split(' ')[2]);
    },
  );

  it('ends in the six final states, and in no other', () => {
    const final = states.filter((state) => state !== 'NEW' && isTerminal(state));
    expect(final.toSorted()).toEqual(
      ['ABSENT', 'CANCELLED', 'DENIED', 'EXPIRED', 'FILLED', 'REJECTED'].toSorted(),
    );
  });

  it('never leads back to a state in which an order could be sent', () => {
    const sendable = arrows.filter((arrow) => / (INTENT|SUBMITTING)$/.test(arrow));
    expect(sendable).toEqual(['NEW intend INTENT', 'INTENT submit SUBMITTING']);
  });

  it('shows each state as one of the four statuses of the contract', () => {
    const shown = states.flatMap((s) => (s === 'NEW' ? [] : [`${s} ${tradeStatusOf(s)}`]));
    expect(shown.toSorted()).toEqual([
      'ABSENT FAILED',
      'ACCEPTED PENDING',
      'CANCELLED CANCELLED',
      'CANCEL_PENDING PENDING',
      'DENIED FAILED',
      'EXPIRED CANCELLED',
      'FILLED EXECUTED',
      'INTENT PENDING',
      'NEEDS_HUMAN PENDING',
      'PARTIAL PENDING',
      'REJECTED FAILED',
      'SUBMITTING PENDING',
      'UNKNOWN PENDING',
    ]);
  });
});
