/**
 * Two connectors, two facades and three replicas of every function at once on one Redis, and on a Redis
 * Cluster: cycles and orders under lost and doubled requests and kills of connectors.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  GatewayServiceClient,
  TriggerTradingCycleRequest,
  type TradingCycleUpdate,
} from '#protos/gen/gateway.ts';
import {
  ExecuteTradeRequest,
  TradingServiceClient,
  type ExecuteTradeResponse,
} from '#protos/gen/trading.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { seededRandom } from '#shared/kernel/random.ts';
import { StoredBook } from '#shared/portfolio/stored-book.ts';
import { startRedisCluster } from '../../support/redis-cluster.ts';
import { startTestRedis } from '../../support/dependencies.ts';
import { metadataOf, plain } from '../../support/endpoints/grpc.ts';
import { Replicated } from './replicated.ts';

const SEED = process.env['SEED'] ?? 'replicas-1';
const CYCLES = 2;
/** Each key comes twice, at the same time. */
const KEYS = 3;
const ORDERS = 2 * KEYS;

const homes = [
  ['one server', startTestRedis],
  ['a cluster', startRedisCluster],
] as const;

describe.each(homes)('on %s', (_name, start) => {
  let redis: { readonly url: string; stop(): Promise<void> };
  let parts: Replicated;
  const random = seededRandom(SEED);

  beforeAll(async () => {
    console.info(`seed ${SEED}`);
    redis = await start();
    parts = await Replicated.open({ redisUrl: redis.url, replicas: 3, random });
  });
  afterAll(async () => {
    await parts.close();
    await redis.stop();
  });

  const addressOf = (facade: number): string =>
    `127.0.0.1:${parts.facades[facade % parts.facades.length]?.sharedPort}`;

  /** Asks again with the same key, each time the other facade, until there is an answer. */
  async function insist<T>(ask: (address: string) => Promise<T | undefined>): Promise<T> {
    for (let i = Math.floor(random() * 2); ; i += 1) {
      try {
        const answer = await ask(addressOf(i));
        if (answer !== undefined) return answer;
      } catch {
        // The other facade may answer.
      }
      await sleep(100);
    }
  }

  /** The last update of a cycle, or undefined where the stream ended before it. */
  async function cycle(address: string, key: string): Promise<TradingCycleUpdate | undefined> {
    const client = new GatewayServiceClient(address, plain);
    let last: TradingCycleUpdate | undefined;
    try {
      const stream = client.triggerTradingCycle(
        TriggerTradingCycleRequest.fromJSON({}),
        metadataOf({ 'idempotency-key': key }),
      );
      for await (const update of stream) last = update as TradingCycleUpdate;
    } finally {
      client.close();
    }
    return last?.complete === true ? last : undefined;
  }

  function order(address: string, isin: string, key: string): Promise<ExecuteTradeResponse> {
    const client = new TradingServiceClient(address, plain);
    const request = { isin, side: 'BUY', quantity: 1 };
    return new Promise<ExecuteTradeResponse>((resolve, reject) => {
      const metadata = metadataOf({ 'idempotency-key': key });
      client.executeTrade(ExecuteTradeRequest.fromJSON(request), metadata, (error, answer) =>
        error ? reject(error) : resolve(answer),
      );
    }).finally(() => client.close());
  }

  it('carries out every cycle and order once, whichever part is killed or loses what', async () => {
    parts.isFaulty = true;
    const ended: TradingCycleUpdate[] = [];
    for (let i = 0; i < CYCLES; i += 1) {
      // Both facades get the same call at the same time.
      const both = [0, 1].map(() => insist((address) => cycle(address, `cycle-${i}`)));
      // Whichever of them has the run: the other takes it over, once its lock has ended.
      await sleep(300 + random() * 1_500);
      await parts.replaceConnector((i % 2) as 0 | 1);
      const [one, two] = (await Promise.all(both)) as [TradingCycleUpdate, TradingCycleUpdate];
      expect(two.result).toEqual(one.result);
      ended.push(one);
    }
    const held = await new StoredBook(parts.one().database, parts.one().baseCurrency).book(
      DEFAULT_ACCOUNT,
    );
    const isins = [...held.holdings.keys()];
    const answers = await Promise.all(
      Array.from({ length: ORDERS }, (_, i) => {
        const isin = isins[(i % KEYS) % isins.length] ?? '';
        return insist((address) => order(address, isin, `order-${i % KEYS}`));
      }),
    );
    parts.isFaulty = false;
    // The same key had the same answer.
    for (const [i, answer] of answers.entries())
      expect(answer.tradeId).toBe(answers[i % KEYS]?.tradeId);
    expect(new Set(parts.received).size).toBe(parts.received.length);
    expect(ended.some(({ result }) => (result?.tradesExecuted ?? 0) > 0)).toBe(true);
    const { none, ...faults } = parts.faults;
    expect(Object.values(faults).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
    console.info(JSON.stringify({ received: parts.received.length, none, ...faults }));
    await judge();
  }, 600_000);

  /** Every order that the broker has is stored, and book and statement agree to the cent. */
  async function judge(): Promise<void> {
    const { functions, broker, database, baseCurrency } = parts.one();
    const signal = new AbortController().signal;
    await functions.call(
      portfolio.updatePositions,
      { forceSync: true },
      { signal, requestId: 'j' },
    );
    const statement = await broker.statement(DEFAULT_ACCOUNT, signal);
    const book = await new StoredBook(database, baseCurrency).book(DEFAULT_ACCOUNT);
    expect(book.cash.minorUnits).toBe(statement.cash.minorUnits);
    const listed = await database.redis.zrange('{orders:default}:by-time', '0', '-1');
    expect(listed.length).toBeGreaterThanOrEqual(parts.received.length);
    const fills = statement.fills.map(({ fillId }) => fillId);
    expect(new Set(fills).size).toBe(fills.length);
  }
});
