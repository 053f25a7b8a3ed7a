/**
 * Random lives of an account: deposits, orders of every kind, partial fills, transfers, days that
 * pass, syncs, repeated syncs, and syncs whose process dies in the middle. Whatever happened, the
 * book must agree with the broker's to the cent, and the ledger must lead to the book.
 */
import type { Broker, BrokerStatement, OrderInstruction } from '#shared/clients/broker/broker.ts';
import { FunctionsClient } from '#shared/clients/functions-client.ts';
import { addDays, parseDay } from '#shared/kernel/calendar-day.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { DAY_MS } from '#shared/kernel/instant.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price } from '#shared/kernel/price.ts';
import { integerBelow, seededRandom, type Random } from '#shared/kernel/random.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import type { Book, LedgerEntry } from '#shared/portfolio/model/book.ts';
import { replay } from '../../support/book-of-ledger.ts';
import { StoredBook } from '#shared/portfolio/stored-book.ts';
import { connectRedis } from '#shared/redis/client.ts';
import { Database } from '#shared/redis/database.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { crashAt } from '../../support/process-crash.ts';
import { inProcess } from '../../support/host.ts';
import {
  openPaperFixture,
  PAPER_DAY,
  type PaperFixture,
} from '../../support/brokers/paper-fixture.ts';
import { seedMarket } from '../../support/markets/seed-market.ts';
import { ALPHA, BETA, GAMMA } from '../../support/markets/set-market.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';

const HISTORIES = 200;
const STEPS = 14;
const SEED = process.env['TEST_SEED'] ?? 'histories';
const signal = new AbortController().signal;

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());

async function sync(dependencies: Dependencies): Promise<void> {
  const host = inProcess();
  host.into(dependencies);
  const options = { signal, requestId: 'test-sync' };
  const request = { accountId: '', positions: [], forceSync: true };
  await new FunctionsClient(host.transport).call(portfolio.updatePositions, request, options);
}

/** A sync whose process dies at a random command. */
async function interruptedSync(dependencies: Dependencies, random: Random): Promise<void> {
  const connection = connectRedis(redis.url, dependencies.settings.redisKeyPrefix);
  await connection.connect();
  const dying = { ...dependencies, database: new Database(connection) };
  crashAt(dying, 1 + integerBelow(random, 8), random);
  await sync(dying).catch((thrown: unknown) => {
    // Before the first write nothing was changed; after it the outcome is open.
    if (!['UNAVAILABLE', 'OUTCOME_UNKNOWN'].includes(Failure.from(thrown).code)) throw thrown;
  });
  connection.disconnect();
}

class Life {
  private readonly on: PaperFixture;
  private readonly random: Random;
  private day = parseDay(PAPER_DAY);
  private orders = 0;

  constructor(on: PaperFixture, random: Random) {
    this.on = on;
    this.random = random;
    this.setPrices();
  }

  async step(): Promise<void> {
    const steps = [
      () => this.order(),
      () => this.order(),
      () => this.order(),
      () => this.deposit(),
      () => this.adopt(),
      () => this.pass(),
      () => this.cancel(),
      () => sync(this.on.dependencies),
      () => interruptedSync(this.on.dependencies, this.random),
      () => Promise.all([sync(this.on.dependencies), sync(this.on.dependencies)]),
    ];
    await this.pick(steps)();
  }

