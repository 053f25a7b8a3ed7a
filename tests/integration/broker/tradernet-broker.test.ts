import type { OrderInstruction } from '#shared/clients/broker/broker.ts';
import { SharedPace } from '#shared/clients/broker/call-pace.ts';
import { OrderLinks } from '#shared/clients/broker/order-links.ts';
import { TradernetApi } from '#shared/clients/broker/tradernet/tradernet-api.ts';
import { TradernetBroker } from '#shared/clients/broker/tradernet/tradernet-broker.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price } from '#shared/kernel/price.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { conforms, explainedCash } from '../../support/brokers/broker-conformance.ts';
import { withstands } from '../../support/brokers/broker-faults.ts';
import {
  openTestDependencies,
  startTestRedis,
  type TestRedis,
} from '../../support/dependencies.ts';
import { ALPHA, BETA, GAMMA } from '../../support/markets/set-market.ts';
import { tradernetAbilities, tradernetFaultsOf } from '../../support/brokers/tradernet-faults.ts';
import { TRADERNET_KEYS, TradernetMock } from '../../support/brokers/tradernet-mock.ts';

const signal = new AbortController().signal;
const USD = parseCurrency('USD');
let redis: TestRedis;
let dependencies: Dependencies;
let mock: TradernetMock;
let url: string;
let broker: TradernetBroker;

beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  dependencies = await openTestDependencies(redis);
  mock = new TradernetMock();
  url = await mock.start();
  broker = open();
});
afterEach(async () => {
  await mock.stop();
  await dependencies.close();
});

function open(spacingMs?: number): TradernetBroker {
  const now = () => instantOf(Date.now());
  const { database } = dependencies;
  const pace = { turn: async (at: AbortSignal) => at.throwIfAborted() };
  return new TradernetBroker({
    api: new TradernetApi({
      baseUrl: url,
      pace: spacingMs === undefined ? pace : new SharedPace(database, 'test', spacingMs),
      publicKey: () => TRADERNET_KEYS.publicKey,
      privateKey: () => TRADERNET_KEYS.privateKey,
      nowMs: now,
    }),
    links: new OrderLinks(database),
    currency: USD,
    simulated: true,
    lastPrice: () => Promise.resolve(Decimal.of(100)),
    now,
  });
}

let ids = 1_000_000_000;
const order = (change: Partial<OrderInstruction> = {}): OrderInstruction => ({
  clientOrderId: String((ids += 1)),
  accountId: DEFAULT_ACCOUNT,
  isin: BETA,
  symbol: 'BETA',
  side: 'BUY',
  quantity: Decimal.of(10),
  type: 'MARKET',
  timeInForce: 'DAY',
  ...change,
});
const statement = () => broker.statement(DEFAULT_ACCOUNT, signal);
const find = (id: string) => broker.findOrder(DEFAULT_ACCOUNT, id, signal);
const failureOf = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (thrown: unknown) => Failure.from(thrown),
  );
const opened = () => ({
  broker,
  accountId: DEFAULT_ACCOUNT,
  isin: BETA,
  symbol: 'BETA',
  price: 100,
  currency: 'USD',
  close: () => Promise.resolve(),
});

describe('Tradernet as a broker', () => {
  conforms(() => Promise.resolve(opened()));
  withstands(tradernetAbilities, () =>
    Promise.resolve({
      ...opened(),
      mock: tradernetFaultsOf(mock),
      secrets: Object.values(TRADERNET_KEYS),
      reopen: () => open(),
    }),
  );
});

