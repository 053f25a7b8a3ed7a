/**
 * Fault suite of the broker interface, run with a mock with injectable faults: `describe('Alpaca',
 * () => withstands(abilities, openAlpaca))`. A mock lists the faults it supports; each is one case,
 * so that the list of cases shows what was not tested.
 */
import type { Broker, OrderInstruction } from '#shared/clients/broker/broker.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { explainedCash, type BrokerUnderTest } from './broker-conformance.ts';

export interface BrokerMock {
  /** Orders that reached it, whether it accepted them or not. */
  sent(): number;
  /** From now on orders meet this fault; `none` ends it. */
  failOrders(fault: string): void;
  failReads(fault: string): void;
  /** How much of each order executes at once. */
  executesAtOnce?(quantity: string): void;
  /** Executes more of an order, also of one that has ended; `early`: listed before the others. */
  execute?(clientOrderId: string, quantity: string, options?: { readonly early: boolean }): void;
  /** Replaces an order by another. @returns the client order id of the new one */
  replace?(clientOrderId: string): string;
  /** An order that a person places there. @returns its client order id */
  placeByHand?(quantity: string): Promise<string>;
  /** A deposit made outside. */
  deposit?(amount: string): Promise<void>;
  /** Gives `factor` shares for each one held. */
  split?(factor: number): void;
  /** Sets its clock ahead. */
  skewClock?(ms: number): void;
}

export interface BrokerWithMock extends BrokerUnderTest {
  readonly mock: BrokerMock;
  /** Secrets that must not appear in errors. */
  readonly secrets: readonly string[];
  /** Another adapter to the same account, as after a restart. */
  reopen(): Broker;
}

export interface MockAbilities {
  /** Faults of sending; true where the order takes effect all the same. */
  readonly orderFaults: Readonly<Record<string, boolean>>;
  readonly readFaults: readonly string[];
  readonly can: readonly Ability[];
  /** Cases that do not exist at this broker, and why. */
  readonly without?: Partial<Readonly<Record<Ability, string>>>;
}

const abilities = ['fill', 'replace', 'by-hand', 'deposit', 'split', 'skew'] as const;
type Ability = (typeof abilities)[number];

const signal = new AbortController().signal;
/** Above those of the conformance suite, in a form that every broker takes. */
let ids = 2_000_000_000;

