/** `trader performance [--days N]`: returns, risk, the benchmark, and each calendar year. */
import type { Command } from 'commander';
import type { GetPerformanceResponse } from '#protos/gen/portfolio.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import { moneyText } from '#gateway/embedded/console/cycle-text.ts';
import { openInstallation } from '../../gateway-client.ts';
import { output, type OutputOptions } from '../../output.ts';

interface Options extends OutputOptions {
  readonly account: string;
  readonly days: string;
}

const ANSWER_MS_MAX = 120_000;
/** Below this many days a yearly figure says nothing. */
const DAYS_MIN = 60;

export function performance(trader: Command): void {
  trader
    .command('performance')
    .description('returns, risk and the benchmark, and each calendar year')
    .option('--days <number>', 'calendar days back from today; all without it', '0')
    .option('--account <id>', 'another account than the default one', '')
    .option('--json', 'writes one JSON document')
    .action(run);
}

async function run({ account: accountId, days, json = false }: Options): Promise<void> {
  const answer = await openInstallation(ANSWER_MS_MAX)(portfolio.getPerformance, {
    accountId,
    days,
  });
  output({ json }, answer, lines(answer));
}

function lines({
  history,
  metrics,
  benchmark,
  periodReturns,
  years,
  warnings,
}: GetPerformanceResponse) {
  if (!metrics || history.length < 2) return ['Too early: there is one day of values or none.'];
  const isLong = history.length >= DAYS_MIN;
  return [
    `The investments made ${percent(metrics.totalReturnPct)} in ${history.length} days of values; deepest fall ${Math.abs(metrics.maxDrawdownPct).toFixed(1)} %`,
    isLong
      ? `A year: ${percent(metrics.annualizedReturnPct)}, volatility ${percent(metrics.volatility * 100)}, Sharpe ratio ${metrics.sharpeRatio.toFixed(2)}`
      : `Yearly figures from ${DAYS_MIN} days on.`,
    ...(metrics.moneyWeightedReturnPct === undefined
      ? []
      : [`Your money, with your timing: ${percent(metrics.moneyWeightedReturnPct)} a year`]),
    ...(benchmark ? [`Benchmark ${benchmark.symbol}: ${percent(benchmark.totalReturnPct)}`] : []),
    ...periodReturns.map(({ period, returnPct }) => `  ${period.padEnd(4)} ${percent(returnPct)}`),
    ...years.map(
      ({ year, returnPct, gain }) => `  ${year} ${percent(returnPct)}, gain ${moneyText(gain)}`,
    ),
    ...warnings.map((warning) => `Warning: ${warning}`),
  ];
}

function percent(pct: number): string {
  return `${pct < 0 ? '' : '+'}${pct.toFixed(1)} %`;
}