describe('an order at Tradernet', () => {
  const refusedFor = async (change: Partial<OrderInstruction>) => {
    const outcome = await broker.submit(order(change), signal);
    expect(mock.posts).toBe(0);
    return outcome.kind === 'rejected' ? outcome.reason : outcome.kind;
  };

  it.each([
    ['a fraction', { quantity: Decimal.of('0.5') }, 'unsupported-whole-shares'],
    ['IOC', { timeInForce: 'IOC' }, 'unsupported-time-in-force'],
    ['FOK', { timeInForce: 'FOK' }, 'unsupported-time-in-force'],
    ['extended hours', { extendedHours: true }, 'unsupported-extended-hours'],
    ['another id than digits', { clientOrderId: 'abc' }, 'unsupported-client-order-id'],
    ['a listing in another currency', { isin: ALPHA, symbol: 'ALPHA' }, 'unsupported-currency'],
    ['what it does not list', { isin: GAMMA, symbol: 'GAMMA' }, 'unsupported-security'],
  ] as const)('with %s is refused before it is sent', async (_, change, rule) => {
    expect(await refusedFor(change)).toContain(rule);
  });

  it('is certainly not sent, and not claimed, where the search for its symbol fails', async () => {
    const sent = order();
    await mock.stop();
    expect(await broker.submit(sent, signal)).toMatchObject({
      kind: 'rejected',
      reason: expect.stringContaining('not-sent') as string,
    });
    expect(
      await new OrderLinks(dependencies.database).find(DEFAULT_ACCOUNT, sent.clientOrderId),
    ).toBe(undefined);
  });

  it('is found by the id it was accepted under, where its own is not shown', async () => {
    mock.echoesIds = false;
    const sent = order();
    const outcome = await broker.submit(sent, signal);
    expect(await find(sent.clientOrderId)).toMatchObject({ state: 'FILLED', ...idOf(outcome) });
    expect((await statement()).fills[0]?.clientOrderId).toBe(sent.clientOrderId);
  });

  it('whose answer was lost and whose id is not shown is not found, and never proved absent', async () => {
    mock.echoesIds = false;
    mock.orderFault = 'lost-after';
    const sent = order();
    expect(await failureOf(broker.submit(sent, signal))).toBeDefined();
    mock.orderFault = 'none';
    expect(await find(sent.clientOrderId)).toBeUndefined();
    expect(await failureOf(open().submit(sent, signal))).toBeDefined();
    expect(mock.posts).toBe(1);
    expect(broker.capabilities.provesAbsence).toBe(false);
  });

  it('keeps its id to the last digit, and is read whatever form its numbers have', async () => {
    mock.odd = true;
    const sent = order({
      type: 'LIMIT',
      timeInForce: 'GTC',
      limitPrice: Price.parse('50.25', 'USD'),
    });
    const outcome = await broker.submit(sent, signal);
    expect(idOf(outcome).brokerOrderId).toBe('9007199254740995');
    const found = await find(sent.clientOrderId);
    expect(found).toMatchObject({ state: 'WORKING', brokerOrderId: '9007199254740995' });
    expect(found?.reserved.toString()).toContain('502.50');
  });

  it('accepted, and in neither list yet, is not reported as missing', async () => {
    const sent = order();
    await broker.submit(sent, signal);
    Object.assign(mock, { current: () => [], historyLags: true });
    expect((await failureOf(find(sent.clientOrderId)))?.code).toBe('UNAVAILABLE');
  });

  it('is paced by all processes together', async () => {
    mock.spacingMs = 20;
    // Far longer than the service asks for: two calls may come here later than they were sent.
    const [one, other] = [open(1_000), open(1_000)];
    await Promise.all([one.ping(signal), other.ping(signal), one.clock(signal)]);
    expect(mock.refusedAsTooMany).toBe(0);
  });
});

