/** An installation whose account is kept by a simulated Tradernet, over restarts of its process. */
import { OrderLinks } from '#shared/clients/broker/order-links.ts';
import { TradernetApi } from '#shared/clients/broker/tradernet/tradernet-api.ts';
import { TradernetBroker } from '#shared/clients/broker/tradernet/tradernet-broker.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { instantOf, type Instant } from '#shared/kernel/instant.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import type { TestRedis } from '../dependencies.ts';
import { BrokerFixture } from './broker-fixture.ts';
import { TRADERNET_KEYS, TradernetMock } from './tradernet-mock.ts';

export class TradernetFixture extends BrokerFixture<TradernetMock> {
  constructor(redis: Pick<TestRedis, 'url'>, env: Record<string, string> = {}) {
    super(redis, new TradernetMock(), env);
  }

  protected brokerAt(
    baseUrl: string,
    { database }: Dependencies,
    now: () => Instant,
  ): TradernetBroker {
    const { publicKey, privateKey } = TRADERNET_KEYS;
    return new TradernetBroker({
      api: new TradernetApi({
        baseUrl,
        pace: { turn: async (signal) => signal.throwIfAborted() },
        publicKey: () => publicKey,
        privateKey: () => privateKey,
        nowMs: () => instantOf(Date.now()),
      }),
      links: new OrderLinks(database),
      currency: parseCurrency('USD'),
      simulated: true,
      lastPrice: () => Promise.resolve(Decimal.of(100)),
      now,
    });
  }
}
