/** Rows of the Black-Litterman model. */
import {
  blackLitterman as posteriorOf,
  idzorekVariance,
  impliedReturns,
  impliedRiskAversion,
  impliedWeights,
  proportionalVariance,
  TAU,
  viewTilts,
  type Posterior,
  type View,
} from '#shared/quant/estimation/black-litterman.ts';
import { at, cell, dot, quadratic, type Rows } from '#shared/quant/linear-algebra/matrix.ts';
import {
  cleanedWeights,
  equalWeights,
  normalised,
} from '#shared/quant/allocation/simple-weights.ts';
import {
  covarianceInput,
  matrixOf,
  panelOf,
  returnsOf,
  describedMeans,
  riskFreeOf,
} from '../estimation/risk-inputs.ts';
import { linearCondition } from '../rows/linear-condition.ts';
import { numberText } from '../rows/text-values.ts';
import { simpleReturns } from '#shared/quant/measures/returns.ts';
import {
  allWords,
  frequencyOf,
  given,
  named,
  needed,
  numberIn,
  numberOf,
  textOf,
  vectorOf,
} from '../rows/row-conventions.ts';
import {
  NotSupported,
  type Adapter,
  type AnchorFiles,
  type AnchorRow,
  type Compute,
} from '../rows/anchor-row.ts';
import { vocabularies } from '../rows/vocabularies.ts';

interface Model {
  readonly names: readonly string[];
  readonly covariance: Rows;
  readonly prior: Float64Array;
  readonly tau: number;
  readonly riskAversion: number;
  readonly views: readonly View[];
  readonly omega: Rows | undefined;
}

const SPY = 'public/data/prices_pypfopt_spy.csv';

/** A number; or the one a market's prices imply, as in `market_implied_risk_aversion(SPY, rf=0.02)`. */
function riskAversionOf(row: AnchorRow, files: AnchorFiles): number {
  const stated = numberOf(row, 'risk_aversion', 'delta', 'lambda');
  if (stated !== undefined) return stated;
  const words = textOf(row, 'risk_aversion', 'delta');
  if (words === '') return 1;
  return aversionOf(words, row, files);
}