  private async order(): Promise<void> {
    this.orders += 1;
    const isin = this.pick([ALPHA, BETA, GAMMA]);
    const type = this.pick(['MARKET', 'MARKET', 'MARKET', 'LIMIT', 'STOP', 'STOP_LIMIT'] as const);
    const currency = isin === ALPHA ? 'EUR' : isin === BETA ? 'USD' : 'GBP';
    const price = () => Price.parse((30 + 40 * this.random()).toFixed(2), currency);
    const sent: OrderInstruction = {
      clientOrderId: `order-${this.orders}`,
      accountId: DEFAULT_ACCOUNT,
      isin,
      symbol: isin === ALPHA ? 'ALPHA' : isin === BETA ? 'BETA' : 'GAMMA',
      side: this.pick(['BUY', 'BUY', 'SELL']),
      quantity: Decimal.of(10 * (1 + integerBelow(this.random, 12))),
      type,
      timeInForce: this.pick(['DAY', 'GTC', 'IOC', 'FOK']),
      ...(type.includes('LIMIT') && { limitPrice: price() }),
      ...(type.includes('STOP') && { stopPrice: price() }),
    };
    const again = 1 + integerBelow(this.random, 2);
    for (let i = 0; i < again; i += 1) await this.on.broker.submit(sent, signal);
  }

  private async deposit(): Promise<void> {
    const id = `deposit-${integerBelow(this.random, 4)}`;
    const amount = Money.parse(`${100 + id.length}.37`, 'EUR');
    await this.on.broker.funding?.deposit(DEFAULT_ACCOUNT, id, amount, signal);
  }

  private async adopt(): Promise<void> {
    if (this.random() < 0.5) return;
    const quantity = Decimal.of(1 + integerBelow(this.random, 50));
    const { holdings } = await this.on.broker.statement(DEFAULT_ACCOUNT, signal);
    const others = holdings.filter((holding) => holding.isin !== ALPHA);
    const stated = [...others, { isin: ALPHA, symbol: 'ALPHA', quantity }];
    await this.on.broker.funding?.adopt(DEFAULT_ACCOUNT, stated, signal);
  }

  private pass(): Promise<void> {
    this.day = addDays(this.day, 1);
    this.on.advance(DAY_MS);
    this.setPrices();
    return Promise.resolve();
  }

  private async cancel(): Promise<void> {
    const id = `order-${1 + integerBelow(this.random, this.orders + 1)}`;
    await this.on.broker.cancel(DEFAULT_ACCOUNT, id, signal);
  }

  private setPrices(): void {
    for (const isin of [ALPHA, BETA, GAMMA])
      this.on.market.setClose(isin, this.day, 30 + 40 * this.random(), 600);
    this.on.market.setRate('USD', 'EUR', this.day, 0.8 + 0.2 * this.random());
    this.on.market.setRate('GBP', 'EUR', this.day, 1.1 + 0.1 * this.random());
  }

  private pick<T>(choices: readonly T[]): T {
    return choices[integerBelow(this.random, choices.length)] as T;
  }
}

interface Seen {
  readonly book: Book;
  readonly ledger: readonly LedgerEntry[];
  readonly statement: BrokerStatement;
}

async function snapshot(dependencies: Dependencies): Promise<Seen> {
  const stored = new StoredBook(dependencies.database, dependencies.baseCurrency);
  const statement = await dependencies.broker.statement(DEFAULT_ACCOUNT, signal);
  return {
    book: await stored.book(DEFAULT_ACCOUNT),
    ledger: await stored.ledger(DEFAULT_ACCOUNT),
    statement,
  };
}

function expectAgreement({ book, ledger, statement }: Seen): void {
  const held = [...book.holdings.values()].flatMap(({ isin, lots }) => {
    const quantity = lots.reduce((sum, lot) => sum.add(lot.quantity), Decimal.zero);
    return quantity.sign === 0 ? [] : [`${isin} ${quantity.normalize().toString()}`];
  });
  const stated = statement.holdings.map((h) => `${h.isin} ${h.quantity.toString()}`);
  expect(book.cash.toString()).toBe(statement.cash.toString());
  expect(held.sort()).toEqual(stated.sort());
  expect(new Set(ledger.map((entry) => entry.id)).size).toBe(ledger.length);
  const replayed = replay(book.accountId, book.currency, ledger);
  expect({ ...replayed, syncedAt: book.syncedAt }).toEqual(book);
}

