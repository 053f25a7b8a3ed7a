/** Words of performance and risk measures. */
import { words, type Vocabulary } from './vocabulary.ts';

const QUANTILE = /\d+(?:\.\d+)?% quantile of returns|linear interpolation/;

export const performanceMetricWords: Vocabulary = {
  phrases: {
    operation: [
      words('cum returns | cum returns final | cumulative returns? | total return | max drawdown'),
      words('annual return | annual volatility | annualised | annualized | annualise | cagr'),
      words(
        'sharpe ratio | sharpe | sortino ratio | sortino | calmar ratio | calmar | omega ratio',
      ),
      words('downside risk | downside deviation | information ratio | alpha beta | alpha | beta'),
      words(
        'capture | up | down | tail ratio | roll | rolling | value at risk | var | cvar | omega',
      ),
      words(
        'mean | variance | semi variance | semi deviation | standard deviation | std | skewness',
      ),
      words(
        'kurtosis | skew | kurt | drawdowns? | series | comp | correlation | covariance | xirr',
      ),
      words('irr | internal rate( of return)? | money weighted | ulcer index | pain index | gini'),
      words(
        'average drawdown | cdar | edar | evar | entropic | entropic risk | first lower partial',
      ),
      words('lower partial moment | moment | mean absolute deviation | worst | best | realization'),
      words(
        'realisation | stability | batting average | fragility | tracking error | gain to pain',
      ),
      words(
        'ulcer performance index | upi | martin ratio | probabilistic sharpe ratio | psr | bias',
      ),
      words('minimum track record length | mintrl | deflated | double | adjusted | confidence'),
      words(
        'interval | expected maximum | prob mom | probability | outperformance | momentum | sric',
      ),
      words(
        'information criterion | effective number | assets | diversification ratio | conditional',
      ),
      words('price index | rebased | rebase | not | per period | mtd | ytd | trailing | year frac'),
      words('aggregate returns | log returns | simple returns | winsori[sz]e | rescale | longest'),
      words(
        'recovery | duration | details | top | maxdd | third central | fourth central | central',
      ),
      words(
        'fourth lower partial | flpm | semi standard deviation | expected shortfall | es | target',
      ),
      words('excess returns? | value | ratio | risk | return | length | returns | index | excess'),
      words('metrics | equal weight portfolio | rebalanced every period | volatility | portfolio'),
      words(
        'whole period | sum of squares | normal | inverse | cumulative | cdf | quantile | norm',
      ),
      words(
        'to | de annualize | annual | market | function | positive = loss | loss | rf 0 | ratio',
      ),
      /at row \d+|to \d+|ddof\s*=?\s*[01]|(?<=rf )0|(?<=var_?|cvar_?|risk_?|\s|_)(?:90|95|97\.?5|99)(?![\d])/,
      /(?<![\p{L}])(?:one|three|six|five|ten|\d+)[\s_-]*(?:m|month|year|y)s?(?![\p{L}])/u,
      /[\p{Lu}\p{Ll}]{1,5}-[\p{Lu}\p{Ll}]{1,5}$/u,
      words('mean drawdown | drawdown at risk | dar | time'),
    ],
    formula: [
      'x=ln(1+r); std=sqrt(sum((x-mean)^2)/(n-1)*n); semi=sqrt(sum over x<mean of (x-mean)^2/(n-1)*n)',
      'sqrt(mean(min(r-req,0)^2))*sqrt(f)',
      'mean(r-req)*f / downside_risk',
      'mean(r-b)/std(r-b, ddof 1), not annualised',
      'beta=cov/var; alpha=(mean(r-beta*b)+1)^252-1; pairs with a missing value dropped',
      'annual_return(r)/annual_return(b), daily (252), on the subset',
      '|95th percentile| / |5th percentile|, linear interpolation',
      'c-quantile of returns, linear interpolation; sign kept',
      '(last/first)^(1/years)-1, years = elapsed seconds/31557600 (365.25 days)',
      'mean / sqrt(mean(min(r,0)^2))',
      'Phi((SR-SR*)/sqrt((1-g3*SR+(g4-1)/4*SR^2)/(n-1))), g3 = bias-corrected sample skewness G1, g4 = bias-corrected excess kurtosis G2 + 3 (spreadsheet SKEW, KURT+3)',
      '1+(1-g3*SR+(g4-1)/4*SR^2)*(z_(1-alpha)/(SR-SR*))^2, moments as in the PSR rows',
      'sum w*sd(asset, ddof 0) / sd(portfolio, ddof 1) - the peer mixes the two divisors',
    ],
    sharpe: ['mean/sd(ddof 1)*sqrt(f), rf 0'],
    sortino: ['mean*f/(sqrt(mean(min(r,0)^2))*sqrt(f))'],
    calmar: ['annual return/|max drawdown|'],
    var: [QUANTILE],
    cvar: [/mean of returns <= var[\d.]+/],
    rule: [
      'minus the ceil((1-beta)*n)-th smallest return',
      'minus the floor((1-beta)*n)-th smallest return',
      'Rockafellar-Uryasev on the empirical distribution (fractional tail observation)',
    ],
    drawdown: [words('compounded | uncompounded | not compounded')],
    threshold: ['(1+required)^(1/252)-1'],
    daycount: [/(?:act(?:ual)?)\s*\/\s*(?:365(?:\.25)?|360)/],
    year: [/365(?:\.25)? days/],
    root: ['of several the nearest to zero', 'the nearest to zero'],
    target: [words('mean | zero')],
    excess: ['portfolio minus benchmark'],
    period: [words('daily | weekly | monthly | quarterly | yearly | annual')],
  },
  named: ['series', 'benchmark', 'factorreturns', 'from', 'to', 'start', 'end', 'convertto'],
};
