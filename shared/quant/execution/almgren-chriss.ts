/**
 * Optimal execution: the schedules that balance market impact against the risk of waiting, and what a
 * schedule costs (R. Almgren and N. Chriss, "Optimal execution of portfolio transactions", Journal of
 * Risk 3, 2000; equation numbers are those of the paper).
 */
import { sum } from '#shared/quant/linear-algebra/matrix.ts';

/** Prices are per share, in the security's currency; time is in days. */
export interface ImpactModel {
  /** Standard deviation of the price over one day, in units of price. */
  readonly sigma: number;
  /** Half the spread and fees of a share, whatever is traded (epsilon). */
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

/** Temporary impact less what the permanent one takes within an interval: eta - gamma tau / 2. */
export function adjustedTemporary({ temporary, permanent }: ImpactModel, tauDays = 1): number {
  return temporary - (permanent * tauDays) / 2;
}

/**
 * kappa per day, with 2 (cosh(kappa tau) - 1) / tau^2 = lambda sigma^2 / eta~ (equation 16): how much
 * faster than evenly the optimal schedule trades. 0 without risk aversion.
 */
export function urgency(model: ImpactModel, riskAversion: number, tauDays = 1): number {
  const eta = adjustedTemporary(model, tauDays);
  if (eta <= 0) return 0;
  const root = Math.sqrt((riskAversion * model.sigma ** 2) / eta);
  return (2 / tauDays) * Math.asinh((root * tauDays) / 2);
}

/** Days in which an optimal schedule without a deadline brings the rest down by the factor e: 1/kappa. */
export function tradeHalfLife(model: ImpactModel, riskAversion: number, tauDays = 1): number {
  return 1 / urgency(model, riskAversion, tauDays);
}

/**
 * Shares traded in each of `intervals`, the optimum for E + lambda V: of X shares
 * x_j = X sinh(kappa (T - t_j)) / sinh(kappa T) are held after j of them (equation 17).
 *
 * @param riskAversion lambda of E + lambda V, per unit of money; 0 trades evenly
 * @param tauDays length of an interval
 */
export function trajectory(
  shares: number,
  intervals: number,
  model: ImpactModel,
  riskAversion: number,
  tauDays = 1,
): Float64Array {
  const kappa = urgency(model, riskAversion, tauDays) * tauDays;
  const left = (j: number): number => {
    if (kappa * intervals < 1e-8) return shares * (1 - j / intervals);
    // sinh over sinh, written so that neither overflows.
    const decay = -Math.expm1(-2 * kappa * (intervals - j)) / -Math.expm1(-2 * kappa * intervals);
    return shares * Math.exp(-kappa * j) * decay;
  };
  return Float64Array.from({ length: intervals }, (_, j) => left(j) - left(j + 1));
}

/** Shares still held at the start and after each trade. */
export function holdingsOf(trades: Float64Array): Float64Array {
  let held = sum(trades);
  return Float64Array.from([held, ...trades.map((trade) => (held -= trade))]);
}

export interface ExpectedCost {
  /** Money lost to the permanent impact, whatever the schedule: gamma X^2 / 2. */
  readonly permanent: number;
  /** To the temporary impact: (eta - gamma tau / 2) / tau times the sum of n^2. */
  readonly temporary: number;
  /** Half the spread on every share: epsilon times the sum of |n|. */
  readonly spread: number;
  /** All three: E(x), equation 8. */
  readonly expected: number;
  /** Of the cost, by the price's own moves: sigma^2 tau times the sum of x^2 (equation 5). */
  readonly variance: number;
}

/** What a schedule costs. Sales and purchases cost the same; trades of one order have one sign. */
export function expectedCost(trades: Float64Array, model: ImpactModel, tauDays = 1): ExpectedCost {
  const total = sum(trades);
  let [squares, shares, held, waiting] = [0, 0, total, 0];
  for (const trade of trades) {
    squares += trade ** 2;
    shares += Math.abs(trade);
    held -= trade;
    waiting += held ** 2;
  }
  const permanent = (model.permanent * total ** 2) / 2;
  const temporary = (adjustedTemporary(model, tauDays) / tauDays) * squares;
  const spread = model.halfSpread * shares;
  return {
    ...{ permanent, temporary, spread },
    expected: permanent + temporary + spread,
    variance: model.sigma ** 2 * tauDays * waiting,
  };
}

export interface FrontierPoint extends ExpectedCost {
  readonly riskAversion: number;
  readonly trades: Float64Array;
}

/** The efficient frontier of schedules: the least expected cost for each variance, one a risk aversion. */
export function executionFrontier(
  shares: number,
  intervals: number,
  model: ImpactModel,
  riskAversions: readonly number[],
  tauDays = 1,
): readonly FrontierPoint[] {
  return riskAversions.map((riskAversion) => {
    const trades = trajectory(shares, intervals, model, riskAversion, tauDays);
    return { riskAversion, trades, ...expectedCost(trades, model, tauDays) };
  });
}

/** The cost that is passed with so many standard deviations' probability: E + z √V (section 3.3). */
export function costAtRisk({ expected, variance }: ExpectedCost, deviations: number): number {
  return expected + deviations * Math.sqrt(variance);
}
