import type { OrderInstruction } from '#shared/clients/broker/broker.ts';
import { PaperBroker } from '#shared/clients/broker/paper/paper-broker.ts';
import { brokerCharges, costModelOf } from '#shared/kernel/costs.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { DEFAULT_ACCOUNT, type AccountId } from '#shared/kernel/identifiers.ts';
import { DAY_MS } from '#shared/kernel/instant.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price } from '#shared/kernel/price.ts';
import { keys } from '#shared/redis/keys.ts';
import { withstands } from '../../support/brokers/broker-faults.ts';
import { paperAbilities, paperMock, reopened } from '../../support/brokers/paper-mock.ts';
import { conforms, explainedCash } from '../../support/brokers/broker-conformance.ts';
import {
  openPaperFixture,
  PAPER_DAY,
  type PaperFixture,
} from '../../support/brokers/paper-fixture.ts';
import { ALPHA, BETA, GAMMA } from '../../support/markets/set-market.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());

const signal = new AbortController().signal;
const euros = (amount: string) => Money.parse(amount, 'EUR');

function order(overrides: Partial<OrderInstruction> = {}): OrderInstruction {
  return {
    clientOrderId: 'order-1',
    accountId: DEFAULT_ACCOUNT,
    isin: ALPHA,
    symbol: 'ALPHA',
    side: 'BUY',
    quantity: Decimal.of(10),
    type: 'MARKET',
    timeInForce: 'GTC',
    ...overrides,
  };
}

async function opened() {
  const on = await openPaperFixture(redis);
  on.market.setClose(ALPHA, PAPER_DAY, 100);
  return {
    on,
    broker: on.broker,
    accountId: DEFAULT_ACCOUNT,
    isin: ALPHA,
    symbol: 'ALPHA',
    price: 100,
    currency: 'EUR',
    close: on.dependencies.close,
  };
}

describe('the paper broker as a broker', () => {
  conforms(opened);
  withstands(paperAbilities, async () => {
    const under = await opened();
    return { ...under, mock: paperMock(under.on), secrets: [], reopen: () => reopened(under.on) };
  });
});

