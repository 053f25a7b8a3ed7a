import { AlpacaApi } from '#shared/clients/broker/alpaca/alpaca-api.ts';
import { AlpacaBroker } from '#shared/clients/broker/alpaca/alpaca-broker.ts';
import type { OrderInstruction } from '#shared/clients/broker/broker.ts';
import { BrokerSymbols } from '#shared/clients/broker/symbols.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { Price } from '#shared/kernel/price.ts';
import { AlpacaMock, KEYS, type OrderFault, type ReadFault } from '../../support/alpaca-mock.ts';
import { conforms, explainedCash } from '../../support/broker-conformance.ts';
import { BETA, SetMarket } from '../../support/set-market.ts';

const signal = new AbortController().signal;
let mock: AlpacaMock;
let url: string;
let broker: AlpacaBroker;

function open(baseUrl: string): AlpacaBroker {
  const now = () => instantOf(Date.now());
  return new AlpacaBroker({
    api: new AlpacaApi({
      baseUrl,
      keyId: () => KEYS.keyId,
      secretKey: () => KEYS.secretKey,
    }),
    symbols: new BrokerSymbols(new SetMarket(), now),
    simulated: true,
    lastPrice: () => Promise.resolve(Decimal.of(100)),
    now,
  });
}

beforeEach(async () => {
  mock = new AlpacaMock();
  url = await mock.start();
  broker = open(url);
});
afterEach(() => mock.stop());

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
const find = (id: string) => broker.findOrder(DEFAULT_ACCOUNT, id, signal);
const statement = () => broker.statement(DEFAULT_ACCOUNT, signal);
const thrownBy = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (thrown: unknown) => Failure.from(thrown),
  );

describe('Alpaca as a broker', () => {
  conforms(() =>
    Promise.resolve({
      broker,
      accountId: DEFAULT_ACCOUNT,
      isin: BETA,
      symbol: 'BETA',
      price: 100,
      currency: 'USD',
      close: () => Promise.resolve(),
    }),
  );
});

describe('an order at Alpaca whose answer says nothing', () => {
  test.each<[OrderFault, boolean]>([
    ['lost-before', false],
    ['lost-after', true],
    ['429', false],
    ['500-before', false],
    ['500-after', true],
    ['html-after', true],
    ['200-error', false],
    ['403-html', false],
    ['maintenance', false],
  ])('is unknown, sent once, and found only if it took effect: %s', async (fault, took) => {
    mock.orderFault = fault;
    const sent = order();
    const failure = await thrownBy(broker.submit(sent, signal));
    mock.orderFault = 'none';
    expect(failure).toBeDefined();
    expect(mock.posts).toBe(1);
    expect((await find(sent.clientOrderId)) !== undefined).toBe(took);
  });

  it('is accepted when it is sent again after a restart, without a second order', async () => {
    mock.orderFault = 'lost-after';
    const sent = order();
    await thrownBy(broker.submit(sent, signal));
    mock.orderFault = 'none';
    broker = open(url);
    expect((await broker.submit(sent, signal)).kind).toBe('accepted');
    expect((await statement()).holdings[0]?.quantity.toString()).toBe('10');
  });
});

describe('a look at Alpaca that is no look', () => {
  test.each<ReadFault>(['html', '500', 'empty', 'maintenance'])(
    'never says that an order is missing: %s',
    async (fault) => {
      mock.readFault = fault;
      expect(await thrownBy(find('1000000000'))).toBeDefined();
      expect(await thrownBy(statement())).toBeDefined();
    },
  );
});

