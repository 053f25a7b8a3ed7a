/**
 * Conformance suite of the broker interface. A suite is run with a way to open one: `describe('the
 * paper broker', () => conforms(openPaper))`.
 */
import type { Broker, BrokerStatement, OrderInstruction } from '#shared/clients/broker/broker.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price } from '#shared/kernel/price.ts';

export interface BrokerUnderTest {
  readonly broker: Broker;
  readonly accountId: AccountId;
  /** Something liquid, that costs about `price`, of which the account can afford a hundred. */
  readonly isin: Isin;
  readonly symbol: string;
  readonly price: number;
  readonly currency: string;
  close(): Promise<void>;
}

const signal = new AbortController().signal;
/** A form that every broker takes: digits. */
let ids = 1_500_000_000;

export function conforms(open: () => Promise<BrokerUnderTest>): void {
  let on: BrokerUnderTest;
  beforeEach(async () => {
    on = await open();
  });
  afterEach(() => on.close());

  const order = (overrides: Partial<OrderInstruction> = {}): OrderInstruction => ({
    clientOrderId: String((ids += 1)),
    accountId: on.accountId,
    isin: on.isin,
    symbol: on.symbol,
    side: 'BUY',
    quantity: Decimal.of(10),
    type: 'MARKET',
    timeInForce: 'DAY',
    ...overrides,
  });
  const statement = () => on.broker.statement(on.accountId, signal);
  const limit = (factor: number) => Price.parse((on.price * factor).toFixed(2), on.currency);

  it('answers a ping', async () => {
    await expect(on.broker.ping(signal)).resolves.toBeUndefined();
  });

  it('accepts a market order and fills it', async () => {
    const sent = order();
    const outcome = await on.broker.submit(sent, signal);
    const found = await on.broker.findOrder(on.accountId, sent.clientOrderId, signal);

    expect(outcome.kind).toBe('accepted');
    expect(found?.state).toBe('FILLED');
    expect(found?.filledQuantity.toString()).toBe('10');
    expect(found?.reserved.sign).toBe(0);
    expect((await statement()).holdings).toEqual([
      expect.objectContaining({ isin: on.isin, quantity: Decimal.of(10) }),
    ]);
  });

  it('takes an order once, however often it is sent', async () => {
    const sent = order();
    const first = await on.broker.submit(sent, signal);
    const second = await on.broker.submit(sent, signal);

    expect(second).toEqual(first);
    const { fills } = await statement();
    const quantities = fills.filter((f) => f.clientOrderId === sent.clientOrderId);
    expect(sum(quantities.map((fill) => fill.quantity)).toString()).toBe('10');
  });

  it('rejects another order under a client order id that was used', async () => {
    const sent = order();
    await on.broker.submit(sent, signal);
    const outcome = await on.broker.submit({ ...sent, quantity: Decimal.of(11) }, signal);

    expect(outcome.kind).toBe('rejected');
    const found = await on.broker.findOrder(on.accountId, sent.clientOrderId, signal);
    expect(found?.quantity.toString()).toBe('10');
  });

  it('does not find an order that was not sent', async () => {
    expect(await on.broker.findOrder(on.accountId, 'never-sent', signal)).toBeUndefined();
  });

  it('sells nothing that is not held', async () => {
    const outcome = await on.broker.submit(order({ side: 'SELL' }), signal);

    expect(outcome.kind).toBe('rejected');
    expect((await statement()).holdings).toEqual([]);
  });

  it('buys nothing that cannot be paid', async () => {
    const outcome = await on.broker.submit(order({ quantity: Decimal.of(10_000_000) }), signal);
    expect(outcome.kind).toBe('rejected');
  });

  it('keeps a limit order open, reserves its cash, and releases it when cancelled', async () => {
    const sent = order({ type: 'LIMIT', timeInForce: 'GTC', limitPrice: limit(0.5) });
    await on.broker.submit(sent, signal);
    const waiting = await on.broker.findOrder(on.accountId, sent.clientOrderId, signal);
    await on.broker.cancel(on.accountId, sent.clientOrderId, signal);
    const cancelled = await on.broker.findOrder(on.accountId, sent.clientOrderId, signal);

    expect(waiting?.state).toBe('WORKING');
    expect(waiting?.reserved.sign).toBe(1);
    expect(cancelled?.state).toBe('CANCELLED');
    expect(cancelled?.reserved.sign).toBe(0);
    expect((await statement()).openOrders).toEqual([]);
  });

  it('never pays more than a limit', async () => {
    const sent = order({ type: 'LIMIT', limitPrice: limit(1.5) });
    await on.broker.submit(sent, signal);
    const found = await on.broker.findOrder(on.accountId, sent.clientOrderId, signal);

    expect(found?.state).toBe('FILLED');
    for (const fill of found?.fills ?? [])
      expect(fill.price.compare(limit(1.5))).toBeLessThanOrEqual(0);
  });

  it('states cash and holdings that its own movements explain', async () => {
    await on.broker.submit(order(), signal);
    await on.broker.submit(order({ side: 'SELL', quantity: Decimal.of(4) }), signal);
    const seen = await statement();

    expect(seen.cash).toEqual(explainedCash(seen));
    expect(seen.holdings[0]?.quantity.toString()).toBe('6');
    expect(new Set(seen.fills.map((fill) => fill.fillId)).size).toBe(seen.fills.length);
  });
}

export function explainedCash(statement: BrokerStatement): Money {
  const moved = [
    ...statement.fills.map((fill) => fill.settlement),
    ...statement.flows.map((flow) => flow.amount),
  ];
  return Money.sum(moved, statement.currency);
}

function sum(quantities: readonly Decimal[]): Decimal {
  return quantities.reduce((total, quantity) => total.add(quantity), Decimal.zero).normalize();
}
