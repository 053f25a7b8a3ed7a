/** `trader replay`: the past through the trading cycle, day by day. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { openCsv } from '#shared/clients/market-data/csv/csv-market-data.ts';
import { keepLastReplay } from '#shared/gateway/last-replay.ts';
import { parseDay } from '#shared/kernel/calendar-day.ts';
import { Failure, invalidRequest } from '#shared/kernel/failure.ts';
import { parseSettings } from '#shared/process/settings.ts';
import { daysCsv } from '#shared/replay/report-csv.ts';
import { comparisonHtml, reportHtml } from '#shared/replay/report-html.ts';
import { comparisonText, replayReportText, termsOf } from '#shared/replay/report-text.ts';
import { parseReplayPolicy } from '#shared/replay/replay-policy-document.ts';
import type { ReplayPolicy, ReplayWindow } from '#shared/replay/replay-policy.ts';
import { readPast } from '#shared/replay/read-past.ts';
import {
  replayPolicies,
  runHere,
  type Comparison,
  type ReplayAnswer,
} from '#shared/replay/replay-policies.ts';
import { fromCallerFolder } from '../../caller-folder.ts';
import { commandExitCodes } from '../../command-exit-codes.ts';
import { openReplayThreads } from '../../replay-threads.ts';

interface Options {
  readonly from: string;
  readonly to: string;
  readonly data: string;
  readonly policy: readonly string[];
  readonly threads: number;
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
    .requiredOption(
      '--policy <files...>',
      'what to follow, as docs/use/replay.md describes; several are compared',
    )
    .option('--threads <count>', 'threads that carry out runs', count, availableParallelism())
    .option('--out <folder>', 'writes report.html, report.json and days.csv there')
    .option('--json', 'writes one JSON document')
    .action(run);
}

async function run({ from, to, data, policy: files, threads, out, json }: Options): Promise<void> {
  const window = { from: dayOf('--from', from), to: dayOf('--to', to) };
  if (window.from > window.to)
    throw invalidRequest({ field: '--to', message: 'lies before --from' });
  const folder = fromCallerFolder(data);
  const source = await openCsv(folder);
  const policies = await policiesIn(files, source.onlyCurrency ?? 'EUR');
  const { dataDir } = parseSettings(process.env);
  const state = fromCallerFolder(dataDir);
  const trialsFile = join(state, 'replay-trials.jsonl');
  const past = await readPast(source, currencyOf(policies), new AbortController().signal);
  const pool = threads > 1 ? openReplayThreads({ threads, data: folder, window }) : undefined;
  try {
    const runPolicy = pool?.run ?? runHere(past, window);
    const comparison = await replayPolicies({ past, policies, window, trialsFile, run: runPolicy });
    if (out !== undefined) await writeAll(fromCallerFolder(out), comparison, window);
    const text = textOf(comparison, window);
    await keepLastReplay(state, { html: pageOf(comparison, window), text });
    process.stdout.write(json ? documentOf(comparison, window) : text);
    process.exitCode = commandExitCodes.ok;
  } finally {
    await pool?.close();
  }
}

async function policiesIn(files: readonly string[], currency: string): Promise<ReplayPolicy[]> {
  const policies = await Promise.all(
    files.map(async (file) => {
      const text = await readFile(fromCallerFolder(file), 'utf8').catch((cause: unknown) => {
        throw invalidRequest({ field: '--policy', message: Failure.from(cause).message });
      });
      return parseReplayPolicy(text, basename(file), currency);
    }),
  );
  const twice = policies.find(({ name }, i) => policies.findIndex((one) => one.name === name) < i);
  if (twice)
    throw invalidRequest({
      field: '--policy',
      message: `two policies have the name "${twice.name}"`,
    });
  return policies;
}

/** One, since what is compared is measured in one currency. */
function currencyOf(policies: readonly ReplayPolicy[]): ReplayPolicy['currency'] {
  const [currency, ...others] = new Set(policies.map((policy) => policy.currency));
  if (currency === undefined || others.length > 0)
    throw invalidRequest({ field: '--policy', message: 'policies to compare have one currency' });
  return currency;
}

function answerDocument({ policy, report, refusals }: ReplayAnswer, window: ReplayWindow) {
  return { terms: termsOf(policy, window), ...report, refusals };
}

/** Of one policy its answer; of several all of them, with their differences. */
function documentOf({ answers, differences }: Comparison, window: ReplayWindow): string {
  const all = answers.map((answer) => answerDocument(answer, window));
  const document = all.length === 1 ? all[0] : { policies: all, differences };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function textOf(comparison: Comparison, window: ReplayWindow): string {
  const reports = comparison.answers.flatMap(({ policy, report, refusals }) => [
    ...replayReportText(report, termsOf(policy, window), refusals),
    '',
  ]);
  const lines =
    comparison.answers.length === 1
      ? reports.slice(0, -1)
      : [...reports, ...comparisonText(comparison)];
  return `${lines.join('\n')}\n`;
}

/** Of several policies each in a folder of its own, numbered as they were named, and their comparison. */
async function writeAll(folder: string, comparison: Comparison, window: ReplayWindow) {
  const { answers } = comparison;
  const isOne = answers.length === 1;
  for (const [i, answer] of answers.entries())
    await writeOne(isOne ? folder : join(folder, String(i + 1)), answer, window);
  if (isOne) return;
  await writeFile(join(folder, 'comparison.json'), documentOf(comparison, window));
  await writeFile(join(folder, 'comparison.html'), pageOf(comparison, window));
}

function pageOf(comparison: Comparison, window: ReplayWindow): string {
  const [only, ...others] = comparison.answers;
  return only && others.length === 0
    ? reportHtml({ ...only, terms: termsOf(only.policy, window) })
    : comparisonHtml(comparison, `${window.from} to ${window.to}`);
}

async function writeOne(folder: string, answer: ReplayAnswer, window: ReplayWindow) {
  const { policy, report, runs } = answer;
  const terms = termsOf(policy, window);
  const document = `${JSON.stringify(answerDocument(answer, window), null, 2)}\n`;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'report.json'), document);
  await writeFile(join(folder, 'report.html'), reportHtml({ report, runs, terms }));
  await writeFile(join(folder, 'days.csv'), daysCsv(runs));
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 256)
    throw new InvalidArgumentError('a whole number from 1 to 256');
  return value;
}

function dayOf(field: string, text: string) {
  try {
    return parseDay(text);
  } catch (thrown) {
    throw invalidRequest({ field, message: Failure.from(thrown).message });
  }
}
