/** An installation whose account is kept by the paper broker, over restarts of its process. */
import { PaperBroker } from '#shared/clients/broker/paper/paper-broker.ts';
import type { Broker } from '#shared/clients/broker/broker.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import type { TestRedis } from '../dependencies.ts';
import { BrokerFixture } from './broker-fixture.ts';
import { FaultyBroker } from './faulty-broker.ts';

/** The paper broker lies in the process itself: its mock is what stands before it. */
class PaperFaults {
  broker!: FaultyBroker;
  /** Of all processes so far. */
  readonly accepted: string[] = [];

  start(): Promise<string> {
    return Promise.resolve('');
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }
}

export class PaperInstallation extends BrokerFixture<PaperFaults> {
  constructor(redis: Pick<TestRedis, 'url'>, env: Record<string, string> = {}) {
    super(redis, new PaperFaults(), env);
  }

  /** The paper broker as another client of it, without the faults. */
  other(): Broker {
    return this.paper(this.dependencies, () => this.dependencies.now());
  }

  protected brokerAt(_: string, opened: Dependencies, now: () => Instant): Broker {
    const broker = new FaultyBroker(this.paper(opened, now));
    const { accepted } = this.mock;
    broker.accepted.push = (...ids) => accepted.push(...ids);
    this.mock.broker = broker;
    return broker;
  }

  private paper({ settings, database, baseCurrency }: Dependencies, now: () => Instant) {
    const parts = { database, baseCurrency, marketData: this.market, now };
    return new PaperBroker(settings, { ...parts, secret: () => () => '' });
  }
}
