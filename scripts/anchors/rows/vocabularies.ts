/**
 * The vocabulary of each category of rows. A phrase is listed only where the category's code
 * implements it.
 */
import { inputWords, limitWords, performanceWords } from './vocabulary-inputs.ts';
import { performanceMetricWords } from './vocabulary-metrics.ts';
import { indicatorWords } from './vocabulary-indicators.ts';
import { vocabulary, words, type Vocabulary } from './vocabulary.ts';

const RF = /(?:rf|risk[- ]free(?: rate)?)\s*(?:=|of|is)?\s*\d*\.?\d+/;
const SERIES_AVERSION =
  /(?:market_implied_risk_aversion|market implied risk aversion|delta)\(\s*\w+\s*(?:,\s*rf\s*=\s*\d*\.?\d+)?\s*\)/;

const blackLitterman: Vocabulary = {
  phrases: {
    operation: [
      words('bl | bl returns | bl weights | bl cov | black litterman | posterior | mean | weights'),
      words(
        'performance | implied | equilibrium | returns | market implied risk aversion | idzorek',
      ),
      words('market implied prior returns | confidences? | unconstrained | optimal | covariance'),
      words('prior | omega | views? | tilts? | lambda | normalised | implied confidence'),
      '(lambda*cov)^-1 * posterior mean',
      '(delta*cov)^-1 * posterior mean',
      "variance of the view portfolios p'Sp",
      'under 100 % confidence (omega = 0)',
      '(w - w_mkt)/(w_100 - w_mkt)',
      /assets that a view names|assets named by (?:a|any) view|first (?:one|two|three|four|five|six) assets/,
    ],
    formula: [
      '(mean*252 - rf)/(var(ddof 1)*252)',
      'delta*cov*w_mkt + rf',
      'delta*cov*w',
      /lambda\*cov\*w(?:; the exact lambda is 'approximately [\d.]+')?/,
    ],
    omega: [
      "diag(tau*P*cov*P')",
      "tau*diag(P cov P')",
      "diag(P*(tau*cov)*P')",
      words('default | proportional | idzorek'),
    ],
    posteriorcov: ["cov + ((tau cov)^-1 + P'omega^-1 P)^-1"],
    weights: [
      '(delta*cov)^-1 * posterior mean',
      '(delta*cov)^-1 * posterior',
      '(delta*posterior_cov)^-1 * posterior mean',
      '(lambda*cov)^-1 * posterior mean',
      words('normalised | normalized | sum (to )?1'),
      /rounded to \d+ decimals/,
    ],
    performance: [words('posterior mean | posterior covariance'), RF],
    prior: [
      /[\d.\s/=]+(?=for (?:every|each|all))/,
      words('every asset | each asset | all assets | every one | zero | none'),
      /market_implied_prior_returns\(\s*(?:delta\([^)]*\)|[\d.]+)\s*(?:,\s*rf\s*=\s*\d*\.?\d+)?\s*\)/,
      /risk_aversion [\d.]+ \* cov \* (?:equal|market) weights/,
      /ema_historical_return\s*\(span\s*=?\s*\d+\)|mean_historical_return(?:\s*\(\))?/,
      words('equal weights? | market'),
      ...(inputWords.phrases['mu'] ?? []),
    ],
    riskaversion: [SERIES_AVERSION],
    delta: [SERIES_AVERSION],
    tau: ['1/number of returns', '1/T'],
    views: [
      /-?[\d.]+ for (?:each|every|all)(?: of the)?(?: \d+)? assets?/,
      /[-+\d.*\s]*[\p{L}][\w.&]*(?:\s*[-+]\s*[\d.*\s]*[\p{L}][\w.&]*)*\s*=\s*-?[\d.]+%?(?=\s*(?:[,;]|$))/u,
    ],
  },
  sentences: ['views'],
  without: ['omegaovertauprinted'],
};

