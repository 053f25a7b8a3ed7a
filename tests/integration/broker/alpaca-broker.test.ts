import { AlpacaApi } from '#shared/clients/broker/alpaca/alpaca-api.ts';
import { AlpacaBroker } from '#shared/clients/broker/alpaca/alpaca-broker.ts';
import type { OrderInstruction } from '#shared/clients/broker/broker.ts';
import { BrokerSymbols } from '#shared/clients/broker/symbols.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { Price } from '#shared/kernel/price.ts';
import { AlpacaMock, KEYS } from '../../support/brokers/alpaca-mock.ts';
import { alpacaAbilities, faultsOf } from '../../support/brokers/alpaca-faults.ts';
import { withstands } from '../../support/brokers/broker-faults.ts';
import { conforms, explainedCash } from '../../support/brokers/broker-conformance.ts';
import { BETA, SetMarket } from '../../support/markets/set-market.ts';

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
const statement = () => broker.statement(DEFAULT_ACCOUNT, signal);
const thrownBy = (call: Promise<unknown>) =>
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

describe('Alpaca as a broker', () => {
  conforms(() => Promise.resolve(opened()));
  withstands(alpacaAbilities, () =>
    Promise.resolve({
      ...opened(),
      mock: faultsOf(mock),
      secrets: Object.values(KEYS),
      reopen: () => open(url),
    }),
  );
});

describe('what happens to an order at Alpaca', () => {
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

describe('other account activities at Alpaca', () => {
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

  it('is read completely once, and then only as far as it may have changed', async () => {
    for (let count = 0; count < 250; count += 1)
      mock.event({ activity_type: 'FEE', net_amount: '-0.01', created_at: '2020-01-01T00:00:00Z' });
    await broker.submit(order(), signal);
    const first = await statement();
    const sent = mock.activitiesSent;
    mock.event({ activity_type: 'INT', net_amount: '1.05' });
    const second = await statement();
    expect(mock.activitiesSent - sent).toBeLessThan(10);
    expect(second.flows.slice(0, -1)).toEqual(first.flows);
    expect(second.flows.at(-1)?.kind).toBe('interest');
    expect(second.cash).toEqual(explainedCash(second));
    expect({ ...(await open(url).statement(DEFAULT_ACCOUNT, signal)), takenAt: 0 }).toEqual({
      ...second,
      takenAt: 0,
    });
  });

  it('stops the reading at cash in another currency', async () => {
    mock.event({ activity_type: 'DIV', net_amount: '5', symbol: 'BETA', currency: 'EUR' });
    expect((await thrownBy(statement()))?.message).toContain('in EUR');
  });

  it('has a split once that is stated as shares that go and shares that come', async () => {
    await broker.submit(order(), signal);
    mock.deliver('BETA', '20');
    mock.event({ activity_type: 'SPLIT', symbol: 'BETA', qty: '-10', group_id: 'split-1' });
    mock.event({ activity_type: 'SPLIT', symbol: 'BETA', qty: '30', group_id: 'split-1' });
    const { corporateActions = [] } = await statement();
    expect(corporateActions.map(({ kind, sharesChange }) => `${kind} ${sharesChange}`)).toEqual([
      'split 20',
    ]);
  });

  it('stops the reading at an unknown kind of cash movement', async () => {
    mock.event({ activity_type: 'NEWKIND', net_amount: '5' });
    expect((await thrownBy(statement()))?.code).toBe('UPSTREAM_BROKEN');
  });

  it('stops the reading where a security is not listed', async () => {
    mock.byHand('OTHER', '1');
    expect((await thrownBy(statement()))?.facts).toMatchObject({ rule: 'unknown-symbol' });
  });
});

describe('the connection to Alpaca', () => {
  it('keeps no timer after a cancellation', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout');
    mock.fillsAtOnce = 0n;
    const sent = order();
    await broker.submit(sent, signal);
    const before = timers().length;
    await broker.cancel(DEFAULT_ACCOUNT, sent.clientOrderId, signal);
    // Those of the connection itself may be there for a moment.
    while (timers().length > before) await new Promise((resolve) => setImmediate(resolve));
  });

  it('states when the market trades', async () => {
    expect(await broker.clock(signal)).toMatchObject({ open: true });
  });
});

describe('the rate of calls to Alpaca', () => {
  it('is kept by no clock that can be set back', async () => {
    const { keyId, secretKey } = KEYS;
    const api = new AlpacaApi({ baseUrl: url, keyId: () => keyId, secretKey: () => secretKey });
    await api.clock(signal);
    const earlier = Date.now() - 600_000;
    const clock = jest.spyOn(Date, 'now').mockReturnValue(earlier);
    try {
      // More than go out at once.
      for (let count = 0; count < 181; count += 1) await api.clock(signal);
    } finally {
      clock.mockRestore();
    }
  });
});
