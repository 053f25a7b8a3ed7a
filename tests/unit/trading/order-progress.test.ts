import { Decimal } from '#shared/kernel/decimal.ts';
import { DEFAULT_ACCOUNT, type TradeId } from '#shared/kernel/identifiers.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { parseIsin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price } from '#shared/kernel/price.ts';
import type { OrderFill, OrderRecord, SeenOrder } from '#shared/trading/model/order-record.ts';
import { advance, newOrder, withSeen } from '#shared/trading/model/order-progress.ts';
import type { OrderState } from '#shared/trading/model/order.ts';

const isin = parseIsin('US0378331005');
const now = instantOf(1_000);
const euros = (amount: string): Money => Money.parse(amount, 'EUR');

const intent = newOrder(
  {
    accountId: DEFAULT_ACCOUNT,
    isin,
    symbol: '',
    side: 'BUY',
    quantity: Decimal.of(10),
    orderType: 'MARKET',
    timeInForce: 'DAY',
  },
  {
    tradeId: 'trade-1' as TradeId,
    clientOrderId: '1000000001',
    symbol: 'AAPL',
    value: euros('900'),
    reserved: euros('903.80'),
    errors: [],
    at: now,
    build: 'test',
  },
  'intend',
);
const inState = (state: OrderState): OrderRecord => ({ ...intent, state });
const accepted = inState('ACCEPTED');

function fill(fillId: string, quantity: string, price: string, settlement: string): OrderFill {
  return {
    fillId,
    quantity: Decimal.of(quantity),
    price: Price.parse(price, 'USD'),
    commission: euros('1.00'),
    fees: euros('0.10'),
    settlement: euros(settlement),
    executedAt: instantOf(2_000),
  };
}

function seen(state: SeenOrder['state'], fills: OrderFill[], changes: Partial<SeenOrder> = {}) {
  const filledQuantity = fills.reduce((sum, f) => sum.add(f.quantity), Decimal.zero);
  return {
    clientOrderId: '1000000001',
    brokerOrderId: 'b-1',
    isin,
    side: 'BUY' as const,
    filledQuantity,
    state,
    fills,
    reserved: euros('0'),
    ...changes,
  };
}

const first = fill('f1', '3', '100', '-271.10');
const second = fill('f2', '7', '100.1', '-631.73');

describe('an order that the broker shows', () => {
  it('sums its fills exactly', () => {
    const { order, alarms } = withSeen(accepted, seen('FILLED', [first, second]), now);
    expect(order.state).toBe('FILLED');
    expect(String(order.averagePrice)).toBe('USD 100.07');
    expect(String(order.settlement)).toBe('EUR -902.83');
    expect(String(order.commission)).toBe('EUR 2.00');
    expect(String(order.fees)).toBe('EUR 0.20');
    expect(String(order.reserved)).toBe('EUR 0.00');
    expect(order.fillIds).toEqual(['f1', 'f2']);
    expect(alarms).toEqual([]);
  });

  it('counts a fill that comes twice once', () => {
    const { order } = withSeen(accepted, seen('PARTIAL', [first, first]), now);
    expect(String(order.filledQuantity)).toBe('3');
  });

  it('never loses a fill that a later query omits', () => {
    const before = withSeen(accepted, seen('PARTIAL', [first]), now).order;
    const { order } = withSeen(before, seen('WORKING', []), now);
    expect(String(order.filledQuantity)).toBe('3');
    expect(order.state).toBe('PARTIAL');
  });

  it('is not final before every fill that the broker counts has come', () => {
    const half = seen('FILLED', [first], { filledQuantity: Decimal.of(10) });
    expect(withSeen(accepted, half, now).order.state).toBe('PARTIAL');
    const none = seen('CANCELLED', [], { filledQuantity: Decimal.of(3) });
    expect(withSeen(accepted, none, now).order.state).toBe('ACCEPTED');
  });

  it('stays the same record when nothing is new', () => {
    const before = withSeen(accepted, seen('PARTIAL', [first]), now).order;
    expect(withSeen(before, seen('PARTIAL', [first]), instantOf(9_000)).order).toBe(before);
  });

  it.each<OrderState>(['FILLED', 'CANCELLED', 'EXPIRED', 'REJECTED', 'DENIED', 'ABSENT'])(
    'books a late fill of an order that was %s, keeps the state, and raises an alarm',
    (state) => {
      const { order, alarms } = withSeen(inState(state), seen('PARTIAL', [first]), now);
      expect(order.state).toBe(state);
      expect(String(order.filledQuantity)).toBe('3');
      expect(alarms).toContain(`a fill came after the order was ${state}`);
    },
  );

  it('raises an alarm when more is filled than was asked for', () => {
    const { order, alarms } = withSeen(
      accepted,
      seen('FILLED', [first, second, fill('f3', '1', '100', '-90')]),
      now,
    );
    expect(String(order.filledQuantity)).toBe('11');
    expect(alarms).toEqual(['11 are filled of 10 asked for']);
  });

  it('keeps a booked fill when the broker changes it, and raises an alarm', () => {
    const before = withSeen(accepted, seen('PARTIAL', [first]), now).order;
    const bust = { ...first, quantity: Decimal.of(2) };
    const { order, alarms } = withSeen(before, seen('PARTIAL', [bust]), now);
    expect(String(order.filledQuantity)).toBe('3');
    expect(alarms).toEqual(['the broker changed a fill that was booked']);
  });

  it.each<[string, Partial<SeenOrder>]>([
    ['another number', { clientOrderId: '1000000002' }],
    ['another security', { isin: parseIsin('US5949181045') }],
    ['the other side', { side: 'SELL' }],
    ['another currency', { reserved: Money.parse('0', 'USD') }],
  ])('is refused when it has %s', (_what, changes) => {
    expect(() => withSeen(accepted, seen('WORKING', [], changes), now)).toThrow(
      'The broker shows another order under the client order id 1000000001: compare it at the broker',
    );
  });

  it('keeps what is filled when the rest is cancelled', () => {
    const { order } = withSeen(inState('CANCEL_PENDING'), seen('CANCELLED', [first]), now);
    expect(order.state).toBe('CANCELLED');
    expect(order.message).toBe('Cancelled with 3 of 10 filled.');
  });
});

