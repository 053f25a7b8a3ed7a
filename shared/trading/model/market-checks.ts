/** Checks of the order against the market, the security and the trading state. */
import { daysBetween } from '#shared/kernel/calendar-day.ts';
import { minorDigits } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import type { Price } from '#shared/kernel/price.ts';
import { isWholeLots } from '#shared/kernel/quantity.ts';
import { blocks, doubtText } from '#shared/universe/model/price-doubt.ts';
import { isTradable } from '#shared/universe/model/security.ts';
import { fails, passed, percent, type Check, type CheckInputs } from './check-inputs.ts';
import { referenceViolations } from './price-collar.ts';
import { controlViolation } from './trading-control.ts';

const control: Check = ({ control: state, order }) => {
  const held = controlViolation(state, order.side);
  return held ? fails(held.code, 'side', held.message) : passed;
};

const simulatedPrices: Check = ({ realMoneyOnSimulatedPrices }) =>
  realMoneyOnSimulatedPrices
    ? fails('simulated-prices', 'isin', 'The prices are simulated and the broker is real.')
    : passed;

const security: Check = ({ security: known, order }) => {
  if (!known) return fails('unknown-security', 'isin', `${order.isin} is not in the universe.`);
  if (order.symbol !== '' && order.symbol !== known.symbol)
    return fails(
      'symbol-mismatch',
      'symbol',
      `${order.isin} is ${known.symbol}, not ${order.symbol}.`,
    );
  if (!isTradable(known))
    return fails(
      'frozen-instrument',
      'isin',
      `${known.symbol} was removed from the universe: ${known.removed?.reason ?? ''}.`,
    );
  return passed;
};

const session: Check = ({ session: now, security: known }) => {
  const exchange = known?.exchange ?? 'the exchange';
  if (!now) return fails('market-closed', 'isin', `It is not known whether ${exchange} is open.`);
  return now.open ? passed : fails('market-closed', 'isin', `${exchange}: ${now.reason}.`);
};

const quote: Check = ({ quote: last, today, limits, order }) => {
  if (!last) return fails('price-missing', 'isin', `There is no price for ${order.isin}.`);
  const ageDays = daysBetween(last.day, today);
  return ageDays >= 0 && ageDays <= limits.quoteAgeDaysMax
    ? passed
    : fails(
        'stale-quote',
        'isin',
        `The price is of ${last.day}, ${ageDays} days from ${today}; at most ${limits.quoteAgeDaysMax}.`,
      );
};

/** A stale price blocks purchases; a suspected split blocks both sides until the owner has resolved it. */
const priceDoubt: Check = ({ doubts, order, account }) => {
  const isHeld = (account?.holdings.get(order.isin)?.sign ?? 1) > 0;
  return doubts
    .filter((doubt) => blocks(doubt, order.side, isHeld))
    .flatMap((doubt) => fails(doubt.kind, 'isin', doubtText(doubt)));
};

/** A rate is a price too: one that is too old counts as missing. */
const rate: Check = ({ rate: known, security: of, base, today, limits }) => {
  const from = of?.currency ?? 'an unknown currency';
  if (!known)
    return fails(
      'exchange-rate-missing',
      'isin',
      `There is no exchange rate from ${from} to ${base}.`,
    );
  const ageDays = daysBetween(known.day, today);
  return ageDays <= limits.quoteAgeDaysMax
    ? passed
    : fails(
        'exchange-rate-missing',
        'isin',
        `The last rate from ${from} to ${base} is of ${known.day}, ${ageDays} days before ${today}; at most ${limits.quoteAgeDaysMax}.`,
      );
};

const limitPrice: Check = ({ order: { orderType, limitPrice: limit } }) => {
  const takes = orderType === 'LIMIT' || orderType === 'STOP_LIMIT';
  if (takes && !limit)
    return fails('limit-price-missing', 'limitPrice', `A ${orderType} order needs a limit price.`);
  if (!takes && limit)
    return fails('limit-price-unused', 'limitPrice', `A ${orderType} order takes no limit price.`);
  return passed;
};