/** Of `delta(SPY, rf=.03)` or `market_implied_risk_aversion(SPY, rf=0)`. */
function aversionOf(text: string, row: AnchorRow, files: AnchorFiles): number {
  const [, series = ''] = /(?:delta|aversion)\(\s*(\w+)/i.exec(text) ?? [];
  const own = given(row, 'market_prices');
  if (own === undefined && !/^spy$/i.test(series)) throw new NotSupported(`no series ${series}`);
  const prices = needed(panelOf(own ?? SPY, files).columns[0], 'market');
  return impliedRiskAversion(simpleReturns(prices), numberIn(text, 'rf') ?? 0);
}

const riskAversion: Compute = (row, files) => {
  const { columns } = returnsOf(row, files);
  const stated = numberOf(row, 'frequency');
  const periods = stated ?? numberIn(allWords(row), 'mean\\*') ?? Math.max(frequencyOf(row), 1);
  return impliedRiskAversion(
    needed(columns[0], 'market'),
    riskFreeOf(row),
    periods === 1 && stated === undefined ? 252 : periods,
  );
};

function marketWeights(row: AnchorRow, names: readonly string[], size: number): Float64Array {
  const caps = given(row, 'market_caps', 'market_capitalisations', 'mcaps');
  const stated = given(row, 'market_weights', 'weights', 'w', 'w_mkt', 'equilibrium_weights');
  const whole = vectorOf(caps, names, size);
  return whole ? normalised(whole) : (vectorOf(stated, names, size) ?? equalWeights(size));
}

const implied: Compute = (row, files) => {
  const { names, covariance } = covarianceInput(row, files);
  const weights = marketWeights(row, names, covariance.length);
  const prior = impliedReturns(covariance, weights, riskAversionOf(row, files), riskFreeOf(row));
  return named(row, names, prior);
};

/** Zeros, equal, the market's, the returns' mean, or a vector. */
function priorOf(
  row: AnchorRow,
  files: AnchorFiles,
  names: readonly string[],
  covariance: Rows,
): Float64Array {
  const stated = given(row, 'prior', 'pi', 'prior_returns');
  const n = covariance.length;
  const vector = vectorOf(stated, names, n);
  if (vector) return vector;
  const words = typeof stated === 'string' ? stated.toLowerCase() : '';
  if (/zero|none/.test(words)) return new Float64Array(n);
  const forAll = /^(.*?)\s+for (every|each|all)/.exec(words)?.[1]?.split('=') ?? [];
  if (forAll.length > 0) return new Float64Array(n).fill(oneNumber(forAll));
  if (/market_implied/.test(words)) return marketPrior(words, row, files, names, covariance);
  const [, aversion, whose] =
    /risk_aversion ([\d.]+) \* cov \* (equal|market) weights/.exec(words) ?? [];
  if (aversion !== undefined) {
    const weights = whose === 'equal' ? equalWeights(n) : marketWeights(row, names, n);
    return impliedReturns(covariance, weights, Number(aversion), 0);
  }
  if (/equal/.test(words)) return equalWeights(n);
  if (/histor|ema|arithmetic/.test(words))
    return describedMeans(words, returnsOf(row, files).columns);
  const known = given(row, 'market_caps', 'market_weights', 'weights') ?? given(row, 'w_mkt');
  if (known === undefined || typeof known === 'string') return new Float64Array(n);
  const weights = marketWeights(row, names, n);
  const riskFree = numberIn(words, 'rf') ?? (/\+ ?rf/.test(allWords(row)) ? riskFreeOf(row) : 0);
  return impliedReturns(covariance, weights, riskAversionOf(row, files), riskFree);
}

/** Of `1/8 = 0.125`: both sides are the same number. */
function oneNumber(sides: readonly string[]): number {
  const [value, ...others] = sides.map((side) => needed(numberText(side), `number "${side}"`));
  if (value === undefined || others.some((one) => Math.abs(one - value) > 1e-9))
    throw new NotSupported(`sides that differ: ${sides.join('=')}`);
  return value;
}

/** `market_implied_prior_returns(delta(SPY, rf=.03), rf=.03)`, or with a number as its aversion. */
function marketPrior(
  words: string,
  row: AnchorRow,
  files: AnchorFiles,
  names: readonly string[],
  covariance: Rows,
): Float64Array {
  const [, inner = '', rate] =
    /returns\(\s*(delta\([^)]*\)|[\d.]+)\s*(?:,\s*rf\s*=\s*(\d*\.?\d+))?\s*\)/.exec(words) ?? [];
  const aversion = numberText(inner) ?? aversionOf(inner, row, files);
  const weights = marketWeights(row, names, covariance.length);
  return impliedReturns(covariance, weights, aversion, Number(rate ?? 0));
}