describe('movements of an account at Tradernet', () => {
  it('is stated once each, and explains the cash', async () => {
    mock.flow('tax', -100);
    mock.flow('agent_fee', -250);
    mock.flow('card_payout', -10_000);
    mock.flow('block', -99);
    mock.cents.set('USD', (mock.cents.get('USD') ?? 0) + 99);
    const seen = await statement();
    const kinds = seen.flows.map((flow) => flow.kind).sort();
    expect(kinds).toEqual(['deposit', 'fee', 'tax', 'withdrawal']);
    expect(seen.cash).toEqual(explainedCash(seen));
  });

  it.each(['report', 'cash flows', 'both'])('has a dividend once, in the %s', async (source) => {
    await broker.submit(order(), signal);
    if (source !== 'cash flows') mock.dividend('BETA.US', 0.85, 10, 128);
    else mock.cents.set('USD', (mock.cents.get('USD') ?? 0) + 722);
    if (source !== 'report') mock.dividendInCash(850, 128);
    const seen = await statement();
    const paid = seen.flows.filter(({ kind }) => kind === 'dividend' || kind === 'tax');
    expect(paid.map(({ amount }) => amount.amount.toString())).toEqual(['8.50', '-1.28']);
    if (source !== 'cash flows') expect(paid[0]?.isin).toBe(BETA);
    expect(seen.cash).toEqual(explainedCash(seen));
  });

  it('keeps the id of a dividend, whichever source has it first', async () => {
    mock.dividend('BETA.US', 0.85, 10, 128);
    const first = (await statement()).flows.map(({ flowId }) => flowId);
    mock.dividendInCash(850, 128);
    expect((await statement()).flows.map(({ flowId }) => flowId)).toEqual(first);
  });

  it('has the commission of a trade as a flow, in the currency it is charged in', async () => {
    mock.cents.set('EUR', 50_000);
    mock.flow('bank', 50_000, 'EUR', false);
    mock.commission = { cents: 120, currency: 'EUR' };
    await broker.submit(order(), signal);
    const seen = await statement();
    expect(seen.cash).toEqual(explainedCash(seen));
    const [euros] = seen.otherBalances ?? [];
    expect(euros?.cash.toString()).toBe('EUR 498.80');
    const moved = Money.sum(euros?.flows.map(({ amount }) => amount) ?? [], parseCurrency('EUR'));
    expect(moved).toEqual(euros?.cash);
  });

  it("contains a person's trade in another currency, without a change of this one", async () => {
    mock.cents.set('EUR', 200_000);
    mock.flow('bank', 200_000, 'EUR', false);
    mock.byHand('ALPHA.EU', 5);
    const seen = await statement();
    expect(seen.holdings).toMatchObject([{ isin: ALPHA }]);
    expect(seen.fills[0]?.settlement.toString()).toBe('USD -550.00');
    expect(seen.cash).toEqual(explainedCash(seen));
    expect(seen.otherBalances?.[0]?.cash.toString()).toBe('EUR 1500.00');
  });

  it.each([false, true])(
    'has an exchange of currencies once in each balance (in the cash flows, too: %s)',
    async (inCashFlows) => {
      mock.exchange('EUR/USD', 500, 1.1, inCashFlows);
      const seen = await statement();
      const [euros] = seen.otherBalances ?? [];
      expect(euros?.cash.toString()).toBe('EUR 500.00');
      expect(euros?.flows.map(({ kind, amount }) => `${kind} ${amount}`)).toEqual([
        'conversion EUR 500.00',
      ]);
      expect(seen.cash).toEqual(explainedCash(seen));
      expect(seen.fills).toEqual([]);
    },
  );

  it('names the movements of a balance that is empty again', async () => {
    mock.exchange('EUR/USD', 500, 1.1, false);
    mock.exchange('EUR/USD', -500, 1.1, false);
    const seen = await statement();
    expect(seen.otherBalances).toMatchObject([{ cash: Money.parse('0', 'EUR') }]);
    expect(seen.otherBalances?.[0]?.flows).toHaveLength(2);
  });

  it('says of an execution that its commission is taken and not stated yet', async () => {
    mock.commission = { cents: 120, currency: 'USD' };
    mock.chargesLag = true;
    await broker.submit(order(), signal);
    expect((await statement()).fills).toMatchObject([{ awaitsCharges: true }]);
    mock.stateCharges();
    const later = await statement();
    expect(later.fills[0]?.awaitsCharges).toBeUndefined();
    expect(later.cash).toEqual(explainedCash(later));
  });

  it('takes a split back that is reverted', async () => {
    await broker.submit(order(), signal);
    mock.split('BETA.US', 3);
    mock.revertSplit('BETA.US');
    const { corporateActions = [], holdings } = await statement();
    expect(corporateActions.map(({ kind, sharesChange }) => `${kind} ${sharesChange}`)).toEqual([
      'split 20',
      'split -20',
    ]);
    expect(holdings[0]?.quantity.toString()).toBe('10');
  });

  it('stops the reading at an unknown kind of cash flow', async () => {
    mock.flow('newkind', 500);
    expect((await failureOf(statement()))?.code).toBe('UPSTREAM_BROKEN');
  });
});

describe('Tradernet’s market', () => {
  it('says when it closes, in the time of its table', async () => {
    const clock = await broker.clock(signal);
    expect(clock.open).toBe(true);
    expect(((clock.nextClose ?? 0) + 3 * 3_600_000) % 86_400_000).toBe(0);
  });
});

function idOf(outcome: { readonly kind: string; readonly brokerOrderId?: string }) {
  return { brokerOrderId: outcome.brokerOrderId };
}