/** What was paid is what the lots left cost, and what the sold ones did. */
function expectCostKept({ book, ledger }: Seen): void {
  if (ledger.some((entry) => entry.kind.startsWith('transfer') || entry.kind.startsWith('ext')))
    return;
  const cash = (kind: LedgerEntry['kind']) =>
    Money.sum(
      ledger.filter((entry) => entry.kind === kind).map((entry) => entry.cash),
      book.currency,
    );
  const holdings = [...book.holdings.values()];
  const realized = Money.sum(
    holdings.map((holding) => holding.realized),
    book.currency,
  );
  const left = Money.sum(
    holdings.flatMap((holding) => holding.lots.map((lot) => lot.cost)),
    book.currency,
  );
  expect(left.add(cash('sell').subtract(realized)).toString()).toBe(
    cash('buy').negate().toString(),
  );
}

/** A broker that has forgotten some of what moved. */
function forgetful(broker: Broker, seed: string): Broker {
  const knows = (id: string): boolean => seededRandom(`${seed} ${id}`)() < 0.6;
  return {
    name: broker.name,
    simulated: broker.simulated,
    capabilities: broker.capabilities,
    ping: (s) => broker.ping(s),
    submit: (order, s) => broker.submit(order, s),
    cancel: (account, id, s) => broker.cancel(account, id, s),
    findOrder: (account, id, s) => broker.findOrder(account, id, s),
    statement: async (account, s) => {
      const { fills, flows, ...rest } = await broker.statement(account, s);
      return {
        ...rest,
        fills: fills.filter((fill) => knows(fill.fillId)),
        flows: flows.filter((flow) => knows(flow.flowId)),
      };
    },
    ...(broker.funding && { funding: broker.funding }),
  };
}

async function live(seed: string, broker?: (paper: Broker) => Broker): Promise<Seen> {
  const opened = await openPaperFixture(redis, { PAPER_OPENING_CASH: '20000' });
  const chosen = broker?.(opened.broker) ?? opened.broker;
  const on = {
    ...opened,
    broker: chosen,
    dependencies: { ...opened.dependencies, broker: chosen },
  };
  const life = new Life(on, seededRandom(seed));
  await seedMarket(on.dependencies, 0.1);
  try {
    for (let i = 0; i < STEPS; i += 1) await life.step();
    await sync(on.dependencies);
    // What fills while the broker is queried is in the next statement.
    const settled = await snapshot(on.dependencies);
    await sync(on.dependencies);
    const seen = await snapshot(on.dependencies);
    await sync(on.dependencies);
    expect((await snapshot(on.dependencies)).ledger).toEqual(seen.ledger);
    expect(seen.ledger.length).toBeGreaterThanOrEqual(settled.ledger.length);
    return seen;
  } finally {
    await opened.dependencies.close();
  }
}

async function each(count: number, check: (seed: string) => Promise<void>): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    const seed = `${SEED}-${i}`;
    try {
      await check(seed);
    } catch (thrown) {
      throw new Error(`with seed ${seed}: ${String(thrown)}`, { cause: thrown });
    }
  }
}

describe('the book after any life of an account', () => {
  it(`agrees with the broker to the cent, and its ledger leads to it (${SEED})`, async () => {
    const kinds = new Set<string>();
    await each(HISTORIES, async (seed) => {
      const seen = await live(seed);
      expectAgreement(seen);
      expectCostKept(seen);
      // The paper broker forgets nothing, so nothing can be left unexplained.
      expect(seen.ledger.filter((entry) => entry.kind.startsWith('external'))).toEqual([]);
      for (const entry of seen.ledger) kinds.add(entry.kind);
    });
    expect([...kinds].sort()).toEqual(['buy', 'deposit', 'sell', 'transfer-in', 'transfer-out']);
  });

  it('agrees even with a broker that drops its history', async () => {
    let external = 0;
    await each(HISTORIES / 4, async (seed) => {
      const seen = await live(seed, (paper) => forgetful(paper, seed));
      expectAgreement(seen);
      external += seen.ledger.filter((entry) => entry.kind.startsWith('external')).length;
    });
    expect(external).toBeGreaterThan(0);
  });
});
