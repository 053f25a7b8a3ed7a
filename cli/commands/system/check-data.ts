/** `trader check-data FOLDER`: shows what is understood of a folder of price files. */
import type { Command } from 'commander';
import { checkFolder } from '#shared/clients/market-data/check/check-folder.ts';
import { dataReportText } from '#shared/clients/market-data/check/data-report-text.ts';
import { writeSecurities } from '#shared/clients/market-data/check/write-securities.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { fromCallerFolder } from '../../caller-folder.ts';
import { commandExitCodes } from '../../command-exit-codes.ts';

interface Options {
  readonly json?: boolean;
  readonly writeSecurities?: boolean;
}

export function checkData(trader: Command): void {
  trader
    .command('check-data')
    .description('shows what is understood of a folder of price files')
    .argument('<folder>', 'folder of CSV files, or one wide file of closes')
    .option('--write-securities', 'writes a securities.csv to complete')
    .option('--json', 'writes one JSON document')
    .action(run);
}

async function run(folder: string, { json, writeSecurities: writes }: Options): Promise<void> {
  const path = fromCallerFolder(folder);
  const report = await checkFolder(path, instantOf(Date.now()));
  const written = writes ? await writeSecurities(report) : undefined;
  const lines = json
    ? [JSON.stringify({ ...report, securitiesWritten: written ?? null }, null, 2)]
    : [...dataReportText(report), ...(written ? [`Wrote ${written}; complete it.`] : [])];
  process.stdout.write(`${lines.join('\n')}\n`);
  process.exitCode =
    report.ready || written !== undefined ? commandExitCodes.ok : commandExitCodes.failed;
}
