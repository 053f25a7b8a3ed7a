/** Weights, days and deposits from the parameters of a replay row. Texts and codes must agree. */
import type { Band, RecurringDeposit } from '#shared/replay/replay-policy.ts';
import type { Period, ReplaySchedule } from '#shared/replay/model/schedule.ts';
import type { WeightRule } from '#shared/replay/model/weights.ts';
import { NotSupported, type AnchorRow } from '../rows/anchor-row.ts';

type Parameters = AnchorRow['parameters'];

const periodOfCode: Readonly<Record<string, readonly [Period, RegExp]>> = {
  weekly: ['week', /first trading day of each (?:calendar )?week/],
  monthly: ['month', /first trading day of each (?:calendar )?month/],
  quarterly: ['quarter', /first trading day of each (?:calendar )?quarter/],
  'half-yearly': ['half-year', /first trading day of each (?:calendar )?half[- ]year/],
  semiannual: ['half-year', /first trading day of each (?:calendar )?half[- ]year/],
  yearly: ['year', /first trading day of each (?:calendar )?year/],
  annual: ['year', /first trading day of each (?:calendar )?year/],
};

const NEVER_LAST = '(?: \\(never on the last day of the run\\))';

export function scheduleOf(p: Parameters): ReplaySchedule {
  const [code, text] = [String(p['schedule_code']), String(p['schedule'])];
  const [, every] = /^every:(\d+)$/.exec(code) ?? [];
  const known = periodOfCode[code];
  if (code === 'once' && text === 'first day only') return { kind: 'once' };
  if (code === 'daily' && p['band'] !== null) return { kind: 'daily' };
  if (
    every !== undefined &&
    new RegExp(
      `^first day(?: of the run)?, then every ${every} (?:weeks|trading days|days)${NEVER_LAST}?$`,
    ).test(text)
  )
    return { kind: 'every', days: Number(every) };
  if (
    known?.[1].test(text) &&
    new RegExp(`^first day of the run, then .*${NEVER_LAST}$`).test(text)
  )
    return { kind: 'first-of', period: known[0] };
  throw new NotSupported(`no schedule "${code}", "${text}"`);
}

export function bandOf(p: Parameters): Band | undefined {
  const band = p['band'] as readonly number[] | null;
  if (band === null) return undefined;
  const [absolute, relative] = band;
  const text = `min(${absolute}, ${relative} t)`;
  if (absolute === undefined || relative === undefined || !String(p['schedule']).includes(text))
    throw new NotSupported(`no band ${JSON.stringify(band)} in "${String(p['schedule'])}"`);
  return { absolute, relative };
}

export function depositOf(p: Parameters): RecurringDeposit | undefined {
  const deposit = p['deposit'] as Record<'amount' | 'when' | 'order', unknown> | null;
  if (deposit === null) return undefined;
  const when =
    /^first trading day of each (week|month|quarter|half-year|year), not on the first day of the run$/;
  const [, each] = when.exec(String(deposit.when)) ?? [];
  if (each === undefined) throw new NotSupported(`no deposit on "${String(deposit.when)}"`);
  if (deposit.order !== 'credited at the close, before the decision of that day')
    throw new NotSupported(`no deposit "${String(deposit.order)}"`);
  return { amount: String(deposit.amount), each: each as Period };
}

export function sharesOf(shares: unknown): 'whole' | 'fractional' {
  if (shares === 'whole' || shares === 'fractional') return shares;
  throw new NotSupported(`no shares "${String(shares)}"`);
}

const WINDOW =
  'of the (\\d+) daily simple returns whose last one ends at the close BEFORE the trading day';
const inverseVolatility = new RegExp(
  `^1/s over sum of 1/s; s = standard deviation \\(ddof 1\\) ${WINDOW}$`,
);
const minimumVariance = new RegExp(
  "^least w'Sw, sum w = 1, 0 <= w <= ([\\d.]+); S = (Ledoit-Wolf 2004 shrinkage toward mean variance " +
    `times identity \\(divisor T, means removed\\)|sample covariance \\(ddof 1\\)) ${WINDOW}$`,
);

/** The record and the words must say the same. */
export function ruleOf(p: Parameters, assets: readonly string[]): WeightRule {
  const rule = p['rule'] as Readonly<Record<string, unknown>>;
  const text = String(p['weights']);
  const stated = statedRule(text, rule, assets);
  const agrees = Object.entries(rule).every(([key, value]) => {
    if (key === 'kind') return String(value).replaceAll('_', '-') === stated.kind;
    if (key === 'weights') return stated.kind === 'fixed';
    return (stated as unknown as Record<string, unknown>)[key] === value;
  });
  if (!agrees) throw new NotSupported(`the rule ${JSON.stringify(rule)} is not "${text}"`);
  return stated;
}

function statedRule(
  text: string,
  { weights }: Readonly<Record<string, unknown>>,
  assets: readonly string[],
): WeightRule {
  const inverse = inverseVolatility.exec(text);
  const least = minimumVariance.exec(text);
  if (text === '1/n each') return { kind: 'equal' };
  if (inverse) return { kind: 'inverse-volatility', window: Number(inverse[1]) };
  if (least)
    return {
      kind: 'minimum-variance',
      window: Number(least[3]),
      cap: Number(least[1]),
      covariance: least[2]?.startsWith('Ledoit') ? 'ledoit-wolf' : 'sample',
    };
  if (weights !== null && typeof weights === 'object') return fixedRule(text, weights, assets);
  throw new NotSupported(`no weights "${text}"`);
}

/** A list in the order of the assets, or a record by name; the words repeat its numbers or say "fixed". */
function fixedRule(text: string, weights: object, assets: readonly string[]): WeightRule {
  const record = Array.isArray(weights)
    ? Object.fromEntries(assets.map((asset, i) => [asset, Number(weights[i] ?? 0)]))
    : (weights as Record<string, number>);
  const numbers = Object.values(record);
  // Names may have digits.
  const unnamed = text.split(/[\s,:=]+/).filter((word) => !assets.includes(word));
  const said =
    unnamed
      .join(' ')
      .match(/\d*\.?\d+/g)
      ?.map(Number) ?? [];
  const repeats = said.every((one) => numbers.includes(one));
  if (!repeats || !/^(?:fixed|given|weights?)?[\s\w.,:=/%-]*$/i.test(text))
    throw new NotSupported(`no weights "${text}"`);
  return { kind: 'fixed', weights: record };
}
