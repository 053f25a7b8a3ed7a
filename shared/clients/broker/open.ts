/** The broker the settings name; a real one is loaded only when it is named. */
import { Decimal } from '#shared/kernel/decimal.ts';
import { dayOf } from '#shared/kernel/calendar-day.ts';
import { refused } from '#shared/kernel/failure.ts';
import { instantOf, later } from '#shared/kernel/instant.ts';
import { isLoopback } from '#shared/process/loopback.ts';
import type { Settings } from '#shared/process/settings.ts';
import type { BrokerDependencies } from './broker-dependencies.ts';
import type { Broker } from './broker.ts';
import { PaperBroker } from './paper/paper-broker.ts';

const ALPACA_HOSTS = {
  on: 'https://api.alpaca.markets',
  off: 'https://paper-api.alpaca.markets',
} as const;
const PRICE_AGE_MAX_MS = 10 * 86_400_000;

type Opener = (settings: Settings, dependencies: BrokerDependencies) => Broker | Promise<Broker>;

const openers: Readonly<Record<Settings['broker'], Opener>> = {
  paper: (settings, dependencies) => new PaperBroker(settings, dependencies),
  alpaca: openAlpaca,
};

/** @throws Failure REFUSED broker-settings when the settings contradict each other */
export async function openBroker(
  settings: Settings,
  dependencies: BrokerDependencies,
): Promise<Broker> {
  const live = settings.liveTrading === 'on';
  if (live && dependencies.marketData.simulated)
    throw refused('broker-settings', 'LIVE_TRADING is on, and the prices are simulated.');
  const broker = await openers[settings.broker](settings, dependencies);
  if (live && broker.simulated)
    throw refused('broker-settings', `LIVE_TRADING is on, and BROKER is ${settings.broker}.`);
  if (!live && !broker.simulated)
    throw refused(
      'broker-settings',
      `BROKER=${settings.broker} moves real money; that needs LIVE_TRADING=on.`,
    );
  return broker;
}

async function openAlpaca(settings: Settings, dependencies: BrokerDependencies): Promise<Broker> {
  const { baseCurrency, marketData, secret, now } = dependencies;
  if (baseCurrency !== 'USD')
    throw refused('broker-settings', 'An account at Alpaca is in USD; set BASE_CURRENCY=USD.');
  const [{ AlpacaApi }, { AlpacaBroker }, { BrokerSymbols }] = await Promise.all([
    import('./alpaca/alpaca-api.ts'),
    import('./alpaca/alpaca-broker.ts'),
    import('./symbols.ts'),
  ]);
  const symbols = new BrokerSymbols(marketData, now);
  return new AlpacaBroker({
    api: new AlpacaApi({
      baseUrl: simulatedUrl(settings) ?? ALPACA_HOSTS[settings.liveTrading],
      keyId: secret('alpaca-key-id'),
      secretKey: secret('alpaca-secret-key'),
    }),
    symbols,
    simulated: settings.liveTrading === 'off',
    now,
    lastPrice: async ({ symbol }, signal) => {
      const from = dayOf(instantOf(later(now(), -PRICE_AGE_MAX_MS)));
      const bars = await marketData.bars(symbols.isinOf(symbol, 'Alpaca'), from, signal);
      const close = bars.at(-1)?.close;
      return close === undefined ? undefined : Decimal.ofNumber(close);
    },
  });
}

/** Keys are never sent to an address that somebody put into the environment. */
function simulatedUrl({ brokerUrl, liveTrading }: Settings): string | undefined {
  if (brokerUrl === undefined) return undefined;
  const host = URL.canParse(brokerUrl) ? new URL(brokerUrl).hostname : '';
  if (liveTrading === 'on' || !isLoopback(host))
    throw refused(
      'broker-settings',
      'BROKER_URL names a simulated broker on this machine, and needs LIVE_TRADING=off.',
    );
  return brokerUrl.replace(/\/+$/, '');
}
