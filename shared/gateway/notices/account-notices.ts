/** Orders that ended or need a person, the state of trading, and bookings. */
import type { OverviewOrder, OverviewTrading } from '#protos/gen/overview.ts';
import type { Found, NoticeInputs } from './notice.ts';
import { actionsText, isRecent, moneyText, msOf, sentence } from './wording.ts';

/** States that a person has to know of. */
const TROUBLE: ReadonlySet<string> = new Set(['REJECTED', 'UNKNOWN', 'NEEDS_HUMAN']);
const BOOKINGS: ReadonlySet<string> = new Set(['dividend', 'deposit']);
const states: Readonly<Record<string, string>> = {
  HALTED: 'trading is halted',
  REDUCING: 'only sales are sent',
  ACTIVE: 'trading was resumed',
};

export function accountNotices(inputs: NoticeInputs): Found[] {
  return [
    ...orderTrouble(inputs),
    ...ordersDone(inputs),
    ...tradingState(inputs),
    ...bookings(inputs),
  ];
}

function recentOrders({ overview, nowMs }: NoticeInputs): OverviewOrder[] {
  return overview.orders.filter(({ requestedAt }) => isRecent(msOf(requestedAt), nowMs));
}

function orderTrouble(inputs: NoticeInputs): Found[] {
  return recentOrders(inputs)
    .filter(({ state }) => TROUBLE.has(state))
    .map(({ tradeId, side, quantity, symbol, state, message }) => ({
      key: `order-trouble:${tradeId}:${state}`,
      kind: 'order-trouble',
      headline: `the order to ${side.toLowerCase()} ${quantity} ${symbol} is ${stateText(state)}`,
      text: [sentence(message), orderAdvice[state]].filter(Boolean).join(' '),
    }));
}

/** What can be done about it, and whether it can wait. */
const orderAdvice: Readonly<Record<string, string>> = {
  REJECTED: 'Nothing was bought or sold by it. It can wait: the next cycle plans anew.',
  UNKNOWN:
    'It is never sent again, the broker is asked until it is known, and nothing else of this security is sent. It can wait; if it lasts until the morning, look at the broker’s own page.',
  NEEDS_HUMAN:
    'It is never sent again, and nothing else of this security is sent. It can wait for the morning: look at the broker’s own page whether it is there; docs/runbooks/order-needs-human.md says what then.',
};

function stateText(state: string): string {
  const words: Readonly<Record<string, string>> = {
    UNKNOWN: 'of unknown outcome; the broker is being asked',
    NEEDS_HUMAN: 'waiting for a person',
  };
  return words[state] ?? state.toLowerCase();
}

/** One summary a plan. */
function ordersDone(inputs: NoticeInputs): Found[] {
  const { plan } = inputs.overview;
  const recent = recentOrders(inputs);
  if (plan?.status !== 'COMPLETED' || plan.actions.length === 0 || recent.length === 0) return [];
  const ofPlan = (order: OverviewOrder): boolean =>
    plan.actions.some(({ symbol, side }) => symbol === order.symbol && side === order.side);
  const filled = recent.filter((order) => order.state === 'FILLED' && ofPlan(order));
  const isFilled = ({ symbol, side }: OrderName): boolean =>
    filled.some((order) => order.symbol === symbol && order.side === side);
  const [done, open] = [
    plan.actions.filter(isFilled),
    plan.actions.filter((one) => !isFilled(one)),
  ];
  const text = [
    `${done.length} of ${plan.actions.length} ${plan.actions.length === 1 ? 'order' : 'orders'} filled${done.length > 0 ? `: ${actionsText(done)}` : '.'}`,
    ...(open.length > 0 ? [`Not filled: ${actionsText(open)} The next cycle plans anew.`] : []),
  ].join(' ');
  const headline =
    open.length > 0 ? 'the plan was carried out in part' : 'the plan was carried out';
  return [{ key: `orders-done:${plan.id}`, kind: 'orders-done', headline, text }];
}

interface OrderName {
  readonly symbol: string;
  readonly side: string;
}

function tradingState({ overview: { trading }, nowMs }: NoticeInputs): Found[] {
  const changedMs = msOf(trading?.changedAt);
  if (!trading || !isRecent(changedMs, nowMs)) return [];
  return [
    {
      key: `trading-state:${trading.state}:${changedMs}`,
      kind: 'trading-state',
      headline: states[trading.state] ?? trading.state,
      text: [sentence(trading.reasons.join('; ')), ...stateAdvice(trading)]
        .filter(Boolean)
        .join(' '),
    },
  ];
}

/** What it means, and whether it can wait. */
function stateAdvice({ state, openOrders }: OverviewTrading): string[] {
  if (state === 'ACTIVE')
    return ['Purchases and sales are sent again. If you did not do this: trader halt.'];
  const what =
    state === 'HALTED' ? 'Nothing is bought or sold' : 'Sales are sent, purchases are not';
  const count = openOrders.length;
  const open = count === 1 ? 'One order at the broker can' : `${count} orders at the broker can`;
  return [
    `${what} until it is lifted.`,
    ...(count > 0 ? [`${open} still fill: trader halt --cancel-open.`] : []),
    'It can wait for the morning: trader status says why.',
  ];
}

function bookings({ overview: { ledger }, nowMs, withAmounts }: NoticeInputs): Found[] {
  return ledger
    .filter(({ kind, happenedAt }) => BOOKINGS.has(kind) && isRecent(msOf(happenedAt), nowMs))
    .map(({ id, kind, symbol, cash }) => ({
      key: `booking:${id}`,
      kind: 'booking',
      headline: `${kind}${symbol === '' ? '' : ` of ${symbol}`} booked`,
      text: withAmounts ? `${moneyText(cash)}.` : 'The ledger has the amount.',
    }));
}
