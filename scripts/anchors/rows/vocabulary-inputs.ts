/** Phrases about prices, returns, moments and portfolios that rows of several categories share. */
import { words, type Phrase, type Vocabulary } from './vocabulary.ts';

const DAY = /\d{4}-\d{2}-\d{2}/;
const YEARS = /(?<=\S\s*\*\s*|[(,]\s*|frequency\s*=?\s*)(?:252|365|52|12|4|1)(?![\d.])/;
const DDOF = /ddof\s*=?\s*[01]|divided by (?:n\s*-\s*1|t\s*-\s*1|n|t)(?![\p{L}\d])/u;

const simpleReturns: readonly Phrase[] = [
  /rows with (?:any )?(?:blank|missing|nan)(?: prices?| returns?)? dropped(?: first)?/,
  words('simple | daily | weekly | monthly | returns? | log | logarithmic | all rows'),
  'p_t/p_{t-1}-1',
  words('first row dropped | blanks stay missing'),
];

const rows: readonly Phrase[] = [
  /(?:first|last) \d+/,
  /\(\d+ (?:returns|prices)\)/,
  DAY,
  words('rows | all rows | all | dated | returns | prices | bars'),
  words('onwards | onward | until | up to | before | since | through | and later | exclusive'),
  words('already returns | simple returns | log returns | the daily | the weekly | the monthly'),
  words('daily | weekly | monthly | simple'),
  /columns? [\w.]+(?: and [\w.]+)* dropped/,
];

/** Parameters of the estimators of moments. */
const covariance: readonly Phrase[] = [
  words('sample | empirical | pairwise | covariance | cov | sample cov | covariance matrix'),
  words('ledoit wolf | constant variance | constant correlation | single factor | shrunk | oas'),
  /(?:exp|semi)[_ -]?cov(?:ariance)?|span\s*=?\s*\d+|benchmark\s*=?\s*[\d.e-]+/,
  /\d+\s*x\s*\d+ identity/,
  DDOF,
  YEARS,
  words('daily returns | weekly returns | returns | frequency | annualised | same | matrix'),
];

const means: readonly Phrase[] = [
  words('arithmetic | mean | mean historical return | historical | ema historical return | daily'),
  words('return | returns | those rows | all prices | weekly | monthly | exponential'),
  /compounding(?:\s*=\s*(?:true|false))?|span\s*=?\s*\d+/,
  YEARS,
];

export const inputWords: Vocabulary = {
  phrases: {
    returns: simpleReturns,
    scenarios: simpleReturns,
    rows,
    period: rows,
    dates: rows,
    cov: covariance,
    covariance,
    mu: means,
    expectedreturns: means,
    missing: [
      'returns with NaN -> 0 before estimation',
      'null = missing value, skipped in means; counts as 0 return when compounding',
      words('dropped | drop | complete cases | listwise | zero'),
    ],
  },
  named: ['column', 'columns', 'tickers', 'asset', 'assets', 'names'],
  without: ['note', 'notes'],
};

/** Figures of a portfolio, in the order in which a row lists them. */
export const performanceWords: Vocabulary = {
  phrases: {
    performance: [
      "sqrt(w'Sw)",
      "mu'w",
      "sqrt(252*mean(min(r'w,0)^2))",
      /\((?:ret|return)\s*-\s*(?:rf|\d*\.?\d+)\)\s*\/\s*(?:volatility|vol|semidev|risk|cvar)/,
      /(?:rf|risk[- ]free(?: rate)?)\s*(?:=|of|is)?\s*\d*\.?\d+/,
      /(?:expected |annual )?return|volatility|vol(?![\p{L}])|sharpe(?: ratio)?|variance|semidev\w*/u,
      /cvar|cdar|daily|weekly|monthly|per period|positive = loss/,
    ],
  },
};

/** Limits on weights. */
const CONDITION_SIDE = String.raw`[-+\s\d.*%]*[wx]?\[?['"]?[\w.&]+['"]?\]?`;
const limitPhrases: Readonly<Record<string, readonly Phrase[]>> = {
  bounds: [
    /assets alternate\s*(?:\(\s*-?[\d.]+\s*,\s*-?[\d.]+\s*\)\s*,?\s*)+/,
    words('none | long only'),
  ],
  constraints: [
    new RegExp(
      String.raw`(?:^|[,;]|and)\s*${CONDITION_SIDE}(?:\s*[-+]\s*${CONDITION_SIDE})*\s*(?:<=|>=|==|=|≤|≥)\s*(?:${CONDITION_SIDE}|-?[\d.]+%?)(?=\s*(?:[,;]|and|$))`,
      'u',
    ),
  ],
  wprev: [/1\s*\/\s*(?:\d+|n) each|equal(?: weights)?(?:,? 1\s*\/\s*(?:\d+|n) each)?|0 each|cash/],
  sum: [words('free | none')],
  objective: [
    "w'Sw + gamma*w'w + k*sum|w-w_prev|",
    "w'Sw + gamma*w'w",
    "w'Sw + k*sum|w-w_prev|",
    "max mu'w - 0.5*ra*w'Sw",
    "max mu'w - ra*w'Sw",
    "max mu'w - ra/2*w'Sw",
    "w'Sw",
    words('min | minimise'),
  ],
};

export const limitWords: Vocabulary = {
  phrases: {
    ...limitPhrases,
    weightbounds: limitPhrases['bounds'] ?? [],
    constraint: limitPhrases['constraints'] ?? [],
    linearconstraints: limitPhrases['constraints'] ?? [],
    previousweights: limitPhrases['wprev'] ?? [],
    prevweights: limitPhrases['wprev'] ?? [],
  },
  sentences: ['constraints', 'constraint', 'linearconstraints', 'extraconstraints'],
};