const covariance: Vocabulary = {
  phrases: {
    operation: [
      ...(inputWords.phrases['cov'] ?? []),
      words('semicovariance | semi variance | exponential | ew cov | ewma | riskmetrics | oracle'),
      words(
        'approximating | linear shrinkage | manual shrinkage | shrunk covariance | risk matrix',
      ),
      words('target | mean variance | identity | scikit learn | sklearn | diagonal | null'),
      words('two parameter | constant covariance | shrinkage | trace | block | basic | estimator'),
      /first \d+\s*x\s*\d+|\(per period\)|[=*]/,
      words('fix | repair | nearest | non positive semidefinite | spectral | method | diag | is'),
      words('positive (semi)?definite | de ?nois\\w* | de ?ton\\w* | mar[cč]henko pastur? | pdf'),
      words(
        'density | bounds? | edges? | limits? | band | lambda | max | min | noise | eigenvalues?',
      ),
      words(
        'corr | correlation | correlation matrix | cov to corr | corr to cov | matrix | higham',
      ),
      words(
        'variance null | variance | to | clipped | kept | constant | fixed | targeted | factors?',
      ),
    ],
    formula: [
      /D'D\/T\*252,\s*D=min\(r-b,0\),\s*missing->0(?:,\s*T=\d+ rows)?/,
      'ewm(span).mean() of (x-mean x)(y-mean y), last value',
      words('published | formula 23'),
    ],
    implementation: [words('scikit learn | ledoit wolf'), 'covariance divided by n'],
    dividedby: [/^\s*[nt](?:\s*-\s*1)?\s*$/],
    divisor: [/^\s*[nt](?:\s*-\s*1)?\s*$/],
    s: [/sample covariance|ddof\s*=?\s*[01]/],
    target: [
      words('identity | mean variance | constant variance | constant correlation | single factor'),
      words('diagonal | null correlation | two parameter | market | times'),
    ],
    shrinkagetarget: [words('identity | constant variance | constant correlation | single factor')],
    method: [
      words('ledoit wolf | sample cov | semicovariance | exp cov | oracle approximating'),
      words('constant variance | single factor | constant correlation | spectral | diag | clip'),
    ],
    fixmethod: [words('spectral | diag')],
  },
};

const expectedReturns: Vocabulary = {
  phrases: {
    operation: [
      ...(inputWords.phrases['mu'] ?? []),
      words('capm | capm return | capital asset pricing( model)? | bayes stein | james stein'),
      words('bodnar okhrin | jorion | shrunk | shrinkage | grand mean | equilibrium | implied'),
      words('log returns | simple returns | prices from returns | prices from log returns | ew mu'),
      words('returns from prices | empirical | historical | return model | ewma | volatility'),
      words('weighted | target | minimum variance | prices'),
      /\(?(?:jorion )?1986\)?/,
    ],
    formula: [
      "b=(n+2)/((n+2)+T (m-g)'S^-1(m-g)); mu=(1-b)m+b*g",
      'prod(1+r)^(252/count)-1 per column over its own non-missing returns',
      'risk_aversion*cov*w',
      words('v/u | v/w'),
    ],
    s: [/sample covariance|ddof\s*=?\s*[01]/],
    beta: ['pairwise cov(asset, mkt)/var(mkt), mkt left-joined on the asset dates', 'cov/var'],
    weights: ['pandas ewm(span), adjust=True, last value', /equal(?: weights)?(?:,? 1\/\d+)?/],
    market: [
      /(?:row|cross-sectional|equal-weight(?:ed)?) (?:mean|average)/,
      words('available returns | returns available that day | available that day | returns'),
    ],
    method: [
      words('mean historical return | ema historical return | capm return | james stein'),
      words('bayes stein | bodnar okhrin | capm | ema | mean | jorion'),
    ],
    target: [words('grand mean | volatility weighted | minimum variance | vol weighted')],
  },
  named: ['row', 'index'],
};