describe('what happens to an order at Alpaca', () => {
  it('is filled in part, then cancelled, and filled again afterwards', async () => {
    mock.fillsAtOnce = 4_000_000_000n;
    const sent = order();
    await broker.submit(sent, signal);
    expect(await find(sent.clientOrderId)).toMatchObject({ state: 'PARTIAL' });
    await broker.cancel(DEFAULT_ACCOUNT, sent.clientOrderId, signal);
    mock.execute(sent.clientOrderId, '1');
    const after = await find(sent.clientOrderId);
    expect(after?.state).toBe('CANCELLED');
    expect(after?.filledQuantity.toString()).toBe('5');
    expect(after?.fills).toHaveLength(2);
    await broker.cancel(DEFAULT_ACCOUNT, sent.clientOrderId, signal);
  });

  it('keeps every execution once, also when they are listed late and out of order', async () => {
    mock.fillsAtOnce = 2_000_000_000n;
    const sent = order();
    await broker.submit(sent, signal);
    mock.execute(sent.clientOrderId, '3', { early: true });
    const seen = await statement();
    expect(seen.fills.map((fill) => fill.quantity.toString())).toEqual(['3', '2']);
    expect(seen.cash).toEqual(explainedCash(seen));
  });

  it('follows what replaced it', async () => {
    mock.fillsAtOnce = 0n;
    const sent = order();
    await broker.submit(sent, signal);
    const successor = mock.replace(sent.clientOrderId);
    mock.execute(successor, '10');
    const found = await find(sent.clientOrderId);
    expect(found).toMatchObject({ clientOrderId: sent.clientOrderId, state: 'FILLED' });
    expect((await statement()).fills[0]?.clientOrderId).toBe(sent.clientOrderId);
  });

  it('takes a fraction to nine decimals for the day, and no other', async () => {
    const quantity = Decimal.of('0.123456789');
    expect((await broker.submit(order({ quantity }), signal)).kind).toBe('accepted');
    const refused = await broker.submit(order({ quantity, timeInForce: 'GTC' }), signal);
    expect(refused).toMatchObject({
      kind: 'rejected',
      reason: expect.stringContaining('unsupported-fraction-time-in-force') as string,
    });
    expect(mock.posts).toBe(1);
  });

  it('is refused before it is sent in another currency', async () => {
    const limitPrice = Price.parse('90', 'EUR');
    const outcome = await broker.submit(order({ type: 'LIMIT', limitPrice }), signal);
    expect(outcome).toMatchObject({
      reason: expect.stringContaining('unsupported-currency') as string,
    });
    expect(mock.posts).toBe(0);
  });
});

describe('what else moves an account at Alpaca', () => {
  it('is stated, each once, and explains the cash', async () => {
    mock.event({ activity_type: 'DIV', net_amount: '2.20', symbol: 'BETA', qty: '10' });
    mock.event({ activity_type: 'DIVNRA', net_amount: '-0.33', symbol: 'BETA' });
    mock.event({ activity_type: 'FEE', net_amount: '-0.01' });
    mock.event({ activity_type: 'INT', net_amount: '1.05' });
    mock.event({ activity_type: 'CSW', net_amount: '-100' });
    const seen = await statement();
    const kinds = seen.flows.map((flow) => flow.kind);
    expect(kinds).toEqual(['deposit', 'dividend', 'tax', 'fee', 'interest', 'withdrawal']);
    expect(seen.cash).toEqual(explainedCash(seen));
  });

  it('is read beyond the first page', async () => {
    for (let count = 0; count < 250; count += 1)
      mock.event({ activity_type: 'FEE', net_amount: '-0.01' });
    const seen = await statement();
    expect(seen.flows).toHaveLength(251);
    expect(seen.cash).toEqual(explainedCash(seen));
  });

  it('shows a split as what it is', async () => {
    await broker.submit(order(), signal);
    mock.split('BETA', 4n);
    const seen = await statement();
    expect(seen.holdings[0]?.quantity.toString()).toBe('40');
    expect(seen.corporateActions).toEqual([
      expect.objectContaining({ kind: 'split', sharesChange: Decimal.of(30) }),
    ]);
  });

  it('shows an order that a person placed there', async () => {
    const client = mock.byHand('BETA', '3');
    expect((await statement()).fills[0]).toMatchObject({ clientOrderId: client });
  });

  it('stops the reading where a movement of cash is of a kind that nobody knows', async () => {
    mock.event({ activity_type: 'NEWKIND', net_amount: '5' });
    expect((await thrownBy(statement()))?.code).toBe('UPSTREAM_BROKEN');
  });

  it('stops the reading where a security is not listed', async () => {
    mock.byHand('OTHER', '1');
    expect((await thrownBy(statement()))?.facts).toMatchObject({ rule: 'unknown-symbol' });
  });
});

describe('the connection to Alpaca', () => {
  it('names a clock that is wrong', async () => {
    mock.skewMs = 3_600_000;
    expect((await thrownBy(broker.ping(signal)))?.facts).toMatchObject({ rule: 'clock-skew' });
  });

  it('tells when the market trades', async () => {
    expect(await broker.clock(signal)).toMatchObject({ open: true });
  });

  test.each<OrderFault>(['lost-after', '429', '500-after', 'html-after', '403-html'])(
    'keeps its keys out of what it throws: %s',
    async (fault) => {
      mock.orderFault = fault;
      const failure = await thrownBy(broker.submit(order(), signal));
      const said: string[] = [];
      for (let at: unknown = failure; at instanceof Error; at = at.cause)
        said.push(at.message, at.stack ?? '', JSON.stringify(at), JSON.stringify({ ...at }));
      expect(said.join('\n')).not.toMatch(new RegExp(`${KEYS.keyId}|${KEYS.secretKey}`));
    },
  );
});
