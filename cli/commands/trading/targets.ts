/** `trader targets`: weights as they are and as they should be. */
import type { Command } from 'commander';
import { gateway } from '#shared/contract/gateway.ts';
import { openInstallation } from '../../gateway-client.ts';
import { output, type OutputOptions } from '../../output.ts';
import { percentText } from '../../overview-text.ts';
import { ANSWER_MS_MAX } from '../account/status.ts';

interface Options extends OutputOptions {
  readonly account: string;
}

const ROWS_MAX = 10_000;

export function targets(trader: Command): void {
  trader
    .command('targets')
    .description('share of the value of each security, its target, and the distance')
    .option('--account <id>', 'another account than the default one', '')
    .option('--json', 'writes one JSON document')
    .action(run);
}

async function run({ account: accountId, json = false }: Options): Promise<void> {
  const request = { accountId, rowsMax: ROWS_MAX };
  const { holdings } = await openInstallation(ANSWER_MS_MAX)(gateway.getOverview, request);
  const rows = holdings.map(({ isin, symbol, weightRatio = 0, targetRatio }) => ({
    ...{ isin, symbol, weightRatio, targetRatio: targetRatio ?? null },
    driftRatio: targetRatio === undefined ? null : weightRatio - targetRatio,
  }));
  const sorted = rows.toSorted((a, b) => Math.abs(b.driftRatio ?? 0) - Math.abs(a.driftRatio ?? 0));
  const lines = sorted.map(
    ({ symbol, weightRatio, targetRatio, driftRatio }) =>
      `${symbol.padEnd(8)} ${percentText(weightRatio).padStart(7)}  target ${percentText(targetRatio ?? undefined).padStart(7)}  ${driftText(driftRatio)}`,
  );
  const none = 'Nothing is held, and no plan has set targets yet.';
  const change = 'They follow from the policy: trader policy edit, or the page.';
  output({ json }, { targets: sorted }, lines.length === 0 ? [none] : [...lines, change]);
}

function driftText(ratio: number | null): string {
  if (ratio === null) return 'no target';
  return `${percentText(Math.abs(ratio))} ${ratio < 0 ? 'below' : 'above'}`;
}
