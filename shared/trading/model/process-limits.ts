/** Checks of the limits that the process sets; `limit-settings.ts` has them. */
import { Decimal } from '#shared/kernel/decimal.ts';
import { Money } from '#shared/kernel/money.ts';
import { fails, passed, percent, type Check } from './check-inputs.ts';
import type { OrderRecord } from './order-record.ts';
import { isTerminal } from './order-state.ts';
import { orderValue } from './order-worth.ts';

/** A limit of its own: the value of the account may be wrong, too. */
const absoluteSize: Check = (inputs) => {
  const worth = orderValue(inputs);
  const most = Money.rounded(inputs.limits.orderValueMax, inputs.base, 'down');
  return !worth || worth.value.compare(most) <= 0
    ? passed
    : fails(
        'order-too-large',
        'quantity',
        `The order is worth ${worth.value}; at most ${most} (ORDER_VALUE_MAX).`,
      );
};

const dayTurnover: Check = (inputs) => {
  const { accountValue, askedLately, limits, base } = inputs;
  const worth = orderValue(inputs);
  if (!worth || !accountValue) return passed;
  const before = Money.sum(askedLately.map(traded), base);
  const share = accountValue.multiply(Decimal.ofNumber(limits.dayTurnoverMaxRatio), 'down');
  const stated = limits.dayTurnoverMax && Money.rounded(limits.dayTurnoverMax, base, 'down');
  const most = stated && stated.compare(share) < 0 ? stated : share;
  return before.add(worth.value).compare(most) <= 0
    ? passed
    : fails(
        'day-turnover',
        'quantity',
        `${before} were traded within a day; with ${worth.value} more it is over ${most}.`,
      );
};

/** Of orders that have ended: each later order of the day counts them again. */
const tradedBy = new WeakMap<OrderRecord, Money>();

/** What an order adds to the turnover: all of it while it lives, what was filled after that. */
function traded(order: OrderRecord): Money {
  if (!isTerminal(order.state)) return order.value;
  const known = tradedBy.get(order) ?? order.value.multiply(filledShare(order), 'up');
  tradedBy.set(order, known);
  return known;
}

function filledShare({ filledQuantity, quantity }: OrderRecord): Decimal {
  return filledQuantity.divide(quantity, 12, 'up');
}

const dayOrders: Check = ({ askedLately, limits }) => {
  const sent = askedLately.filter((order) => order.state !== 'DENIED').length;
  return sent < limits.ordersPerDayMax
    ? passed
    : fails(
        'day-orders',
        'accountId',
        `${sent} orders were sent within a day; at most ${limits.ordersPerDayMax}.`,
      );
};

/** A loss ends purchases; sales stay possible, as they lower the risk. */
const dayLoss: Check = ({ order, dayLoss: lost, limits: { dayLossMax }, base }) => {
  if (order.side !== 'BUY' || !dayLossMax || !lost) return passed;
  const most = Money.rounded(dayLossMax, base, 'down');
  return lost.compare(most) <= 0
    ? passed
    : fails(
        'day-loss',
        'accountId',
        `The account has lost ${lost} since the last day on record; at most ${most} (DAY_LOSS_MAX).`,
      );
};

/** Orders of a day in one security together, against its average volume. */
const volumeShare: Check = ({ order, askedLately, averageVolume, limits }) => {
  const { volumeShareMaxRatio: most } = limits;
  if (most === undefined) return passed;
  if (!averageVolume)
    return fails('volume-missing', 'isin', `The average volume of ${order.isin} is not known.`);
  const before = askedLately
    .filter(({ isin, state }) => isin === order.isin && state !== 'DENIED')
    .map((other) => (isTerminal(other.state) ? other.filledQuantity : other.quantity));
  const shares = before.reduce((sum, quantity) => sum.add(quantity), order.quantity);
  const ratio = shares.toEstimate() / averageVolume;
  return ratio <= most
    ? passed
    : fails(
        'volume-share',
        'quantity',
        `${shares.normalize()} shares within a day are ${percent(ratio)} of an average day's volume; at most ${percent(most)} (VOLUME_SHARE_MAX_RATIO).`,
      );
};

export const processLimitChecks: readonly Check[] = [
  absoluteSize,
  dayTurnover,
  dayOrders,
  dayLoss,
  volumeShare,
];
