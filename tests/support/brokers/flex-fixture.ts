/** An installation whose account is kept by a simulated Interactive Brokers, over restarts of its process. */
import { FlexApi } from '#shared/clients/broker/interactive-brokers/flex-api.ts';
import { InteractiveBrokers } from '#shared/clients/broker/interactive-brokers/interactive-brokers.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import type { TestRedis } from '../dependencies.ts';
import { BrokerFixture } from './broker-fixture.ts';
import { FLEX_TOKEN, FlexMock } from './flex-mock.ts';

export class FlexFixture extends BrokerFixture<FlexMock> {
  constructor(redis: Pick<TestRedis, 'url'>, env: Record<string, string> = {}) {
    super(redis, new FlexMock(), env);
  }

  protected brokerAt(baseUrl: string, _: Dependencies, now: () => Instant): InteractiveBrokers {
    return new InteractiveBrokers({
      api: new FlexApi({ baseUrl, queryId: '7', token: () => FLEX_TOKEN, waitMs: 1 }),
      currency: parseCurrency('USD'),
      now,
    });
  }
}
