/** The broker the settings name; it is loaded only when it is named. */
import { Decimal } from '#shared/kernel/decimal.ts';
import { dayOf } from '#shared/kernel/calendar-day.ts';
import { refused } from '#shared/kernel/failure.ts';
import { instantOf, later } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { isLoopback } from '#shared/process/loopback.ts';
import type { Settings } from '#shared/process/settings.ts';
import type { BrokerDependencies } from './broker-dependencies.ts';
import type { Broker } from './broker.ts';

const ALPACA_HOSTS = {
  on: 'https://api.alpaca.markets',
  off: 'https://paper-api.alpaca.markets',
} as const;
const IBKR_HOST = 'https://ndcdyn.interactivebrokers.com';
/** Its rate limits are not published; its own clients make one call each 1.5 s. */
const TRADERNET_SPACING_MS = 1_500;
const PRICE_AGE_MAX_MS = 10 * 86_400_000;

type Opener = (settings: Settings, dependencies: BrokerDependencies) => Broker | Promise<Broker>;

const openers: Readonly<Record<Settings['broker'], Opener>> = {
  paper: openPaper,
  alpaca: openAlpaca,
  tradernet: openTradernet,
  'interactive-brokers': openInteractiveBrokers,
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
  // What takes no orders moves no money.
  if (!live && !broker.simulated && broker.capabilities.takesOrders)
    throw refused(
      'broker-settings',
      `BROKER=${settings.broker} moves real money; that needs LIVE_TRADING=on.`,
    );
  return broker;
}

async function openPaper(settings: Settings, dependencies: BrokerDependencies): Promise<Broker> {
  const { PaperBroker } = await import('./paper/paper-broker.ts');
  return new PaperBroker(settings, dependencies);
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
    lastPrice: (isin, signal) => lastPrice(dependencies, isin, signal),
  });
}

async function openTradernet(
  settings: Settings,
  dependencies: BrokerDependencies,
): Promise<Broker> {
  const { baseCurrency, database, secret, now } = dependencies;
  const [{ SharedPace }, { OrderLinks }, { TradernetApi }, { TradernetBroker }] = await Promise.all(
    [
      import('./call-pace.ts'),
      import('./order-links.ts'),
      import('./tradernet/tradernet-api.ts'),
      import('./tradernet/tradernet-broker.ts'),
    ],
  );
  const mock = simulatedUrl(settings);
  return new TradernetBroker({
    api: new TradernetApi({
      baseUrl: mock ?? `https://${settings.tradernetHost}`,
      pace: new SharedPace(database, 'tradernet', TRADERNET_SPACING_MS),
      publicKey: secret('tradernet-public-key'),
      privateKey: secret('tradernet-private-key'),
      nowMs: now,
    }),
    links: new OrderLinks(database),
    currency: baseCurrency,
    simulated: mock !== undefined,
    now,
    lastPrice: (isin, signal) => lastPrice(dependencies, isin, signal),
  });
}

async function openInteractiveBrokers(
  settings: Settings,
  { baseCurrency, secret, now }: BrokerDependencies,
): Promise<Broker> {
  const { ibkrFlexQuery: queryId, ibkrAccount: account } = settings;
  if (queryId === undefined)
    throw refused('broker-settings', 'BROKER=interactive-brokers needs IBKR_FLEX_QUERY.');
  const [{ FlexApi }, { InteractiveBrokers }] = await Promise.all([
    import('./interactive-brokers/flex-api.ts'),
    import('./interactive-brokers/interactive-brokers.ts'),
  ]);
  const baseUrl = simulatedUrl(settings) ?? IBKR_HOST;
  const api = new FlexApi({ baseUrl, queryId, token: secret('ibkr-flex-token') });
  return new InteractiveBrokers({ api, account, currency: baseCurrency, now });
}

async function lastPrice(
  { marketData, now }: BrokerDependencies,
  isin: Isin,
  signal: AbortSignal,
): Promise<Decimal | undefined> {
  const from = dayOf(instantOf(later(now(), -PRICE_AGE_MAX_MS)));
  const close = (await marketData.bars(isin, from, signal)).at(-1)?.close;
  return close === undefined ? undefined : Decimal.ofNumber(close);
}

/** Keys are never sent to an address taken from the environment. */
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
