/**
 * Random trading cycles with crashes between any two commands. After each, the paper broker's own
 * book is the judge: cash and positions to the cent, and no client order id submitted twice.
 * A failing run prints its seed; PROPERTY_SEED repeats it.
 */
import type { Broker } from '#shared/clients/broker/broker.ts';
import { parseDay } from '#shared/kernel/calendar-day.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { Money } from '#shared/kernel/money.ts';
import { integerBelow, seededRandom, type Random } from '#shared/kernel/random.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import { quantityOf } from '#shared/portfolio/model/booking.ts';
import { replay } from '../support/book-of-ledger.ts';
import { StoredBook } from '#shared/portfolio/stored-book.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { crashAt } from '../support/process-crash.ts';
import { inProcess } from '../support/host.ts';
import { RandomMarket } from '../support/markets/random-market.ts';
import { openTestDependencies, startTestRedis, type TestRedis } from '../support/dependencies.ts';

const SEED = process.env['PROPERTY_SEED'] ?? 'cycles-1';
const ACCOUNTS = 20;
const CYCLES_EACH = 10;
const CRASHES_MAX = 3;

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());

/** One account's life: a market that moves on, deposits, cycles, and processes that die. */
class Life {
  readonly submits = new Map<string, number>();
  crashes = 0;
  private readonly name: string;
  private readonly random: Random;
  private readonly market: RandomMarket;
  private commandsOfACycle = 300;

  constructor(name: string) {
    this.name = name;
    this.random = seededRandom(name);
    this.market = new RandomMarket(name, 4 + integerBelow(this.random, 4), parseDay('2026-03-02'));
  }

  /** A process begins: nothing is left of the one before but what Redis and the broker keep. */
  private open(): Promise<Dependencies> {
    const host = inProcess();
    const counted = (broker: Broker): Broker => ({
      name: broker.name,
      simulated: broker.simulated,
      capabilities: broker.capabilities,
      ping: (signal) => broker.ping(signal),
      submit: (order, signal) => {
        this.submits.set(order.clientOrderId, (this.submits.get(order.clientOrderId) ?? 0) + 1);
        return broker.submit(order, signal);
      },
      cancel: (...args) => broker.cancel(...args),
      findOrder: (...args) => broker.findOrder(...args),
      statement: (...args) => broker.statement(...args),
      ...(broker.funding && { funding: broker.funding }),
    });
    const env = {
      REDIS_KEY_PREFIX: this.name,
      PLAN_ORDERS_MAX: '4',
      PLAN_DEPTH: '2',
      CLAIM_LEASE_MS: '100',
    };
    return openTestDependencies(redis, env, {
      marketData: this.market,
      now: () => this.market.now(),
      transport: host.transport,
      wrapBroker: counted,
    }).then((dependencies) => {
      host.into(dependencies);
      return dependencies;
    });
  }

  /** Does something under one key until it succeeds, dying up to three times on the way. */
  private async despiteCrashes(
    work: (dependencies: Dependencies) => Promise<unknown>,
  ): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      const dependencies = await this.open();
      const mayDie = attempt < CRASHES_MAX && this.random() < 0.5;
      const at = mayDie ? 1 + integerBelow(this.random, this.commandsOfACycle) : Infinity;
      const point = crashAt(dependencies, at, this.random);
      try {
        await work(dependencies);
        if (!point.crashed()) {
          this.commandsOfACycle = Math.max(point.sent(), 20);
          return;
        }
      } catch (thrown) {
        if (!point.crashed()) throw thrown;
      } finally {
        await dependencies.close();
      }
      this.crashes += 1;
      expect(attempt).toBeLessThan(CRASHES_MAX + 1);
    }
  }

  async cycle(index: number): Promise<void> {
    const options = { signal: new AbortController().signal, requestId: `${this.name}-${index}` };
    if (this.random() < 0.4) {
      const amount = { amount: String(1 + integerBelow(this.random, 4000)), currency: 'EUR' };
      await this.despiteCrashes((dependencies) =>
        dependencies.functions.call(
          gateway.processDeposit,
          { amount, autoInvest: false },
          { ...options, idempotencyKey: `deposit-${index}` },
        ),
      );
    }
    await this.despiteCrashes(async (dependencies) => {
      const answer = await dependencies.functions.call(
        gateway.triggerTradingCycle,
        { dryRun: false, force: false },
        { ...options, idempotencyKey: `cycle-${index}` },
      );
      expect(answer.complete).toBe(true);
    });
    this.market.nextDay();
  }

  async judge(): Promise<void> {
    const dependencies = await this.open();
    const signal = new AbortController().signal;
    const sync = { accountId: '', positions: [], forceSync: true };
    await dependencies.functions.call(portfolio.updatePositions, sync, {
      signal,
      requestId: 'judge',
    });
    const reader = new StoredBook(dependencies.database, dependencies.baseCurrency);
    const book = await reader.book(DEFAULT_ACCOUNT);
    const { cash, holdings, fills, flows, currency } = await dependencies.broker.statement(
      DEFAULT_ACCOUNT,
      signal,
    );

    expect(book.cash.toString()).toBe(cash.toString());
    const ours = [...book.holdings.values()].map((h) => [h.isin, quantityOf(h).toString()]);
    const theirs = holdings.map(({ isin, quantity }) => [isin, quantity.toString()]);
    expect(ours.filter(([, quantity]) => quantity !== '0').toSorted()).toEqual(theirs.toSorted());

    const moved = Money.sum(
      [...flows.map((f) => f.amount), ...fills.map((f) => f.settlement)],
      currency,
    );
    expect(moved.toString()).toBe(cash.toString());
    for (const { isin, quantity } of holdings) {
      const signed = fills.filter((fill) => fill.isin === isin);
      const net = signed.reduce(
        (sum, f) => (f.side === 'BUY' ? sum.add(f.quantity) : sum.subtract(f.quantity)),
        Decimal.zero,
      );
      expect(net.equals(quantity)).toBe(true);
    }
    expect(cash.sign).toBeGreaterThanOrEqual(0);
    expect([...this.submits.values()].filter((count) => count > 1)).toEqual([]);
    expect(new Set(fills.map((fill) => fill.clientOrderId)).size).toBeLessThanOrEqual(
      this.submits.size,
    );

    const replayed = replay(
      DEFAULT_ACCOUNT,
      dependencies.baseCurrency,
      await reader.ledger(DEFAULT_ACCOUNT),
    );
    expect(JSON.stringify([...replayed.holdings])).toBe(JSON.stringify([...book.holdings]));
    expect(replayed.cash.toString()).toBe(book.cash.toString());
    await dependencies.close();
  }
}

test(`${ACCOUNTS * CYCLES_EACH} random cycles conserve cash and positions and submit each order once (seed ${SEED})`, async () => {
  let crashes = 0;
  let orders = 0;
  for (let account = 0; account < ACCOUNTS; account += 1) {
    const life = new Life(`${SEED}-${account}`);
    for (let index = 0; index < CYCLES_EACH; index += 1) {
      await life.cycle(index);
      await life.judge();
    }
    crashes += life.crashes;
    orders += life.submits.size;
  }
  // The run means something only if processes died and orders were sent.
  expect(crashes).toBeGreaterThan(ACCOUNTS);
  expect(orders).toBeGreaterThan(ACCOUNTS * 2);
}, 600_000);
