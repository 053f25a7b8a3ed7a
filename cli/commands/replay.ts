/** `trader replay`: the past through the trading cycle, day by day. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Command } from 'commander';
import { openCsv } from '#shared/clients/market-data/csv/csv-market-data.ts';
import { parseDay } from '#shared/kernel/calendar-day.ts';
import { Failure, invalidRequest } from '#shared/kernel/failure.ts';
import { parseSettings } from '#shared/process/settings.ts';
import { daysCsv } from '#shared/replay/report-csv.ts';
import { reportHtml } from '#shared/replay/report-html.ts';
import { reportText, termsOf } from '#shared/replay/report-text.ts';
import { parseReplayPolicy } from '#shared/replay/policy-document.ts';
import { readPast } from '#shared/replay/read-past.ts';
import { replayPolicy } from '#shared/replay/replay-policies.ts';
import { fromCallerFolder } from '../caller-folder.ts';
import { exitCodes } from '../exit-codes.ts';

interface Options {
  readonly from: string;
  readonly to: string;
  readonly data: string;
  readonly policy: string;
  readonly out?: string;
  readonly json?: boolean;
}

export function replay(trader: Command): void {
  trader
    .command('replay')
    .description('replays a past through the trading cycle, day by day')
    .requiredOption('--from <day>', 'first day, YYYY-MM-DD')
    .requiredOption('--to <day>', 'last day, YYYY-MM-DD')
    .requiredOption('--data <folder>', 'folder of CSV files, or one wide file of closes')
    .requiredOption('--policy <file>', 'what to follow, as docs/replay.md describes')
    .option('--out <folder>', 'writes report.html, report.json and days.csv there')
    .option('--json', 'writes one JSON document')
    .action(run);
}

async function run({ from, to, data, policy: file, out, json }: Options): Promise<void> {
  const window = { from: dayOf('--from', from), to: dayOf('--to', to) };
  if (window.from > window.to)
    throw invalidRequest({ field: '--to', message: 'lies before --from' });
  const source = await openCsv(fromCallerFolder(data));
  const text = await readFile(fromCallerFolder(file), 'utf8').catch((cause: unknown) => {
    throw invalidRequest({ field: '--policy', message: Failure.from(cause).message });
  });
  const policy = parseReplayPolicy(text, basename(file), source.onlyCurrency ?? 'EUR');
  const past = await readPast(source, policy.currency, new AbortController().signal);
  const { dataDir } = parseSettings(process.env);
  const trialsFile = join(fromCallerFolder(dataDir), 'replay-trials.jsonl');
  const { report, runs, refusals } = await replayPolicy({ past, policy, window, trialsFile });
  const terms = termsOf(policy, window);
  const document = `${JSON.stringify({ terms, ...report, refusals }, null, 2)}\n`;
  if (out !== undefined) {
    const folder = fromCallerFolder(out);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'report.json'), document);
    await writeFile(join(folder, 'report.html'), reportHtml({ report, runs, terms }));
    await writeFile(join(folder, 'days.csv'), daysCsv(runs));
  }
  process.stdout.write(json ? document : `${reportText(report, terms, refusals).join('\n')}\n`);
  process.exitCode = exitCodes.ok;
}

function dayOf(field: string, text: string) {
  try {
    return parseDay(text);
  } catch (thrown) {
    throw invalidRequest({ field, message: Failure.from(thrown).message });
  }
}
