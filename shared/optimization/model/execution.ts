/**
 * Slices of a large order: the trajectory that balances impact against the risk of waiting (Almgren
 * and Chriss, "Optimal execution of portfolio transactions", Journal of Risk 3, 2000).
 */
import { Decimal } from '#shared/kernel/decimal.ts';
import { wholeLots, type Quantity } from '#shared/kernel/quantity.ts';
import { at, sum } from './matrix.ts';

/** An order below this share of a day's volume goes out in one piece. */
export const PARTICIPATION_SINGLE = 0.05;
/** Most of a day's volume that one slice takes. */
export const PARTICIPATION_MAX = 0.1;
const SLICES_MAX = 60;

/** Prices are per share, in the security's currency; time is in days. */
export interface ImpactModel {
  /** Standard deviation of the price over one day. */
  readonly sigma: number;
  /** Half the spread (epsilon). */
  readonly halfSpread: number;
  /** Temporary impact of trading one share a day (eta). */
  readonly temporary: number;
  /** Permanent impact of one share (gamma). */
  readonly permanent: number;
}

/**
 * The calibration of the paper's section 4: trading 1 % of a day's volume moves the price by one
 * spread for the moment, 10 % by one spread for good.
 */
export function impactModel(
  price: number,
  halfSpreadRatio: number,
  dayVolatility: number,
  dayVolume: number,
): ImpactModel {
  const spread = 2 * halfSpreadRatio * price;
  return {
    sigma: dayVolatility * price,
    halfSpread: spread / 2,
    temporary: spread / (0.01 * dayVolume),
    permanent: spread / (0.1 * dayVolume),
  };
}

/**
 * Shares traded in each of `intervals` days: x_j = X sinh(kappa (T - t_j)) / sinh(kappa T), with
 * cosh(kappa) = 1 + lambda sigma^2 / (2 eta~), eta~ = eta - gamma/2.
 *
 * @param riskAversion lambda of E + lambda V, per unit of money
 */
export function trajectory(
  shares: number,
  intervals: number,
  model: ImpactModel,
  riskAversion: number,
): Float64Array {
  const eta = model.temporary - model.permanent / 2;
  const kappa = eta > 0 ? Math.acosh(1 + (riskAversion * model.sigma ** 2) / (2 * eta)) : 0;
  const left = (j: number): number => {
    if (kappa * intervals < 1e-8) return shares * (1 - j / intervals);
    // sinh over sinh, written so that neither overflows.
    const decay = -Math.expm1(-2 * kappa * (intervals - j)) / -Math.expm1(-2 * kappa * intervals);
    return shares * Math.exp(-kappa * j) * decay;
  };
  return Float64Array.from({ length: intervals }, (_, j) => left(j) - left(j + 1));
}

export interface ExpectedCost {
  /** Money lost to the permanent and the temporary impact. */
  readonly permanent: number;
  readonly temporary: number;
  /** Half the spread on every share. */
  readonly spread: number;
  readonly variance: number;
}

/** The paper's equations 4 and 5 for daily trades. */
export function expectedCost(trades: Float64Array, model: ImpactModel): ExpectedCost {
  const total = sum(trades);
  const eta = model.temporary - model.permanent / 2;
  let [squares, held, waiting] = [0, total, 0];
  for (const trade of trades) {
    squares += trade ** 2;
    held -= trade;
    waiting += held ** 2;
  }
  return {
    permanent: (model.permanent * total ** 2) / 2,
    temporary: eta * squares,
    spread: model.halfSpread * total,
    variance: model.sigma ** 2 * waiting,
  };
}

/** Price of each slice: the quote, half the spread, and what was moved until its middle. */
export function slicePrices(
  price: number,
  side: 'BUY' | 'SELL',
  trades: Float64Array,
  model: ImpactModel,
): Float64Array {
  let before = 0;
  return trades.map((trade) => {
    const moved = model.permanent * (before + trade / 2);
    const away = model.halfSpread + (model.temporary - model.permanent / 2) * trade + moved;
    before += trade;
    return side === 'BUY' ? price + away : Math.max(0, price - away);
  });
}

export interface Slicing {
  readonly strategy: 'SINGLE' | 'ALMGREN_CHRISS';
  /** Whole lots but for what was asked in parts; they sum to the order exactly. One each day. */
  readonly quantities: readonly Quantity[];
}

/**
 * One slice up to PARTICIPATION_SINGLE of a day's volume; else so many days that each needs that
 * much on average, along the trajectory, none above PARTICIPATION_MAX.
 */
export function slices(
  quantity: Quantity,
  lot: Quantity,
  dayVolume: number,
  model: ImpactModel,
  riskAversion: number,
): Slicing {
  const shares = quantity.toEstimate();
  const days = Math.ceil(shares / (PARTICIPATION_SINGLE * dayVolume) - 1e-9);
  if (days <= 1) return { strategy: 'SINGLE', quantities: [quantity] };
  const count = Math.min(SLICES_MAX, days);
  const wanted = trajectory(shares, count, model, riskAversion);
  const most = Math.max(PARTICIPATION_MAX * dayVolume, shares / count);
  return {
    strategy: 'ALMGREN_CHRISS',
    quantities: inLots(quantity, lot, capped(wanted, most)),
  };
}

/** Hands what exceeds the cap on to the following days. */
function capped(trades: Float64Array, most: number): Float64Array {
  let over = 0;
  return trades.map((trade) => {
    const taken = Math.min(most, trade + over);
    over += trade - taken;
    return taken;
  });
}

/** Rounds the running total, so that no rounding adds up; the last slice takes the rest. */
function inLots(quantity: Quantity, lot: Quantity, trades: Float64Array): Quantity[] {
  let [due, sent] = [0, Decimal.zero];
  const sliced = [...trades].map((trade, k) => {
    due += trade;
    const lots = wholeLots(Decimal.fromEstimate(due, 8, 'half-even'), lot);
    const last = k === trades.length - 1 || lots.compare(quantity) > 0;
    const upTo = last ? quantity : lots;
    const slice = upTo.subtract(sent);
    sent = upTo;
    return slice.normalize();
  });
  return sliced.filter((slice) => slice.sign > 0);
}

/** Mean of the last days' volume; undefined when fewer than `daysMin` are known. */
export function averageVolume(volume: Float64Array, days = 20, daysMin = 5): number | undefined {
  const known = volume.slice(-days).filter((value) => value > 0);
  return known.length < daysMin ? undefined : sum(known) / known.length;
}

/** Standard deviation of the last daily returns; undefined when fewer than `daysMin` are known. */
export function dayVolatility(closes: Float64Array, days = 60, daysMin = 20): number | undefined {
  const recent = closes.slice(-days - 1);
  const returns = recent.slice(1).map((close, i) => Math.log(close / at(recent, i)));
  if (returns.length < daysMin) return undefined;
  const mean = sum(returns) / returns.length;
  const squares = returns.reduce((all, value) => all + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (returns.length - 1));
}
