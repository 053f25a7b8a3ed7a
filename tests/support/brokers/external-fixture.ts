/** An installation whose account is kept by a simulated Alpaca, over restarts of its process. */
import { AlpacaApi } from '#shared/clients/broker/alpaca/alpaca-api.ts';
import { AlpacaBroker } from '#shared/clients/broker/alpaca/alpaca-broker.ts';
import { BrokerSymbols } from '#shared/clients/broker/symbols.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import type { TestRedis } from '../dependencies.ts';
import { AlpacaMock, KEYS } from './alpaca-mock.ts';
import { BrokerFixture } from './broker-fixture.ts';

export class ExternalFixture extends BrokerFixture<AlpacaMock> {
  constructor(redis: Pick<TestRedis, 'url'>, env: Record<string, string> = {}) {
    super(redis, new AlpacaMock(), env);
  }

  protected brokerAt(url: string, _opened: Dependencies, now: () => Instant): AlpacaBroker {
    const keys = { keyId: () => KEYS.keyId, secretKey: () => KEYS.secretKey };
    return new AlpacaBroker({
      api: new AlpacaApi({ baseUrl: url, ...keys }),
      symbols: new BrokerSymbols(this.market, now),
      simulated: true,
      lastPrice: () => Promise.resolve(Decimal.of(100)),
      now,
    });
  }
}