export function withstands(
  { orderFaults, readFaults, can, without = {} }: MockAbilities,
  open: () => Promise<BrokerWithMock>,
): void {
  let on: BrokerWithMock;
  beforeEach(async () => {
    on = await open();
  });
  afterEach(() => on.close());

  const order = (change: Partial<OrderInstruction> = {}): OrderInstruction => ({
    clientOrderId: String((ids += 1)),
    ...{ accountId: on.accountId, isin: on.isin, symbol: on.symbol },
    ...{ side: 'BUY', quantity: Decimal.of(10), type: 'MARKET', timeInForce: 'DAY' },
    ...change,
  });
  const find = (id: string, broker = on.broker) => broker.findOrder(on.accountId, id, signal);
  const statement = (broker = on.broker) => broker.statement(on.accountId, signal);
  const submit = (sent: OrderInstruction) => on.broker.submit(sent, signal);
  const failureOf = (call: Promise<unknown>) =>
    call.then(
      () => undefined,
      (thrown: unknown) => Failure.from(thrown),
    );
  const able = (ability: Ability) => (title: string, work: () => Promise<void>) => {
    if (can.includes(ability)) it(title, work);
  };

  const missing = Object.entries(without).map(([ability, why]) => `${ability} (${why})`);
  it(`has every case${missing.length > 0 ? ` but ${missing.join(', ')}` : ''}`, () => {
    const decided = [...can, ...Object.keys(without)].sort();
    expect(decided).toEqual([...abilities].sort());
  });

  describe.each(Object.entries(orderFaults))('an order whose answer is %s', (fault, took) => {
    it('is unknown, sent once, and found only if it was executed', async () => {
      await statement();
      const [sent, before] = [order(), on.mock.sent()];
      on.mock.failOrders(fault);
      expect(await failureOf(submit(sent))).toBeDefined();
      on.mock.failOrders('none');
      expect(on.mock.sent() - before).toBe(1);
      expect((await find(sent.clientOrderId)) !== undefined).toBe(took);
      const seen = await statement();
      expect(seen.holdings.map(({ quantity }) => quantity.toString())).toEqual(took ? ['10'] : []);
      expect(seen.cash).toEqual(explainedCash(seen));
    });

    it('is one order, when it is sent again after a restart', async () => {
      await statement();
      const sent = order();
      on.mock.failOrders(fault);
      await failureOf(submit(sent));
      on.mock.failOrders('none');
      const [again, before] = [on.reopen(), on.mock.sent()];
      const answer = again.submit(sent, signal);
      // Where the broker would take it twice, it is not even sent a second time.
      const isSentAgain = on.broker.capabilities.refusesDuplicates;
      if (took || isSentAgain) expect((await answer).kind).toBe('accepted');
      else expect(await failureOf(answer)).toBeDefined();
      if (!isSentAgain) expect(on.mock.sent()).toBe(before);
      const { holdings } = await statement(again);
      const held = took || isSentAgain ? ['10'] : [];
      expect(holdings.map(({ quantity }) => quantity.toString())).toEqual(held);
    });

    it('reveals no secret', async () => {
      on.mock.failOrders(fault);
      const failure = await failureOf(submit(order()));
      expect(failure).toBeDefined();
      const texts = everythingIn(failure);
      for (const secret of on.secrets) expect(texts).not.toContain(secret);
    });
  });

  it.each(readFaults)('never takes %s for a missing order or an empty account', async (fault) => {
    const sent = order();
    await submit(sent);
    on.mock.failReads(fault);
    for (const failure of [
      await failureOf(find(sent.clientOrderId)),
      await failureOf(find('2999999999')),
      await failureOf(statement()),
    ]) {
      expect(failure).toBeDefined();
      for (const secret of on.secrets) expect(everythingIn(failure)).not.toContain(secret);
    }
  });

  it('keeps orders and books over a restart', async () => {
    const sent = order();
    await submit(sent);
    const again = on.reopen();
    expect(await find(sent.clientOrderId, again)).toEqual(await find(sent.clientOrderId));
    const [one, other] = [await statement(), await statement(again)];
    expect({ ...other, takenAt: 0 }).toEqual({ ...one, takenAt: 0 });
  });

  it('makes one order of two concurrent identical submissions', async () => {
    await statement();
    const sent = order();
    await Promise.allSettled([submit(sent), on.reopen().submit(sent, signal)]);
    const seen = await statement();
    expect(seen.holdings.map(({ quantity }) => quantity.toString())).toEqual(['10']);
  });

  able('fill')('shows a fill that comes after the cancellation', async () => {
    on.mock.executesAtOnce?.('4');
    const sent = order();
    await submit(sent);
    expect(await find(sent.clientOrderId)).toMatchObject({ state: 'PARTIAL' });
    await on.broker.cancel(on.accountId, sent.clientOrderId, signal);
    on.mock.execute?.(sent.clientOrderId, '1');
    const after = await find(sent.clientOrderId);
    expect(after).toMatchObject({ state: 'CANCELLED' });
    expect(after?.filledQuantity.toString()).toBe('5');
    expect(after?.fills).toHaveLength(2);
    await on.broker.cancel(on.accountId, sent.clientOrderId, signal);
    expect((await statement()).cash).toEqual(explainedCash(await statement()));
  });

  able('fill')('states late and reordered fills once each, by their time', async () => {
    on.mock.executesAtOnce?.('2');
    const sent = order();
    await submit(sent);
    on.mock.execute?.(sent.clientOrderId, '3', { early: true });
    const seen = await statement();
    expect(seen.fills.map((fill) => fill.quantity.toString())).toEqual(['3', '2']);
    expect(seen.cash).toEqual(explainedCash(seen));
  });

  able('replace')('follows an order that was replaced', async () => {
    on.mock.executesAtOnce?.('0');
    const sent = order();
    await submit(sent);
    on.mock.execute?.(on.mock.replace?.(sent.clientOrderId) ?? '', '10');
    const found = await find(sent.clientOrderId);
    expect(found).toMatchObject({ clientOrderId: sent.clientOrderId, state: 'FILLED' });
    expect((await statement()).fills[0]?.clientOrderId).toBe(sent.clientOrderId);
  });

  able('by-hand')('shows an order that a person placed at the broker', async () => {
    const client = await on.mock.placeByHand?.('3');
    const seen = await statement();
    expect(seen.fills.map((fill) => fill.clientOrderId)).toEqual([client]);
    expect(seen.cash).toEqual(explainedCash(seen));
  });

  able('deposit')('states a movement of cash that nobody here made, once', async () => {
    const before = (await statement()).flows.length;
    await on.mock.deposit?.('123.45');
    const { flows, cash } = await statement();
    expect(flows.slice(before)).toMatchObject([{ kind: 'deposit' }]);
    expect(flows.at(-1)?.amount.amount.toString()).toBe('123.45');
    expect(cash).toEqual(explainedCash(await statement()));
  });

  able('split')('shows a split overnight as what it is', async () => {
    await submit(order());
    on.mock.split?.(4);
    const seen = await statement();
    expect(seen.holdings[0]?.quantity.toString()).toBe('40');
    expect(seen.corporateActions).toEqual([
      expect.objectContaining({ kind: 'split', sharesChange: Decimal.of(30) }),
    ]);
  });

  able('skew')('names a clock that is wrong', async () => {
    on.mock.skewClock?.(3_600_000);
    expect((await failureOf(on.broker.ping(signal)))?.facts).toMatchObject({ rule: 'clock-skew' });
  });
}

/** All texts of a failure and its causes. */
function everythingIn(thrown: unknown): string {
  const texts: string[] = [];
  for (let at: unknown = thrown; at instanceof Error; at = at.cause)
    texts.push(at.message, at.stack ?? '', JSON.stringify(at), JSON.stringify({ ...at }));
  return texts.join('\n');
}
