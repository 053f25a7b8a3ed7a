/**
 * Limits of what is traded. They are set where the process is started: no operation can raise them, and
 * an investment policy can only lower them.
 */
import type { FieldViolation } from '#shared/kernel/failure.ts';
import { atLeastZero, between, positive, ratio } from './number-parsers.ts';
import { optional, row } from './setting-row.ts';

export const limitRows = {
  maximumOrderRatio: row(
    'MAXIMUM_ORDER_RATIO',
    '0.25',
    'largest order, as a share of the value',
    ratio,
  ),
  orderValueMax: row(
    'ORDER_VALUE_MAX',
    '1000000',
    'most that one order may be worth, in base currency, whatever the account holds',
    positive,
  ),
  depositMax: row(
    'DEPOSIT_MAX',
    '1000000',
    'largest single deposit that is taken, in base currency',
    positive,
  ),
  dayTurnoverMaxRatio: row(
    'DAY_TURNOVER_MAX_RATIO',
    '1.2',
    'most traded in a day, as a share of the value',
    atLeastZero,
  ),
  ordersPerDayMax: row('ORDERS_PER_DAY_MAX', '40', 'most orders sent in a day', between(1, 10_000)),
  dayTurnoverMax: optional(
    'DAY_TURNOVER_MAX',
    'most traded in a day, in base currency; unset: DAY_TURNOVER_MAX_RATIO alone',
    positive,
  ),
  dayLossMax: optional(
    'DAY_LOSS_MAX',
    'loss since the last day on record, in base currency, beyond which nothing is bought; unset: none',
    positive,
  ),
  volumeShareMaxRatio: optional(
    'VOLUME_SHARE_MAX_RATIO',
    "most of an average day's volume of a security that is ordered in a day; unset: no limit",
    ratio,
  ),
  connectorSilenceMaxMs: row(
    'CONNECTOR_SILENCE_MAX_MS',
    '60000',
    'silence of the connector after which nothing is sent, until it is back; 0: never',
    between(0, 86_400_000),
  ),
  boardSilenceMaxMs: row(
    'BOARD_SILENCE_MAX_MS',
    '60000',
    'silence of a board, that of the state among them, after which nothing is sent, until it is back; 0: never',
    between(0, 86_400_000),
  ),
  priceSilenceMaxHours: row(
    'PRICE_SILENCE_MAX_HOURS',
    '96',
    'hours without an answer of the source of prices after which nothing is sent, until it answers; 0: never',
    between(0, 8_760),
  ),
} as const;

/** Limits that must be stated where real money moves. */
const statedForRealMoney = [
  limitRows.orderValueMax.env,
  limitRows.dayTurnoverMax.env,
  limitRows.dayLossMax.env,
  limitRows.ordersPerDayMax.env,
  limitRows.volumeShareMaxRatio.env,
] as const;

/** LIVE_TRADING=on without limits that somebody wrote down for it. */
export function liveLimitComplaints(
  { liveTrading }: { readonly liveTrading: 'on' | 'off' | undefined },
  env: Readonly<Record<string, string | undefined>>,
): FieldViolation[] {
  if (liveTrading !== 'on') return [];
  const missing = statedForRealMoney.filter((name) => (env[name]?.trim() ?? '') === '');
  const message = 'must be stated with LIVE_TRADING=on: a default is no limit for real money';
  return missing.map((field) => ({ field, message }));
}
