import { openBroker } from '#shared/clients/broker/open.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { parseSettings } from '#shared/process/settings.ts';
import type { Database } from '#shared/redis/database.ts';
import { SetMarket } from '../../support/markets/set-market.ts';

const LIMITS = {
  ...{ ORDER_VALUE_MAX: '5000', DAY_TURNOVER_MAX: '10000', DAY_LOSS_MAX: '500' },
  ...{ ORDERS_PER_DAY_MAX: '10', VOLUME_SHARE_MAX_RATIO: '0.01' },
};
const LIVE = { LIVE_TRADING: 'on', ...LIMITS };
const REAL = { ...LIVE, BROKER: 'alpaca' };

function open(env: Record<string, string>, { simulated = false, currency = 'USD' } = {}) {
  return openBroker(parseSettings(env), {
    database: {} as Database,
    marketData: Object.assign(new SetMarket(), { simulated }),
    baseCurrency: parseCurrency(currency),
    secret: () => () => 'planted-secret',
    now: () => instantOf(0),
  });
}

it.each([
  ['paper with LIVE_TRADING', LIVE, {}, 'BROKER is paper'],
  ['live trading on simulated prices', REAL, { simulated: true }, 'the prices are simulated'],
  ['Alpaca in another currency', { BROKER: 'alpaca' }, { currency: 'EUR' }, 'BASE_CURRENCY=USD'],
  ['an address with LIVE_TRADING', { ...REAL, BROKER_URL: 'http://127.0.0.1:1' }, {}, 'BROKER_URL'],
  ['no Flex query', { BROKER: 'interactive-brokers' }, {}, 'IBKR_FLEX_QUERY'],
  ['Tradernet without LIVE_TRADING', { BROKER: 'tradernet' }, {}, 'needs LIVE_TRADING=on'],
  ...['http://10.0.0.1:1', 'https://api.alpaca.markets', 'http://127.0.0.1.evil.example', 'x'].map(
    (url) =>
      [`BROKER_URL=${url}`, { BROKER: 'alpaca', BROKER_URL: url }, {}, 'BROKER_URL'] as const,
  ),
] as const)('refuses %s by name', async (_name, env, given, why) => {
  const failure = Failure.from(await open(env, given).catch((thrown: unknown) => thrown));
  expect(failure.code).toBe('REFUSED');
  expect(failure.facts).toMatchObject({ rule: 'broker-settings' });
  expect(failure.message).toContain(why);
  expect(failure.message).not.toContain('planted-secret');
});

it.each([
  ['paper', {}, true],
  ['alpaca', { BROKER: 'alpaca' }, true],
  ['alpaca', { BROKER: 'alpaca', BROKER_URL: 'http://127.0.0.1:1/' }, true],
  ['alpaca', REAL, false],
  ['tradernet', { BROKER: 'tradernet', BROKER_URL: 'http://127.0.0.1:1' }, true],
  ['tradernet', { ...LIVE, BROKER: 'tradernet' }, false],
  // Read only: it moves no money, whatever LIVE_TRADING says.
  ['interactive-brokers', { BROKER: 'interactive-brokers', IBKR_FLEX_QUERY: '7' }, false],
])('opens %s with %j', async (name, env, simulated) => {
  expect(await open(env)).toMatchObject({ name, simulated });
});

it.each(Object.keys(LIMITS))('refuses real money without a stated %s, by name', (name) => {
  const failure = Failure.from(thrownBy(() => parseSettings({ ...REAL, [name]: '' })));
  expect(failure.code).toBe('INVALID_REQUEST');
  expect(failure.message).toContain(`${name}: must be stated with LIVE_TRADING=on`);
  expect(parseSettings({ BROKER: 'alpaca', [name]: '' }).liveTrading).toBe('off');
});

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (thrown) {
    return thrown;
  }
}