const HALVES = [
  words('split the leaf order in halves | halves | split in halves'),
  words('inverse cluster variance | allocate | by inverse cluster variance'),
  'inverse-variance weights inside',
  'inverse standard deviation of the cluster portfolio whose inner weights are inverse standard deviation',
];
const hrp: Vocabulary = {
  phrases: {
    operation: [
      words(
        'hrp | hierarchical risk parity | weights | performance | volatility | cluster variance',
      ),
      words('leaf order | quasi diagonal | quasi diagonalisation | seriation | leaves | order'),
      words('covariance matrix | standard deviation as the risk | variance | risk'),
      words('standard deviation'),
      /->/,
    ],
    linkage: [
      words('single | complete | average | weighted | ward | centroid | median | linkage'),
      words('optimal leaf ordering'),
    ],
    distance: [
      'sqrt((1-corr)/2)',
      'sqrt(0.5*(1-corr))',
      words('clustered directly | condensed matrix | not distance of distance'),
    ],
    leaforder: [
      words(
        'depth first | left child first | scipy to tree pre order | optimal | optimal leaf ordering',
      ),
    ],
    bisection: HALVES,
    corr: [words('same covariance matrix | same covariance')],
    riskmeasure: [words('variance | standard deviation | inverse volatility')],
    performance: [/\[return, vol(?:atility)?, sharpe(?: ratio)?/, RF],
  },
};

const riskParity: Vocabulary = {
  phrases: {
    operation: [
      words('equal | budgeted | risk | contributions? | weights | risk parity | risk budgeting'),
      words('risk budgets? | most diversified portfolio | diversification ratio | erc | mdp'),
      words(
        'maximum diversification | inverse volatility | inverse variance | minimum correlation',
      ),
      words('proportional minimum variance | shares? | relative | percent | marginal'),
      'max sum w*sd / portfolio sd',
      words(
        'portfolio | most diversified | inv vol | mva | minimum variance (heuristic|algorithm)',
      ),
    ],
    budgets: [words('equal')],
    riskbudgets: [words('equal')],
    covarmethod: [words('ledoit wolf | standard')],
    convention: [words('share of the sum | skfolio | fixed')],
  },
};

const meanVariance: Vocabulary = {
  phrases: {
    operation: [
      words('min volatility | minimum volatility | max sharpe | maximum sharpe | efficient risk'),
      words('efficient return | max quadratic utility | quadratic utility | cla | min variance'),
      words('global minimum variance | weights | gmv | minimum variance | target return'),
      words('target volatility | target | tangency portfolio | tangency | l2 | transaction costs?'),
      words(
        'l2 reg | efficient frontier point | return | volatility | max return | maximum return',
      ),
      words('critical line | mean variance | markowitz | tracking error | minimum | portfolio'),
      words('unconstrained | ex ante | minimise | utility | kelly | market neutral | sharpe ratio'),
      "max rt*mu'w - w'Sw/2",
      'max return s.t. volatility <= target',
      'min variance s.t. return >= target',
      /\d+ points equally spaced in (?:return|volatility|vol|risk)/,
      /[+.]/,
      words('turning point | risk | sd | number of'),
    ],
    meaning: ["min w'Sw/2 - lambda*mu'w at this lambda"],
    order: [/\d+ of \d+\s*\.\.\s*\d+/, words('the highest return down')],
  },
};

const discreteAllocation: Vocabulary = {
  phrases: {
    operation: [
      words('greedy portfolio | lp portfolio | objective value | integer programme optimum | rmse'),
      words(
        'leftover | discrete allocation | integer | greedy | allocation | lp | milp | cash left',
      ),
    ],
    algorithm: [
      'greedy: floor(w*V/p) first, then repeatedly buy one share of the asset with the largest (ideal - current) weight that is affordable',
      words('greedy | lp | integer programme'),
    ],
    method: [words('greedy | lp | integer programme')],
    objective: [
      "min sum_i |w_i*V - x_i*p_i| + (V - p'x), x integer >= 0, p'x <= V",
      'assets with w<=1e-5 dropped',
    ],
    latestprices: [/last row(?: \d{4}-\d{2}-\d{2})?/],
    weights: [
      /max_sharpe(?:\(\s*(?:rf|risk_free_rate)\s*=\s*\d*\.?\d+\s*\))?|min_volatility(?:\(\))?/,
    ],
  },
};

const executionCost: Vocabulary = {
  phrases: {
    operation: [
      words(
        'cost | straight line | schedule | optimal | kappa | holdings | expected cost | variance',
      ),
      words(
        'frontier | trajectory | trades | half life | almgren chriss | linear | twap | immediate',
      ),
      words('minimum impact | minimum variance | at once | execution | cost at risk | efficient'),
      words('expected | optimal execution | utility | objective'),
    ],
    formula: [
      'E = gamma X^2/2 + eps*sum|n| + (eta-gamma*tau/2)/tau*sum n^2 ; V = sigma^2*tau*sum x_k^2',
      "paper's closed form: cosh(kappa tau)=1+kt^2 tau^2/2, kt^2=lambda sigma^2/(eta(1-gamma tau/2eta)); x_j=X sinh(kappa(T-t_j))/sinh(kappa T)",
    ],
  },
};

const lotAccounting: Vocabulary = {
  phrases: {
    operation: [
      words('remaining | cost basis | quantity | shares | realised | realized | gains? | capital'),
      words('profit | loss | average cost | position | unrealised | unrealized | gross | net'),
      words(
        'performance | divided | time weighted investment | investment | pnl | holdings | fifo',
      ),
      words('lifo | hifo | moving average | average | specific | cost | basis'),
    ],
    rounding: [words('cents? | none | exact')],
    split: ['shares of every open lot times new/old; the cost of the lot is unchanged'],
    method: [words('fifo | lifo | hifo | average | moving average | specific')],
  },
};

const quadraticPrograms: Vocabulary = {
  phrases: {
    operation: [
      "min 1/2 x'Px + q'x + r subject to l <= Ax <= u",
      words('quadratic programme? | quadratic program | qp | min | minimise | convex'),
    ],
    nullbound: [words('no bound')],
    indices: ['0-based; P holds both triangles; simple bounds are rows of A', words('0 based')],
  },
};

const simpleWeights: Vocabulary = {
  phrases: {
    ...riskParity.phrases,
    operation: [
      ...(riskParity.phrases['operation'] ?? []),
      words('limit weights | inverse volatility weights | clean weights | normalise | normalize'),
      words('equal weights | mean variance weights | mean var | clean | random'),
    ],
    rule: [
      'cap at the limit and spread the excess pro rata over weights still below the limit, repeat',
    ],
  },
};

const tailRisk: Vocabulary = {
  phrases: {
    operation: [
      words('min cvar | min cdar | min semivariance | efficient return | efficient risk | under'),
      words('semivariance | cvar | cdar | max quadratic utility | minimum | conditional'),
      words('value at risk | drawdown | mean absolute deviation | mad | worst | ulcer | minimax'),
      words('first lower partial moment | flpm | expected shortfall | semideviation | downside'),
      words('semi variance | max drawdown | average drawdown | least | utility | semi deviation'),
    ],
    programme: ["Rockafellar-Uryasev: min a + 1/(T(1-beta)) sum max(0, -r'w - a)"],
    measure: [words('cvar | cdar | semivariance | semideviation | mad')],
    riskmeasure: [words('cvar | cdar | semivariance | semideviation | mad')],
  },
};

const orlib: Vocabulary = {
  phrases: {
    operation: [
      words(
        'min variance | long only | fully invested | portfolio | return | volatility | variance',
      ),
      words('return >= target | max return | frontier | efficient | target | risk | minimum'),
      />=|<=/,
    ],
  },
  without: ['frontierline'],
};

const exchangeCalendar: Vocabulary = {
  phrases: {
    operation: [
      words('exchange | open | dates? | local | closing time | number | sessions? | calendar year'),
      words('holidays? | early | late | close | next | previous | following | last | opening time'),
      words(
        'whether | trading days? | special | half days? | break | lunch | closed | these | day',
      ),
    ],
    timezone: [/[\p{L}]+\/[\p{L}_]+/u],
  },
  named: ['calendar', 'exchange', 'mic', 'day', 'date'],
};

const ofPortfolios = [inputWords, performanceWords, limitWords] as const;

export const vocabularies = {
  black_litterman: vocabulary(inputWords, blackLitterman),
  covariance: vocabulary(inputWords, covariance, { phrases: {}, without: ['mu', 'cov'] }),
  expected_returns: vocabulary(inputWords, expectedReturns),
  hrp: vocabulary(inputWords, limitWords, hrp, { phrases: {}, without: ['mu'] }),
  risk_parity: vocabulary(inputWords, limitWords, riskParity, { phrases: {}, without: ['mu'] }),
  mean_variance: vocabulary(...ofPortfolios, meanVariance),
  critical_line: vocabulary(...ofPortfolios, meanVariance),
  discrete_allocation: vocabulary(...ofPortfolios, discreteAllocation),
  execution_cost: vocabulary(executionCost),
  lot_accounting: vocabulary(lotAccounting),
  quadratic_programs: vocabulary(quadraticPrograms),
  weights: vocabulary(inputWords, limitWords, simpleWeights),
  tail_risk_optimisation: vocabulary(...ofPortfolios, tailRisk, { phrases: {}, without: ['cov'] }),
  orlib_frontier: vocabulary(performanceWords, orlib),
  exchange_calendar: exchangeCalendar,
  performance_metrics: vocabulary(inputWords, performanceMetricWords),
  technical_indicators: vocabulary(inputWords, indicatorWords),
} satisfies Readonly<Record<string, Vocabulary>>;
