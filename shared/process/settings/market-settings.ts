/** The settings of market data and broker. */
import { bad, oneOf, optional, row, text } from './setting-row.ts';

export type MarketDataChoice =
  | { readonly kind: 'sample'; readonly seed: string }
  | { readonly kind: 'csv'; readonly path: string }
  | { readonly kind: 'imported' }
  | { readonly kind: 'live'; readonly source: LiveSource };

const liveSources = ['yahoo', 'alpaca', 'tradernet'] as const;
export type LiveSource = (typeof liveSources)[number];

/** What BROKER may name; `shared/clients/broker/open.ts` opens each. */
const brokerNames = ['paper', 'alpaca', 'tradernet', 'interactive-brokers'] as const;
/** A key of Tradernet works only on the host that issued it. */
const tradernetHosts = [
  'freedom24.com',
  'tradernet.com',
  'tradernet.global',
  'tradernet.kz',
] as const;
/** Secret files that brokers and sources of prices read, where they are named. */
export const marketSecrets = {
  'BROKER=alpaca, MARKET_DATA=alpaca': ['alpaca-key-id', 'alpaca-secret-key'],
  'BROKER=tradernet': ['tradernet-public-key', 'tradernet-private-key'],
  'BROKER=interactive-brokers': ['ibkr-flex-token'],
  'MARKET_DATA=yahoo (may be missing)': ['openfigi-api-key'],
} as const;

/** What MARKET_DATA may be; `shared/clients/market-data/open.ts` opens each. */
const marketDataForms = [
  '`sample`',
  '`sample:SEED`',
  '`csv:PATH` (a folder, or one file of closes)',
  '`imported` (files that were imported into Redis)',
  '`yahoo`',
  '`alpaca`',
  '`tradernet`',
];

export const marketRows = {
  marketData: row('MARKET_DATA', 'sample', `one of ${marketDataForms.join(', ')}`, marketData),
  marketDataCheck: optional(
    'MARKET_DATA_CHECK',
    'a second source, as MARKET_DATA names it: a security whose prices differ there is held back; unset: none',
    marketData,
  ),
  securitiesFile: optional(
    'SECURITIES_FILE',
    'the securities that a live source follows; unset: securities.csv in DATA_DIR',
    text,
  ),
  marketDataRecord: optional(
    'MARKET_DATA_RECORD',
    'folder in which the answers of live sources are recorded; unset: nothing is recorded',
    text,
  ),
  marketDataReplay: optional(
    'MARKET_DATA_REPLAY',
    'folder of recorded answers that live sources answer from, without a network',
    text,
  ),
  marketDataUrl: optional(
    'MARKET_DATA_URL',
    'address of simulated live sources on this machine, in place of the real ones; only with LIVE_TRADING=off',
    text,
  ),
  alpacaFeed: row(
    'ALPACA_FEED',
    'iex',
    'prices of Alpaca: `iex`, which is free, or `sip` (all exchanges)',
    oneOf('iex', 'sip'),
  ),
  broker: row('BROKER', 'paper', `one of ${brokerNames.join(', ')}`, oneOf(...brokerNames)),
  liveTrading: row(
    'LIVE_TRADING',
    'off',
    '`on` lets a broker move real money; `off`: its paper account only',
    oneOf('on', 'off'),
  ),
  brokerUrl: optional(
    'BROKER_URL',
    'address of a simulated broker on this machine, in place of the real one; only with LIVE_TRADING=off',
    text,
  ),
  tradernetHost: row(
    'TRADERNET_HOST',
    'freedom24.com',
    `host of the Tradernet account that issued the keys: one of ${tradernetHosts.join(', ')}`,
    oneOf(...tradernetHosts),
  ),
  ibkrFlexQuery: optional(
    'IBKR_FLEX_QUERY',
    'number of the Flex query that BROKER=interactive-brokers reads',
    text,
  ),
  ibkrAccount: optional(
    'IBKR_ACCOUNT',
    'account at Interactive Brokers; needed only where the Flex query covers several',
    text,
  ),
} as const;

function marketData(value: string): MarketDataChoice {
  const [kind, ...rest] = value.split(':');
  const detail = rest.join(':');
  if (kind === 'sample') return { kind, seed: detail || '7' };
  if (kind === 'csv' && detail !== '') return { kind, path: detail };
  if (value === 'imported') return { kind: value };
  const source = liveSources.find((name) => name === value);
  if (source !== undefined) return { kind: 'live', source };
  return bad(`one of ${marketDataForms.join(', ')}`);
}
