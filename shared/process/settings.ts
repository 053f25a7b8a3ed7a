/**
 * All settings as one table: environment name, default, parser, one sentence. `parseSettings`
 * collects all errors and throws them together; an invalid value prevents the start.
 * `docs/operate/settings.md` is generated from this table.
 */
import { parseCurrency } from '#shared/kernel/currency.ts';
import { Failure, invalidRequest, type FieldViolation } from '#shared/kernel/failure.ts';
import { objectives } from '#shared/kernel/objective.ts';
import { certificateScopes, hosts } from './settings/access-parsers.ts';
import { limitRows, liveLimitComplaints } from './settings/limit-settings.ts';
import { cycleRows } from './settings/cycle-settings.ts';
import { asyncRows } from './settings/async-settings.ts';
import { logRows } from './logging/log-settings.ts';
import { marketRows } from './settings/market-settings.ts';
import { noticeRows } from './settings/notice-settings.ts';
import { atLeastZero, between, port, positive, ratio } from './settings/number-parsers.ts';
import { schedule, TRADING_CYCLE_SCHEDULE } from './settings/schedule-parser.ts';
import { bad, oneOf, optional, row, text, type SettingRow } from './settings/setting-row.ts';
import { exposureComplaints } from './tls-settings.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export const settingTable = {
  gatewayPort: row('GATEWAY_PORT', '8080', 'HTTP port of the gateway; 0 takes a free one', port),
  gatewayHost: row(
    'GATEWAY_HOST',
    '127.0.0.1',
    'address the gateway listens on; other than loopback only with TLS and READ_ACCESS=token',
    text,
  ),
  gatewayAllowedHosts: row(
    'GATEWAY_ALLOWED_HOSTS',
    'none',
    'names by which callers may call the gateway beside loopback, `gateway` and GATEWAY_HOST, separated by comma; a request with another `Host` is answered 421',
    hosts,
  ),
  gatewayTls: optional(
    'GATEWAY_TLS',
    '`on` or `off`: whether the gateway speaks TLS, with the files of GRPC_TLS_CERT and GRPC_TLS_KEY; unset: on where GATEWAY_HOST is not loopback',
    oneOf('on', 'off'),
  ),
  gatewayExposure: row(
    'GATEWAY_EXPOSURE',
    'guarded',
    '`guarded`, or `container`: GATEWAY_HOST and GRPC_HOST are addresses of a container whose ports are published on loopback only, so that they may do without TLS and READ_ACCESS=token',
    oneOf('guarded', 'container'),
  ),
  gatewayMetricsPort: optional(
    'GATEWAY_METRICS_PORT',
    'HTTP port of the metrics; 0 takes a free one; unset: two above GATEWAY_PORT, a free one where that is 0',
    port,
  ),
  stateMetrics: row(
    'STATE_METRICS',
    'on',
    '`on` or `off`: whether the metrics port also shows the metrics of the state (docs/operate/metrics.md), to everybody who reaches it; they have no amounts of money',
    oneOf('on', 'off'),
  ),
  connectorMetricsPort: optional(
    'CONNECTOR_METRICS_PORT',
    'port of the connector process for `/metrics`, those of the state among them; 0 takes a free one, unset: none',
    port,
  ),
  connectorMetricsHost: row(
    'CONNECTOR_METRICS_HOST',
    '127.0.0.1',
    'address that CONNECTOR_METRICS_PORT listens on',
    text,
  ),
  facadeMetricsPort: optional(
    'FACADE_METRICS_PORT',
    'port of the facade process for `/metrics`; 0 takes a free one, unset: none',
    port,
  ),
  facadeMetricsHost: row(
    'FACADE_METRICS_HOST',
    '127.0.0.1',
    'address that FACADE_METRICS_PORT listens on',
    text,
  ),
  gatewayBodyBytesMax: row(
    'GATEWAY_BODY_BYTES_MAX',
    '8388608',
    'largest body of a call of a function; a larger one is answered 413',
    between(1_000, 1_073_741_824),
  ),
  grpcPortBase: row(
    'GRPC_PORT_BASE',
    '50051',
    'first of the seven gRPC ports; 0 takes free ones, -1 opens none of them',
    between(-1, 65_529),
  ),
  grpcSharedPort: optional(
    'GRPC_SHARED_PORT',
    'one more gRPC port, which has all seven services; 0 takes a free one, unset: none',
    port,
  ),
  grpcReflection: row(
    'GRPC_REFLECTION',
    'on',
    '`on` or `off`: whether gRPC clients may ask the server for its contract',
    oneOf('on', 'off'),
  ),
  grpcHost: row(
    'GRPC_HOST',
    '127.0.0.1',
    'address the gRPC ports listen on; other than loopback only with TLS',
    text,
  ),
  grpcTlsCert: optional('GRPC_TLS_CERT', 'PEM file of the certificate of this board', text),
  grpcTlsKey: optional('GRPC_TLS_KEY', 'PEM file of its private key', text),
  grpcTlsCa: optional(
    'GRPC_TLS_CA',
    'PEM file of the CA that callers must have a certificate of, and that our clients trust',
    text,
  ),
  grpcLoopbackAccess: row(
    'GRPC_LOOPBACK_ACCESS',
    'token',
    'what gRPC callers on this machine may do without a token: `token` (read, where READ_ACCESS is open), `write` or `trade`',
    oneOf('token', 'write', 'trade'),
  ),
  grpcCertificateScopes: row(
    'GRPC_CERTIFICATE_SCOPES',
    'none',
    'what holders of a client certificate may do without a token, by the name in it: `board-2=trade,desk=read`',
    certificateScopes,
  ),
  dataDir: row('DATA_DIR', './data', 'where the embedded Redis and the secrets live', text),
  policyFile: optional(
    'POLICY_FILE',
    'investment policy of the default account; unset: policy.yaml in DATA_DIR, where there is one',
    text,
  ),
  redisUrl: optional(
    'REDIS_URL',
    'Redis to use: redis://, rediss:// or unix://; `redis://a,b` finds the primary of several, `redis+sentinel://a,b,c/NAME` asks sentinels, `redis+cluster://a,b,c` uses a cluster; unset: own one',
    text,
  ),
  redisDurability: row(
    'REDIS_DURABILITY',
    'required',
    '`required`: a Redis without appendonly yes and appendfsync always is refused; `unsafe` accepts it, and the status says so',
    oneOf('required', 'unsafe'),
  ),
  redisReplicas: row(
    'REDIS_REPLICAS',
    '0',
    'replicas of Redis that must have a write that trades before it is answered; 0: none, and the status says NONE',
    between(0, 10),
  ),
  redisReplicationTimeoutMs: row(
    'REDIS_REPLICATION_TIMEOUT_MS',
    '1000',
    'how long a write that trades waits for them',
    between(10, 60_000),
  ),
  redisUnreplicated: row(
    'REDIS_UNREPLICATED',
    'refuse',
    '`refuse`: nothing is traded while a replica is missing; `accept`: it is, and the status says UNPROTECTED',
    oneOf('refuse', 'accept'),
  ),
  redisKeyPrefix: row('REDIS_KEY_PREFIX', 'trader', 'put in front of every key', keyPrefix),
  deviceFile: optional(
    'DEVICE_FILE',
    'device.yaml: which board this is, and where the others are; unset: one board has everything',
    text,
  ),
  servicesFile: optional(
    'SERVICES_FILE',
    'services.yaml: which service runs here, and which on another board',
    text,
  ),
  stackFile: optional(
    'STACK_FILE',
    'stack file of the functions to run; unset: stack.yml of this project, one function an operation',
    text,
  ),
  ...marketRows,
  baseCurrency: optional(
    'BASE_CURRENCY',
    'currency of the account; unset: its own, once it is open; before EUR, or the one currency of the csv prices',
    parseCurrency,
  ),
  cashReserveRatio: row(
    'CASH_RESERVE_RATIO',
    '0.02',
    'share of the value always kept in cash',
    ratio,
  ),
  minimumOrder: row('MINIMUM_ORDER', '250', 'smallest order, in base currency', positive),
  ...limitRows,
  feeFixed: row('FEE_FIXED', '2', 'fixed fee of an order, in base currency', positive),
  feeRatio: row('FEE_RATIO', '0.002', 'proportional fee of an order', ratio),
  halfSpreadRatio: row('HALF_SPREAD_RATIO', '0.0005', 'half the spread between bid and ask', ratio),
  exchangeFeeRatio: row(
    'EXCHANGE_FEE_RATIO',
    '0',
    'fee of the exchange, as a share of the order',
    ratio,
  ),
  sellTaxRatio: row('SELL_TAX_RATIO', '0', 'tax on what is sold, as a share of the order', ratio),
  weightMaxRatio: row('WEIGHT_MAX_RATIO', '0.15', 'most that one security may take', ratio),
  sectorMaxRatio: row('SECTOR_MAX_RATIO', '0.4', 'most that one sector may take', ratio),
  countryMaxRatio: row(
    'COUNTRY_MAX_RATIO',
    '1',
    'most that one country may take; 1 sets no limit',
    ratio,
  ),
  driftBandRatio: row(
    'DRIFT_BAND_RATIO',
    '0.03',
    'total drift from the targets that is left alone',
    ratio,
  ),
  positionBandRatio: row(
    'POSITION_BAND_RATIO',
    '0.05',
    'drift of one position that is left alone',
    ratio,
  ),
  monthlyDeposit: row(
    'MONTHLY_DEPOSIT',
    '500',
    'deposit expected each month, in base currency',
    positive,
  ),
  paperOpeningCash: row(
    'PAPER_OPENING_CASH',
    '25000',
    'first deposit of a new paper account',
    positive,
  ),
  paperSlippageMaxRatio: row(
    'PAPER_SLIPPAGE_MAX_RATIO',
    '0.0005',
    'worst slippage of a paper order beside half the spread; each order draws a part of it',
    ratio,
  ),
  paperSplitRatio: row(
    'PAPER_SPLIT_RATIO',
    '0.2',
    'share of the small paper orders that are filled in two parts',
    ratio,
  ),
  paperVolumeMaxRatio: row(
    'PAPER_VOLUME_MAX_RATIO',
    '0.1',
    "share of an average day's volume that a paper order fills at once",
    ratio,
  ),
  objective: row(
    'OBJECTIVE',
    'QUADRATIC_UTILITY',
    `one of ${objectives.join(', ')}`,
    oneOf(...objectives),
  ),
  riskAversion: row('RISK_AVERSION', '5', "gamma of mu'w - (gamma/2) w'Sw", atLeastZero),
  candidatesMax: row(
    'CANDIDATES_MAX',
    '300',
    'most securities that an allocation or a plan weighs beside those held: the best scored of a larger universe',
    between(10, 2_000),
  ),
  ...cycleRows,
  planOrdersMax: row('PLAN_ORDERS_MAX', '12', 'most orders of one plan', between(1, 100)),
  planValidDays: row(
    'PLAN_VALID_DAYS',
    '1',
    'trading days of its exchange on which an order of a plan may be sent, counting the one it was made for',
    between(1, 30),
  ),
  approvalHours: row(
    'APPROVAL_HOURS',
    '24',
    'hours an owner has to answer a plan that waits; no answer means that nothing is sent',
    between(1, 72),
  ),
  tradingCycleSchedule: row(
    'TRADING_CYCLE_SCHEDULE',
    TRADING_CYCLE_SCHEDULE,
    'when the trading cycle runs: five fields of cron in UTC, or the session of an exchange: `@open XETR +30m`, `@close XNYS -1h`',
    schedule,
  ),
  planDepth: row(
    'PLAN_DEPTH',
    '4',
    'accepted, without effect: sequences of every length are considered',
    between(1, 8),
  ),
  planMarginRatio: row(
    'PLAN_MARGIN_RATIO',
    '0.0005',
    'gain that selling must add to investing the cash, after cost',
    ratio,
  ),
  priceCollarRatio: row(
    'PRICE_COLLAR_RATIO',
    '0.05',
    'farthest a limit may lie from the last price, and a price from that of the plan',
    ratio,
  ),
  quoteAgeDaysMax: row(
    'QUOTE_AGE_DAYS_MAX',
    '5',
    'oldest price to trade on, in days',
    between(0, 3650),
  ),
  lotMethod: row(
    'LOT_METHOD',
    'fifo',
    'which lots sales take: `fifo`, `lifo`, `hifo` (highest cost first), `average` cost, or `specific`: those that the broker reports',
    oneOf('fifo', 'lifo', 'hifo', 'average', 'specific'),
  ),
  cooldownDays: row(
    'COOLDOWN_DAYS',
    '0',
    'days after a sale before the same security is bought again',
    between(0, 3650),
  ),
  minimumHoldDays: row(
    'MINIMUM_HOLD_DAYS',
    '0',
    'days after a purchase before it may be sold',
    between(0, 3650),
  ),
  embeddedParts: row(
    'EMBEDDED_PARTS',
    'facade,connector',
    'what `npm start` runs beside the gateway: any of facade, connector; `none` for neither',
    parts,
  ),
  readAccess: row(
    'READ_ACCESS',
    'open',
    '`open`: every caller that reaches a function may read; `token`: reading needs one of the three tokens',
    oneOf('open', 'token'),
  ),
  ...asyncRows,
  claimLeaseMs: row(
    'CLAIM_LEASE_MS',
    '5000',
    'how long the idempotency key of a call whose process died stays taken',
    between(100, 600_000),
  ),
  ...noticeRows,
  ...logRows,
} as const satisfies Record<string, SettingRow<unknown>>;

