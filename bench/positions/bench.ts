/**
 * npm run bench -- positions
 *
 * Target weights of 40 securities with a largest number and a smallest size of positions: processor time, and what
 * was proven. The instances are drawn (`tests/unit/optimization/position-instances.ts`); a third of the accounts has a
 * limit on turnover as well, which makes the proof hard.
 */
import { allocate, type RequestedGoal } from '#shared/optimization/model/allocate.ts';
import { drawnLimits, drawnMoments } from '../../tests/unit/optimization/position-instances.ts';
import { median } from '../timing.ts';

const INSTANCES = Number(process.env['BENCH_INSTANCES'] ?? 21);
const SECURITIES = 40;

const goals: readonly RequestedGoal[] = [
  { kind: 'QUADRATIC_UTILITY', riskAversion: 3 },
  { kind: 'MINIMUM_VOLATILITY' },
  { kind: 'MAXIMUM_SHARPE' },
  { kind: 'MAXIMUM_DIVERSIFICATION' },
  { kind: 'TARGET_RETURN', returnMin: 0.06 },
  { kind: 'TARGET_RISK', volatilityMax: 0.15 },
  { kind: 'RISK_PARITY' },
  { kind: 'HRP' },
];

function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function measured(goal: RequestedGoal, hasTurnover: boolean): Record<string, string> {
  const times: number[] = [];
  const gaps: number[] = [];
  const statuses = new Map<string, number>();
  for (let k = 0; k < INSTANCES; k += 1) {
    if ((k % 3 === 2) !== hasTurnover) continue;
    const seed = `bench ${k}`;
    const moments = drawnMoments(seed, SECURITIES);
    const limits = drawnLimits(seed, moments, hasTurnover ? { turnoverMaxRatio: 0.6 } : {});
    times.push(
      cpuMs(() => {
        const { status, proof } = allocate(goal, moments, limits);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (proof) gaps.push(proof.gap / Math.max(1e-9, Math.abs(proof.value)));
      }),
    );
  }
  return {
    'ms, median': median(times).toFixed(0),
    'ms, most': Math.max(...times).toFixed(0),
    'largest gap': `${(100 * Math.max(0, ...gaps)).toFixed(4)} %`,
    answers: [...statuses].map(([status, count]) => `${count} ${status}`).join(', '),
  };
}

export {};

allocate(
  goals[0] ?? { kind: 'HRP' },
  drawnMoments('warm', 40),
  drawnLimits('warm', drawnMoments('warm', 40)),
);
for (const hasTurnover of [false, true]) {
  console.log(
    `${SECURITIES} securities, count and size limits${hasTurnover ? ', turnover 60 %' : ''}`,
  );
  console.table(Object.fromEntries(goals.map((goal) => [goal.kind, measured(goal, hasTurnover)])));
}
