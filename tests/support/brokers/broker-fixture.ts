/** An installation whose account is kept by a simulated broker, over restarts of its process. */
import request from 'supertest';
import type { Broker } from '#shared/clients/broker/broker.ts';
import { dayOf } from '#shared/kernel/calendar-day.ts';
import { instantOf, type Instant } from '#shared/kernel/instant.ts';
import { openLog } from '#shared/process/log.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import type { FunctionHandler } from '#template/function.ts';
import { openTestDependencies, type TestRedis } from '../dependencies.ts';
import { endpointOf, inProcess } from '../host.ts';
import { BETA, SetMarket } from '../markets/set-market.ts';
import { seedMarket } from '../markets/seed-market.ts';

let prefixes = 0;

interface StartedMock {
  /** @returns where it listens */
  start(): Promise<string>;
  stop(): Promise<void>;
}

export abstract class BrokerFixture<M extends StartedMock> {
  readonly mock: M;
  readonly market = new SetMarket();
  /** Everything that was logged. */
  readonly logged: string[] = [];
  dependencies!: Dependencies;
  private readonly redis: Pick<TestRedis, 'url'>;
  private readonly env: Record<string, string>;
  private url = '';
  private aheadMs = 0;

  constructor(redis: Pick<TestRedis, 'url'>, mock: M, env: Record<string, string> = {}) {
    this.redis = redis;
    this.mock = mock;
    const prefix = `external-${process.pid}-${(prefixes += 1)}`;
    this.env = { BASE_CURRENCY: 'USD', REDIS_KEY_PREFIX: prefix, LOG_LEVEL: 'debug', ...env };
  }

  /** The adapter, as a process that starts has it. */
  protected abstract brokerAt(url: string, opened: Dependencies, now: () => Instant): Broker;

  async open(): Promise<this> {
    this.url = await this.mock.start();
    this.market.setClose(BETA, dayOf(this.now()), 100, 1_000_000);
    await this.start();
    await seedMarket(this.dependencies, 0.1, ({ symbol }) => symbol === 'BETA');
    return this;
  }

  /** Ends the process, and starts another one on the same state. */
  async restart(): Promise<void> {
    await this.dependencies.close();
    await this.start();
  }

  async close(): Promise<void> {
    await this.dependencies.close();
    await this.mock.stop();
  }

  call(handler: FunctionHandler, body: object, key?: string): request.Test {
    const post = request(endpointOf(handler, this.dependencies)).post('/');
    return (key === undefined ? post : post.set('idempotency-key', key)).send(body);
  }

  advance(ms: number): void {
    this.aheadMs += ms;
  }

  private now(): Instant {
    return instantOf(Date.now() + this.aheadMs);
  }

  private async start(): Promise<void> {
    const test = inProcess();
    const now = () => this.now();
    const log = openLog('debug', (line) => this.logged.push(line));
    const opened = await openTestDependencies(this.redis, this.env, {
      ...{ now, log, marketData: this.market, transport: test.transport },
    });
    const broker = this.brokerAt(this.url, opened, now);
    this.dependencies = { ...opened, broker };
    test.into(this.dependencies);
  }
}
