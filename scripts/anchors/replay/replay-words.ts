/**
 * The vocabulary of replay rows. Each sentence of the conventions is one that the replay
 * implements.
 */
import { words, type Vocabulary } from '../rows/vocabulary.ts';

const WINDOWED =
  /of the \d+ daily simple returns whose last one ends at the close before the trading day/;

export const replayWords: Vocabulary = {
  phrases: {
    operation: ['replay of a fixed rule'],
    weights: [
      '1/n each',
      '1/s over sum of 1/s; s = standard deviation (ddof 1)',
      /least w'sw, sum w = 1, 0 <= w <= [\d.]+; s =/,
      'Ledoit-Wolf 2004 shrinkage toward mean variance times identity (divisor T, means removed)',
      'sample covariance (ddof 1)',
      WINDOWED,
      /(?:fixed|given|weights?)?(?:[\s:,=]*[\w.]*\s*[\d.]+)+/,
      words('fixed | given | weights?'),
    ],
    schedule: [
      'first day only',
      'first day of the run',
      /first trading day of each (?:calendar )?(?:week|month|quarter|half[- ]year|year)/,
      '(never on the last day of the run)',
      /first day, then every \d+ (?:weeks|trading days|days)/,
      'every day the weights at the close are looked at; trade back to the targets when for any asset',
      /\|w - t\| > min\([\d.]+, [\d.]+ t\)/,
    ],
    schedulecode: [
      words(
        'once | daily | weekly | monthly | quarterly | half yearly | semiannual | yearly | annual',
      ),
      /every:\d+/,
    ],
    shares: [words('whole | fractional')],
    conventions: [
      "Order of a day: (1) value = cash + sum q*p at this day's close;",
      '(2) a deposit due is added to cash and value;',
      '(3) the decision: target weights from data up to the close BEFORE this day (equal and fixed weights need none), order i moves asset i by A_i = w_i*value - q_i*p_i with ONE value for all orders, taken before the first order;',
      "(4) all orders trade at this day's close;",
      'whole shares: the greatest whole number q with q*p + fee(q) <= A_i (so a buy never spends more than A_i, a sale raises at least |A_i| after its fee);',
      'a target of 0 sells all;',
      'fractional: q = A_i/p;',
      '(5) cash -= q*p + fee; value is recorded after trading.',
      'No interest on cash, no dividends beyond what the price column holds, no tax, no slippage, no rounding of money.',
      'Returns: r_1 = V_1/capital - 1 (first day, costs only), then r_t = (V_t - D_t)/V_(t-1) - 1, D_t = deposit of day t.',
      'total_return = prod(1+r) - 1 (time-weighted).',
      'cagr = (1+total_return)^(1/years) - 1, years = calendar days between first and last day / 365.25 (weekly data: steps/52).',
      'annualised_volatility = std(r_2..r_n, ddof 1)*sqrt(periods_per_year).',
      'sharpe = mean(r_2..)/std(r_2.., ddof 1)*sqrt(periods_per_year), riskless 0.',
      'max_drawdown = min over days of index/greatest index so far - 1, index starts at 1 before the first trade.',
      'turnover_one_sided = sum over days of (sum |q*p|)/2/V_t(after trading), first purchase included; turnover_per_year leaves the first day out and divides by years.',
      'orders = number of q != 0.',
      'costs = sum of fees.',
      'money_weighted_return: r with sum of flows/(1+r)^(days/365) = 0 (capital and deposits paid in, final value taken out).',
    ],
  },
  named: ['firstday', 'lastday'],
};
