/**
 * npm run bench -- optimization
 *
 * From five years of daily returns to weights: hierarchical risk parity with its covariance, and the least
 * volatility with capped weights, against PyPortfolioOpt and skfolio on the same numbers. Every side takes
 * its own time in its own process after warming up; turns alternate. All may use every processor: the peers their BLAS,
 * we a second thread. Read the ratios. `BENCH_TASKS` names those of the tasks that are wanted.
 */
import { annualisedCovariance, sampleCovariance } from '#shared/quant/estimation/covariance.ts';
import { hierarchicalRiskParity } from '#shared/quant/allocation/hierarchical-risk-parity.ts';
import { quadratic, type Rows } from '#shared/quant/linear-algebra/matrix.ts';
import { leastVariance } from '#shared/quant/allocation/mean-variance.ts';
import type { LinearRow } from '#shared/quant/solvers/quadratic-program.ts';
import { offerSecondThread } from '#shared/process/second-thread.ts';
import { panelOf } from '../peers/panel.ts';
import { withPeers, type PythonPeers } from '../peers/python.ts';
import { median, msPerCall } from '../timing.ts';
import { figure, ratios } from '../figures/figure.ts';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 7);
const ROUND_MS = Number(process.env['BENCH_ROUND_MS'] ?? 150);
const DAYS = 1261;
const SIZES = (process.env['BENCH_SIZES'] ?? '20,50,100,200,500').split(',').map(Number);
/** Twice the equal weight at 20 securities, and so often that at 200 that many can still take part. */
const capOf = (securities: number): number => Math.max(0.1, 2 / securities);

type Task = 'hrp' | 'capped' | 'minimum';
const PEERS = ['PyPortfolioOpt', 'skfolio'] as const;
/** Those with an aim of their own, under the names of their figures. */
const tasksAimed: Readonly<Partial<Record<Task, string>>> = {
  hrp: 'HRP',
  minimum: 'capped, from returns',
};
const AIMED_SIZE_MIN = 50;
const tasks: Readonly<Record<Task, string>> = {
  hrp: 'hierarchical risk parity with its covariance (aim: 15 times)',
  capped: 'least volatility within 0 and a cap, of a covariance that is known (aim: 5 times)',
  minimum: 'the same with its covariance',
};

function hrp(returns: readonly Float64Array[]): Float64Array {
  return hierarchicalRiskParity(sampleCovariance(returns));
}

function capped(covariance: Rows, cap: number): Float64Array {
  const n = covariance.length;
  const bounds = { low: new Float64Array(n), high: new Float64Array(n).fill(cap) };
  const budget: LinearRow = { coefficients: new Float64Array(n).fill(1), relation: '=', bound: 1 };
  const program = { expected: new Float64Array(n), covariance, variables: n };
  return leastVariance({ ...program, bounds, rows: [budget] })?.weights ?? new Float64Array(n);
}

/** How far the peer's weights are from ours, and by how much of ours its volatility is higher. */
function differences(task: Task, returns: readonly Float64Array[], ours: Float64Array) {
  const covariance = sampleCovariance(returns);
  const volatility = (weights: Float64Array) => Math.sqrt(quadratic(covariance, weights));
  return (values: readonly number[]): string => {
    const theirs = Float64Array.from(values);
    const apart = ours.reduce((most, w, i) => Math.max(most, Math.abs(w - (theirs[i] ?? 0))), 0);
    const excess = volatility(theirs) / volatility(ours) - 1;
    const weights = `weights ${apart.toExponential(0)}`;
    return task === 'hrp' ? weights : `${weights}, volatility ${excess.toExponential(0)}`;
  };
}

async function compare(task: Task, securities: number, python: PythonPeers) {
  const { returns } = panelOf(securities, DAYS);
  const cap = capOf(securities);
  const covariance = annualisedCovariance(sampleCovariance(returns));
  await python.load({ returns, covariance });
  const own = {
    hrp: () => hrp(returns),
    capped: () => capped(covariance, cap),
    minimum: () => capped(annualisedCovariance(sampleCovariance(returns)), cap),
  }[task];
  const away = differences(task, returns, own());
  const ms: Record<string, number[]> = { ours: [] };
  const checked: Record<string, string> = {};
  const turns = [
    ...PEERS.map((peer) => async (leastMs: number): Promise<number> => {
      const answer = await python.time(`${peer} ${task}`, { cap }, leastMs);
      checked[peer] = away(answer.values);
      (ms[peer] ??= []).push(answer.ms);
      return answer.ms;
    }),
    (leastMs: number): Promise<number> => {
      const taken = msPerCall(own, leastMs);
      ms['ours']?.push(taken);
      return Promise.resolve(taken);
    },
  ];
  for (const turn of turns) await turn(ROUND_MS);
  for (const of of Object.values(ms)) of.length = 0;
  // Each round begins with another one, so that none always runs in the others' wake.
  for (let round = 0; round < ROUNDS; round += 1)
    for (let i = 0; i < turns.length; i += 1) await turns[(round + i) % turns.length]?.(ROUND_MS);
  const [ours, ...theirs] = ['ours', ...PEERS].map((name) => median(ms[name] ?? []));
  const fastest = Math.min(...theirs);
  const peer = PEERS[theirs.indexOf(fastest)] ?? PEERS[0];
  const isAimed = tasksAimed[task] !== undefined && securities >= AIMED_SIZE_MIN;
  if (isAimed)
    figure(
      `optimization: ${tasksAimed[task]}, ${securities} securities, faster peer / ours`,
      ratios(ms[peer] ?? [], ms['ours'] ?? []),
    );
  return {
    'ours ms': (ours ?? 0).toFixed(3),
    ...Object.fromEntries(PEERS.map((peer, i) => [`${peer} ms`, (theirs[i] ?? 0).toFixed(2)])),
    'faster peer / ours': (fastest / (ours ?? NaN)).toFixed(1),
    ...Object.fromEntries(PEERS.map((peer) => [`${peer} off by`, checked[peer] ?? ''])),
  };
}

async function main(python: PythonPeers): Promise<void> {
  console.log(`5 years of daily returns: ${panelOf(SIZES.at(-1) ?? 0, DAYS).says}`);
  const wanted = process.env['BENCH_TASKS']?.split(',') ?? Object.keys(tasks);
  for (const [task, says] of Object.entries(tasks) as [Task, string][]) {
    if (!wanted.includes(task)) continue;
    console.log(`${says}; ${ROUNDS} rounds, medians`);
    const table: Record<string, Record<string, string>> = {};
    for (const size of SIZES) table[`${size} securities`] = await compare(task, size, python);
    console.table(table);
  }
}

// As every process does that opens what functions need.
offerSecondThread();
await withPeers(main);
