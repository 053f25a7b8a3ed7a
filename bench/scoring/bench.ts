/**
 * npm run bench -- scoring
 *
 * Scores 500 securities with ten years of daily prices against each other, as ScoreUniverse does, and the
 * same scores by pandas and numpy in the plain way. Every side takes its own time in its own process
 * after warming up; turns alternate. Read the ratio.
 */
import { parseCurrency } from '#shared/kernel/currency.ts';
import { dayOfEpoch, startOf } from '#shared/kernel/calendar-day.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { isinCheckDigit, type Isin } from '#shared/kernel/isin.ts';
import { normal, seededRandom, type Random } from '#shared/kernel/random.ts';
import { scoreUniverse } from '#shared/scoring/model/score-universe.ts';
import type { MarketView } from '#shared/universe/model/market-view.ts';
import type { PriceSeries } from '#shared/universe/model/price-series.ts';
import type { Security } from '#shared/universe/model/security.ts';
import { panelOf, pricesOf, type Panel } from '../peers/panel.ts';
import { withPeers, type PythonPeers } from '../peers/python.ts';
import { median, msPerCall } from '../timing.ts';
import { figure, ratios } from '../figures/figure.ts';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 7);
const ROUND_MS = Number(process.env['BENCH_ROUND_MS'] ?? 300);
const SECURITIES = 500;
const DAYS = 2521;
const SEED = 'fundamentals';

/** How fundamentals are drawn; the prices are the panel's. The Python side has the same order. */
const fundamentals: Readonly<Record<string, (random: Random) => number>> = {
  peRatio: (random) => 5 + 40 * random(),
  pbRatio: (random) => 0.5 + 8 * random(),
  profitMarginRatio: (random) => 0.1 + 0.1 * normal(random),
  returnOnEquityRatio: (random) => 0.12 + 0.1 * normal(random),
  debtToEquityRatio: (random) => 2 * random(),
  revenueGrowthRatio: (random) => 0.05 + 0.1 * normal(random),
  earningsGrowthRatio: (random) => 0.06 + 0.2 * normal(random),
  dividendYieldRatio: (random) => 0.05 * random(),
};

function isinOf(index: number): Isin {
  const body = `US${String(index).padStart(9, '0')}`;
  return `${body}${isinCheckDigit(body)}` as Isin;
}

function viewOf({ days, returns }: Panel, known: readonly Float64Array[]): MarketView {
  const asOf = dayOfEpoch(days.at(-1) ?? 0);
  const base = parseCurrency('USD');
  const securities = returns.map((_, i): Security => {
    const figures = Object.keys(fundamentals).map((name, k) => [name, known[k]?.[i]] as const);
    const listed = { exchange: 'XNYS', currency: base, securityType: 'EQUITY', lot: Decimal.one };
    return {
      ...{ isin: isinOf(i), symbol: `S${i}`, name: `Security ${i}`, addedAt: startOf(asOf) },
      ...listed,
      fundamentals: { asOf, fetchedAt: startOf(asOf), ...Object.fromEntries(figures) },
    };
  });
  const series = returns.map((column, i): PriceSeries => {
    const close = pricesOf(column);
    const bars = { open: close, high: close, low: close, close, adjustedClose: close };
    return { isin: isinOf(i), days, ...bars, volume: new Float64Array(close.length).fill(NaN) };
  });
  return {
    ...{ asOf, base, securities, unpriced: [], quotes: new Map(), rates: new Map() },
    ...{ series: new Map(series.map((one) => [one.isin, one])), rateSeries: new Map() },
  };
}

function ours(view: MarketView): readonly number[] {
  const scores = [...scoreUniverse(view).scores.values()];
  return [...scores.map(({ total }) => total), ...scores.map(({ percentile }) => percentile)];
}

async function main(python: PythonPeers): Promise<void> {
  const panel = panelOf(SECURITIES, DAYS);
  const random = seededRandom(SEED);
  const known = Object.values(fundamentals).map((draw) =>
    Float64Array.from(panel.returns, () => draw(random)),
  );
  const view = viewOf(panel, known);
  console.log(
    `${SECURITIES} securities, ${DAYS} days: ${panel.says}; fundamentals drawn, "${SEED}"`,
  );
  const prices = [Float64Array.from(panel.days), ...panel.returns.map(pricesOf)];
  await python.load({ prices, fundamentals: known });
  const own = ours(view);
  const ms = { ours: [] as number[], pandas: [] as number[] };
  let apart = 0;
  const turns = [
    () => Promise.resolve(ms.ours.push(msPerCall(() => scoreUniverse(view), ROUND_MS))),
    async () => {
      const { ms: taken, values } = await python.time('pandas scores', {}, ROUND_MS);
      apart = own.reduce((most, v, i) => Math.max(most, Math.abs(v - (values[i] ?? NaN))), 0);
      return ms.pandas.push(taken);
    },
  ];
  for (const turn of turns) await turn();
  [ms.ours.length, ms.pandas.length] = [0, 0];
  for (let round = 0; round < ROUNDS; round += 1)
    for (let i = 0; i < turns.length; i += 1) await turns[(round + i) % turns.length]?.();
  const [a, b] = [median(ms.ours), median(ms.pandas)];
  figure('scoring: pandas / ours', ratios(ms.pandas, ms.ours));
  console.table({
    [`${SECURITIES} securities, 10 years`]: {
      'ours ms': a.toFixed(2),
      'µs a security': ((1000 * a) / SECURITIES).toFixed(1),
      'pandas ms': b.toFixed(1),
      'pandas / ours': (b / a).toFixed(1),
      'largest difference': apart.toExponential(1),
    },
  });
}

await withPeers(main);