describe('the paper broker', () => {
  let on: PaperFixture;
  beforeEach(async () => {
    on = await openPaperFixture(redis);
    on.market.setClose(ALPHA, PAPER_DAY, 100).setClose(BETA, PAPER_DAY, 200);
  });
  afterEach(() => on.dependencies.close());

  const submit = (sent: OrderInstruction) => on.broker.submit(sent, signal);
  const find = (id: string) => on.broker.findOrder(DEFAULT_ACCOUNT, id, signal);
  const statement = (account = DEFAULT_ACCOUNT) => on.broker.statement(account, signal);

  it('opens the default account with one deposit, and no other by itself', async () => {
    await statement();
    const { cash, flows } = await statement();
    expect(cash).toEqual(euros('25000.00'));
    expect(flows).toEqual([expect.objectContaining({ flowId: 'opening', kind: 'deposit' })]);
    const other = 'other' as AccountId;
    await expect(statement(other)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await on.broker.funding?.open(other, euros('10.00'), signal);
    await on.broker.funding?.open(other, euros('99.00'), signal);
    expect((await statement(other)).cash).toEqual(euros('10.00'));
  });

  it('rejects what is not listed, has no price or has no exchange rate, each by its name', async () => {
    const unlisted = await submit(order({ clientOrderId: 'a', isin: 'FR0000120271' as never }));
    const unpriced = await submit(order({ clientOrderId: 'b', isin: GAMMA }));
    const unrated = await submit(order({ clientOrderId: 'c', isin: BETA }));
    expect([unlisted, unpriced, unrated]).toEqual([
      { kind: 'rejected', reason: 'unknown-security' },
      { kind: 'rejected', reason: 'price-missing' },
      { kind: 'rejected', reason: 'exchange-rate-missing' },
    ]);
    expect((await find('c'))?.state).toBe('REJECTED');
  });

  it('answers a rejection again, though the order could be filled by now', async () => {
    const first = await submit(order({ isin: BETA }));
    on.market.setRate('USD', 'EUR', PAPER_DAY, 0.9);
    expect(await submit(order({ isin: BETA }))).toEqual(first);
  });

  it('settles a foreign security with the rate of the day, to the cent', async () => {
    on.market.setRate('USD', 'EUR', PAPER_DAY, 0.9);
    await submit(order({ isin: BETA, symbol: 'BETA' }));
    const fills = (await find('order-1'))?.fills ?? [];
    for (const fill of fills) {
      const value = fill.price.amount.multiply(fill.quantity).multiply(Decimal.parse('0.9'));
      const paid = Money.rounded(value, euros('0').currency, 'half-even');
      expect(fill.settlement).toEqual(paid.add(fill.commission).add(fill.fees).negate());
    }
    expect((await statement()).cash).toEqual(explainedCash(await statement()));
  });

  it('fills a large order in two parts, the second at the next query', async () => {
    on.market.setClose(ALPHA, PAPER_DAY, 100, 400);
    await submit(order({ quantity: Decimal.of(100) }));
    const record = await on.dependencies.database.redis.hget(
      keys.paperBroker.book('default'),
      'json',
    );
    const found = await find('order-1');
    expect(record).toContain('"PARTIAL"');
    expect(found?.fills.map((fill) => fill.quantity.toString())).toEqual(['40', '60']);
    const fills = found?.fills ?? [];
    const value = Money.sum(
      fills.map((f) => f.settlement.add(f.commission).add(f.fees).negate()),
      euros('0').currency,
    );
    const whole = brokerCharges(costModelOf(on.dependencies.settings), 'BUY', value);
    expect(
      Money.sum(
        fills.map((f) => f.commission),
        value.currency,
      ),
    ).toEqual(whole.commission);
  });

  it('fills what it can of an IOC order, and nothing of a FOK order that is too large', async () => {
    on.market.setClose(ALPHA, PAPER_DAY, 100, 400);
    const quantity = Decimal.of(100);
    await submit(order({ clientOrderId: 'ioc', quantity, timeInForce: 'IOC' }));
    await submit(order({ clientOrderId: 'fok', quantity, timeInForce: 'FOK' }));
    const [ioc, fok] = [await find('ioc'), await find('fok')];
    expect([ioc?.state, ioc?.filledQuantity.toString()]).toEqual(['CANCELLED', '40']);
    expect([fok?.state, fok?.filledQuantity.toString()]).toEqual(['CANCELLED', '0']);
  });

  it('ends a DAY order when the market day has moved on, and keeps a GTC order', async () => {
    const limitPrice = Price.parse('50', 'EUR');
    await submit(order({ clientOrderId: 'day', type: 'LIMIT', limitPrice, timeInForce: 'DAY' }));
    await submit(order({ clientOrderId: 'gtc', type: 'LIMIT', limitPrice }));
    on.advance(DAY_MS);
    expect((await find('day'))?.state).toBe('EXPIRED');
    expect((await find('gtc'))?.state).toBe('WORKING');
  });

  it('fills a waiting limit order once the price allows it, and a stop once it is reached', async () => {
    const low = Price.parse('90', 'EUR');
    const high = Price.parse('110', 'EUR');
    await submit(order({ clientOrderId: 'limit', type: 'LIMIT', limitPrice: low }));
    await submit(order({ clientOrderId: 'stop', type: 'STOP', stopPrice: high }));
    on.market.setClose(ALPHA, PAPER_DAY, 89);
    expect((await find('limit'))?.filledQuantity.sign).toBe(1);
    expect((await find('stop'))?.state).toBe('WORKING');
    on.market.setClose(ALPHA, PAPER_DAY, 111);
    expect((await find('stop'))?.filledQuantity.sign).toBe(1);
  });

  it('does not promise the same cash to two orders', async () => {
    const large = {
      quantity: Decimal.of(150),
      type: 'LIMIT',
      limitPrice: Price.parse('99', 'EUR'),
    } as const;
    await submit(order({ clientOrderId: 'one', ...large }));
    const second = await submit(order({ clientOrderId: 'two', ...large }));
    expect(second).toEqual({ kind: 'rejected', reason: 'insufficient-cash' });
  });

  it('does not promise the same shares to two sales', async () => {
    await submit(order());
    await find('order-1');
    const sale = { side: 'SELL', type: 'LIMIT', limitPrice: Price.parse('150', 'EUR') } as const;
    await submit(order({ clientOrderId: 'sale-1', ...sale }));
    const second = await submit(order({ clientOrderId: 'sale-2', ...sale }));
    expect(second).toEqual({ kind: 'rejected', reason: 'insufficient-shares' });
  });

  it('rejects broken lots', async () => {
    on.market.setClose(GAMMA, PAPER_DAY, 5).setRate('GBP', 'EUR', PAPER_DAY, 1.15);
    const outcome = await submit(order({ isin: GAMMA, quantity: Decimal.of(15) }));
    expect(outcome).toEqual({ kind: 'rejected', reason: 'lot-size' });
  });

  it('pays a deposit in once, and refuses its id for another amount', async () => {
    const deposit = (amount: string) =>
      on.broker.funding?.deposit(DEFAULT_ACCOUNT, 'gift', euros(amount), signal);
    await deposit('500');
    await deposit('500');
    expect((await statement()).cash).toEqual(euros('25500.00'));
    await expect(deposit('600')).rejects.toMatchObject({ code: 'KEY_REUSED' });
  });

  it('adopts holdings by transfers, and transfers nothing when it holds them already', async () => {
    const holding = { isin: ALPHA, symbol: 'ALPHA', quantity: Decimal.of(7) };
    await on.broker.funding?.adopt(DEFAULT_ACCOUNT, [holding], signal);
    await on.broker.funding?.adopt(DEFAULT_ACCOUNT, [holding], signal);
    const seen = await statement();
    expect(seen.holdings).toEqual([holding]);
    expect(seen.cash).toEqual(euros('25000.00'));
    expect(seen.flows.at(-1)).toMatchObject({
      kind: 'transfer-in',
      price: Price.parse('100', 'EUR'),
    });
    await on.broker.funding?.adopt(DEFAULT_ACCOUNT, [], signal);
    expect((await statement()).holdings).toEqual([]);
  });

  it('keeps one book for all processes that use it', async () => {
    const { settings, database, baseCurrency } = on.dependencies;
    const around = {
      database,
      baseCurrency,
      marketData: on.market,
      secret: () => () => '',
      now: () => on.dependencies.now(),
    };
    const other = new PaperBroker(settings, around);
    const ids = Array.from({ length: 8 }, (_, i) => `race-${i % 4}`);
    await Promise.all(
      ids.map((clientOrderId, i) =>
        (i % 2 ? other : on.broker).submit(
          order({ clientOrderId, quantity: Decimal.of(1) }),
          signal,
        ),
      ),
    );
    const seen = await statement();
    expect(seen.holdings[0]?.quantity.toString()).toBe('4');
    expect(seen.cash).toEqual(explainedCash(seen));
  });

  it('answers DATA_CORRUPT for a book that does not parse', async () => {
    await statement();
    await on.dependencies.database.redis.hset(
      keys.paperBroker.book('default'),
      'json',
      '{"cash":1}',
    );
    await expect(statement()).rejects.toMatchObject({ code: 'DATA_CORRUPT' });
  });

  it('finds settled orders by their ids and states each of their fills', async () => {
    const quantity = Decimal.of(1);
    for (let i = 0; i < 40; i += 1)
      await submit(order({ clientOrderId: `many-${i}`, quantity, timeInForce: 'IOC' }));
    expect((await find('many-3'))?.state).toBe('FILLED');
    expect((await statement()).fills).toHaveLength(40);
  });
});