/** A number, or one over the number of returns. */
function tauOf(row: AnchorRow, files: AnchorFiles): number {
  if (!/^1\s*\//.test(textOf(row, 'tau')) || numberText(textOf(row, 'tau')) !== undefined)
    return numberOf(row, 'tau') ?? TAU;
  return 1 / needed(returnsOf(row, files).columns[0]?.length, 'returns');
}

function modelOf(row: AnchorRow, files: AnchorFiles): Model {
  const { names, covariance } = covarianceInput(row, files);
  const n = covariance.length;
  const prior = priorOf(row, files, names, covariance);
  const tau = tauOf(row, files);
  const { picks, values } = viewMatrix(row, names, n);
  const omega = given(row, 'omega', 'omega_values', 'Omega');
  const errors = Array.isArray(omega) ? omega : given(row, 'omega_values');
  const full = Array.isArray(errors) && Array.isArray(errors[0]) ? matrixOf(errors) : undefined;
  const overTau = vectorOf(given(row, 'omega_over_tau'), [], picks.length);
  const variances = full
    ? undefined
    : (vectorOf(errors, [], picks.length) ?? overTau?.map((value) => value * tau));
  const confidences = vectorOf(
    given(row, 'view_confidences', 'confidences'),
    viewNames(row),
    picks.length,
  );
  const isCertain = CERTAIN.test(row.operation);
  const views = picks.map((own, k): View => {
    const value = at(values, k);
    if (isCertain) return { picks: own, value, variance: 0 };
    if (variances) return { picks: own, value, variance: at(variances, k) };
    if (confidences)
      return {
        picks: own,
        value,
        variance: idzorekVariance(covariance, own, at(confidences, k), tau),
      };
    return { picks: own, value, variance: proportionalVariance(covariance, own, tau) };
  });
  return {
    names,
    covariance,
    prior,
    tau,
    riskAversion: riskAversionOf(row, files),
    views,
    omega: full,
  };
}

const CERTAIN = /100 ?% confidence|omega ?= ?0/i;

function viewNames(row: AnchorRow): readonly string[] {
  const views = given(row, 'absolute_views', 'views', 'viewdict');
  return typeof views === 'object' && views !== null && !Array.isArray(views)
    ? Object.keys(views)
    : [];
}

/** Rows of P and entries of Q: given as such, or a return for each security named or for all. */
function viewMatrix(
  row: AnchorRow,
  names: readonly string[],
  size: number,
): { picks: Float64Array[]; values: Float64Array } {
  const matrix = given(row, 'P', 'picking_matrix', 'picks');
  const stated = given(row, 'Q', 'views', 'absolute_views', 'viewdict');
  const own = viewNames(row);
  if (Array.isArray(stated) && stated.some((one) => typeof one === 'string'))
    return equations(stated as string[], names, size);
  const forAll = typeof stated === 'string' && /every|each|all/.test(stated);
  const alike = forAll ? new Float64Array(size).fill(Number.parseFloat(stated)) : undefined;
  const values = needed(alike ?? vectorOf(stated, own, size), 'views').map(Number);
  if (Array.isArray(matrix))
    return { picks: (matrix as number[][]).map((one) => Float64Array.from(one)), values };
  const picks = Array.from(values, (_, k) => {
    const pick = new Float64Array(size);
    const name = own[k];
    pick[name === undefined ? k : names.length > 0 ? names.indexOf(name) : Number(name)] = 1;
    return pick;
  });
  return { picks, values };
}

/** Linear equations such as `JPM - BAC = 0.01`. */
function equations(texts: readonly string[], names: readonly string[], size: number) {
  const views = texts.map((text) => linearCondition(text, names));
  if (views.some(({ relation }) => relation !== '=')) throw new NotSupported('a view with a bound');
  const picks = views.map(({ coefficients }) => {
    const pick = new Float64Array(size);
    coefficients.forEach((value, i) => (pick[i] = value));
    return pick;
  });
  return { picks, values: Float64Array.from(views, ({ bound }) => bound) };
}

function solved(model: Model): Posterior {
  return posteriorOf(model.prior, model.covariance, model.views, model.tau, model.omega);
}

/** (delta S)^-1 mu, with the posterior covariance and the scale the row speaks of. */
function weightsOf(row: AnchorRow, model: Model): Float64Array {
  const { expected, covariance } = solved(model);
  const words = textOf(row, 'weights', 'weights_formula').toLowerCase();
  const withUncertainty = /posterior_?cov|posterior cov|cov_bl|\(s ?\+ ?m\)/.test(words);
  const scaledToOne = /bl_weights|normali[sz]ed|sum (to )?1/.test(`${row.operation} ${words}`);
  const risk = withUncertainty ? covariance : model.covariance;
  const weights = impliedWeights(risk, expected, model.riskAversion, scaledToOne);
  const digits = /round\w* to (\d)/.exec(words)?.[1];
  return digits === undefined ? weights : cleanedWeights(weights, { digits: Number(digits) });
}

/** How far the weights lean to each view. */
function tiltsOf(row: AnchorRow, whole: Model): Float64Array {
  const { names, covariance, views, tau } = whole;
  const market = marketWeights(row, names, covariance.length);
  return viewTilts(weightsOf(row, whole), market, views, tau);
}

function omegaOf({ views, omega }: Model): readonly (readonly number[])[] | Rows {
  return omega ?? views.map((view, k) => views.map((_, l) => (k === l ? view.variance : 0)));
}

function performanceOf(row: AnchorRow, model: Model): readonly number[] {
  const posterior = solved(model);
  const weights = impliedWeights(model.covariance, posterior.expected, model.riskAversion, true);
  const mean = dot(weights, posterior.expected);
  const volatility = Math.sqrt(quadratic(posterior.covariance, weights));
  return [mean, volatility, (mean - riskFreeOf(row)) / volatility];
}

/** Every part of the answer by the names in use; the row's operation says which stands alone. */
const model: Compute = (row, files) => {
  const whole = modelOf(row, files);
  const words = row.operation.toLowerCase();
  const { names } = whole;
  const keys = Object.keys((row.expected ?? {}) as object);
  if (
    keys.some((key) =>
      /^(mean|weights|lambda|tilt|cov|posterior|prior|omega|returns|mu|performance)/.test(key),
    )
  ) {
    const posterior = solved(whole);
    const inParts = (values: ArrayLike<number>, key: string): unknown =>
      named({ ...row, expected: (row.expected as Record<string, unknown>)[key] }, names, values);
    return Object.fromEntries(
      keys.map((key) => {
        if (/tilt|lambda|view_?weight/.test(key)) return [key, tiltsOf(row, whole)];
        if (/weight/.test(key)) return [key, inParts(weightsOf(row, whole), key)];
        if (/cov/.test(key)) return [key, posterior.covariance];
        if (/prior|^pi$/.test(key)) return [key, inParts(whole.prior, key)];
        if (/omega/.test(key)) return [key, omegaOf(whole)];
        if (/performance/.test(key)) return [key, performanceOf(row, whole)];
        if (!/mean|return|mu|posterior/.test(key)) throw new NotSupported(`no "${key}"`);
        return [key, inParts(posterior.expected, key)];
      }),
    );
  }
  if (/performance/.test(words)) return performanceOf(row, whole);
  if (/implied confidence/.test(words)) return impliedConfidences(row, whole);
  if (/omega/.test(words) && !CERTAIN.test(words)) return shapedOmega(row, whole);
  if (/weight|optimi[sz]e/.test(words)) return named(row, names, weightsOf(row, whole));
  if (/cov/.test(words)) return solved(whole).covariance;
  if (/prior/.test(words)) return named(row, names, whole.prior);
  return named(row, names, solved(whole).expected);
};

/** How far each weight goes from the market's to the one under certain views. */
function impliedConfidences(row: AnchorRow, whole: Model): readonly number[] {
  const { names, covariance, views } = whole;
  const market = marketWeights(row, names, covariance.length);
  const certain = { ...whole, views: views.map((view) => ({ ...view, variance: 0 })) };
  const [own, full] = [weightsOf(row, whole), weightsOf(row, certain)];
  const counts = ['one', 'two', 'three', 'four', 'five', 'six'];
  const first = /first (\w+) assets/.exec(row.operation.toLowerCase())?.[1];
  const shown = first
    ? [...market.keys()].slice(0, counts.indexOf(first) + 1)
    : [...market.keys()].filter((i) => views.some(({ picks }) => picks[i] !== 0));
  return shown.map((i) => (at(own, i) - at(market, i)) / (at(full, i) - at(market, i)));
}

const viewVariances: Compute = (row, files) => {
  const { covariance } = covarianceInput(row, files);
  const picks = needed(matrixOf(given(row, 'P', 'picking_matrix', 'picks')), 'P');
  return picks.map((pick) => quadratic(covariance, pick));
};

function shapedOmega(row: AnchorRow, whole: Model): unknown {
  const omega = omegaOf(whole);
  const flat = Array.isArray(row.expected) && !Array.isArray(row.expected[0]);
  return flat ? omega.map((_, k) => cell(omega, k, k)) : omega;
}

export const blackLitterman: Adapter = {
  category: 'black_litterman',
  words: vocabularies.black_litterman,
  operations: [
    [/risk[\s_-]*aversion/i, riskAversion],
    [/variance of the view/i, viewVariances],
    [/implied (?!confidence)|implied_|equilibrium/i, implied],
    [/bl[\s_-]|black|implied confidence|litterman|posterior|idzorek|omega|views/i, model],
  ],
};