const stopPrice: Check = ({ order: { orderType, stopPrice: stop } }) => {
  const takes = orderType === 'STOP' || orderType === 'STOP_LIMIT';
  if (takes && !stop)
    return fails('stop-price-missing', 'stopPrice', `A ${orderType} order needs a stop price.`);
  if (!takes && stop)
    return fails('stop-price-unused', 'stopPrice', `A ${orderType} order takes no stop price.`);
  return passed;
};

type PriceField = 'limitPrice' | 'stopPrice';

/** Runs a check on each of the prices that the order states. */
function eachPrice(
  inputs: CheckInputs,
  check: (price: Price, field: PriceField) => ReturnType<Check>,
): ReturnType<Check> {
  return (['limitPrice', 'stopPrice'] as const).flatMap((field) => {
    const price = inputs.order[field];
    return price ? check(price, field) : passed;
  });
}

const currency: Check = (inputs) =>
  eachPrice(inputs, (price, field) => {
    const traded = inputs.security?.currency;
    return traded === undefined || price.currency === traded
      ? passed
      : fails('price-currency', field, `${price} is not in ${traded}, which it trades in.`);
  });

/** A broker without that currency would trade whatever else it lists under the symbol. */
const brokerCurrency: Check = ({ security: of, brokerCurrencies: taken }) =>
  !of || !taken || taken.includes(of.currency)
    ? passed
    : fails(
        'broker-currency',
        'isin',
        `${of.symbol} trades in ${of.currency}; the broker takes orders in ${taken.join(', ')} only.`,
      );

/** Prices under 1 may be finer by two digits, as under SEC Rule 612. */
const tick: Check = (inputs) =>
  eachPrice(inputs, (price, field) => {
    const digits = minorDigits(price.currency) + (price.toEstimate() < 1 ? 2 : 0);
    return price.amount.precision <= digits
      ? passed
      : fails('tick', field, `${price} is finer than ${digits} decimals.`);
  });

/** A limit may lie so far from the last price, and a stop-limit's so far from its stop. */
const collar: Check = ({ order, quote: last, limits }) => {
  const { limitPrice: limit, stopPrice: stop } = order;
  const anchor = order.orderType === 'STOP_LIMIT' ? stop : last?.price;
  if (!limit || !anchor || limit.currency !== anchor.currency) return passed;
  const distance = limit.amount.subtract(anchor.amount).absolute();
  const farthest = anchor.amount.multiply(Decimal.ofNumber(limits.priceCollarRatio));
  const distanceRatio = distance.toEstimate() / anchor.toEstimate();
  return distance.compare(farthest) <= 0
    ? passed
    : fails(
        'price-collar',
        'limitPrice',
        `${limit} lies ${percent(distanceRatio)} from ${anchor}; at most ${percent(limits.priceCollarRatio)}.`,
      );
};

/** Prices that have left the collar around the one that the order was decided on keep it back. */
const reference: Check = (inputs) => referenceViolations(inputs.order, inputs.quote, inputs.limits);

/** A stop that is reached already would execute at once, as a market order. */
const stopSide: Check = ({ order: { side, stopPrice: stop }, quote: last }) => {
  if (!stop || !last || stop.currency !== last.price.currency) return passed;
  const waits = side === 'BUY' ? stop.compare(last.price) > 0 : stop.compare(last.price) < 0;
  const where = side === 'BUY' ? 'above' : 'below';
  return waits
    ? passed
    : fails('stop-side', 'stopPrice', `The stop ${stop} is not ${where} the price ${last.price}.`);
};

const lot: Check = ({ order, security: of }) =>
  !of || isWholeLots(order.quantity, of.lot)
    ? passed
    : fails('lot', 'quantity', `${order.quantity} shares are not whole lots of ${of.lot}.`);

export const marketChecks: readonly Check[] = [
  control,
  simulatedPrices,
  security,
  session,
  quote,
  priceDoubt,
  rate,
  limitPrice,
  stopPrice,
  currency,
  brokerCurrency,
  tick,
  collar,
  reference,
  stopSide,
  lot,
];