export type Settings = {
  readonly [K in keyof typeof settingTable]: (typeof settingTable)[K] extends SettingRow<infer T>
    ? T
    : never;
};

/** @throws Failure INVALID_REQUEST with every complaint */
export function parseSettings(env: Environment): Settings {
  const violations: FieldViolation[] = [];
  const entries = Object.entries(settingTable).map(([name, setting]) => {
    const given = env[setting.env]?.trim();
    const value = given === undefined || given === '' ? setting.default : given;
    try {
      return [name, value === null ? undefined : setting.parse(value)];
    } catch (thrown) {
      violations.push({ field: setting.env, message: Failure.from(thrown).message });
      return [name, undefined];
    }
  });
  const settings = Object.freeze(Object.fromEntries(entries)) as Settings;
  violations.push(...exposureComplaints(settings), ...liveLimitComplaints(settings, env));
  if (violations.length > 0) throw invalidRequest(...violations);
  return settings;
}

function parts(value: string): readonly ('facade' | 'connector')[] {
  if (value === 'none') return [];
  return value.split(',').map((part) => oneOf('facade', 'connector')(part.trim()));
}

function keyPrefix(value: string): string {
  return /^[A-Za-z0-9_-]{1,40}$/.test(value) ? value : bad('1 to 40 letters, digits, _ or -');
}