describe('an order of ours', () => {
  it('is unchanged where the table has no transition', () => {
    expect(advance(accepted, 'submit', now, 'again')).toBe(accepted);
    expect(advance(inState('FILLED'), 'lose', now, 'again')).toMatchObject({ state: 'FILLED' });
  });

  it('reserves no cash once it is final', () => {
    expect(String(advance(intent, 'deny', now, 'no').reserved)).toBe('EUR 0.00');
  });
});

describe('an order whose security was split 4:1', () => {
  const price = (amount: string) => Price.parse(amount, 'USD');
  const limited: OrderRecord = {
    ...accepted,
    ...{ orderType: 'STOP_LIMIT', limitPrice: price('101'), stopPrice: price('100') },
  };
  const half = withSeen(limited, seen('PARTIAL', [first]), now).order;
  const adjustment = {
    actionId: 'split-1',
    quantity: Decimal.of(31),
    limitPrice: price('25.25'),
    stopPrice: price('25'),
  };
  const rest = fill('f2', '28', '25', '-631.10');

  it('has the broker’s terms, and what was filled before', () => {
    const { order, alarms } = withSeen(half, seen('PARTIAL', [first], { adjustment }), now);
    expect([order.quantity, order.filledQuantity].map(String)).toEqual(['31', '3']);
    expect([order.limitPrice, order.stopPrice].map(String)).toEqual(['USD 25.25', 'USD 25']);
    expect([order.state, alarms]).toEqual(['PARTIAL', []]);
    expect(withSeen(order, seen('PARTIAL', [first], { adjustment }), now).order).toBe(order);
  });

  it('is filled by the shares it then has, and not by those it had', () => {
    const before = withSeen(half, seen('PARTIAL', [first], { adjustment }), now).order;
    const seven = withSeen(before, seen('PARTIAL', [first, second], { adjustment }), now).order;
    expect(seven.state).toBe('PARTIAL');
    const { order } = withSeen(before, seen('FILLED', [first, rest], { adjustment }), now);
    expect([order.state, String(order.filledQuantity)]).toEqual(['FILLED', '31']);
  });

  it('keeps its terms where it had ended before', () => {
    const ended: OrderRecord = { ...half, state: 'CANCELLED' };
    const { order } = withSeen(ended, seen('CANCELLED', [first], { adjustment }), now);
    expect([String(order.quantity), String(order.limitPrice)]).toEqual(['10', 'USD 101']);
  });
});
