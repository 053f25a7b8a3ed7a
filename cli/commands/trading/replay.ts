/** `trader replay`: the past through the trading cycle, day by day; here, or as a job of the installation. */
import { readFile } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { basename } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { parseDay } from '#shared/kernel/calendar-day.ts';
import { Failure, invalidRequest } from '#shared/kernel/failure.ts';
import { fileComplaint } from '../../file-complaint.ts';
import { windowOf, type PolicyFile } from '#shared/replay/replay-terms.ts';
import { fromCallerFolder } from '../../caller-folder.ts';
import { commandExitCodes } from '../../command-exit-codes.ts';

interface Options {
  readonly from: string;
  readonly to: string;
  readonly data?: string;
  readonly policy: readonly string[];
  readonly threads?: number;
  readonly out?: string;
  readonly json?: boolean;
}

export function replay(trader: Command): void {
  trader
    .command('replay')
    .description('replays a past through the trading cycle, day by day')
    .requiredOption('--from <day>', 'first day, YYYY-MM-DD')
    .requiredOption('--to <day>', 'last day, YYYY-MM-DD')
    .requiredOption(
      '--policy <files...>',
      'what to follow, as docs/use/replay.md describes; several are compared',
    )
    .option(
      '--data <folder>',
      'folder of CSV files, or one wide file of closes; without it the running installation replays its own prices',
    )
    .option('--threads <count>', 'with --data: threads that carry out runs', count)
    .option('--out <folder>', 'with --data: writes report.html, report.json and days.csv there')
    .option('--json', 'writes one JSON document')
    .action(run);
}

async function run({ data, threads, out, json, ...terms }: Options): Promise<void> {
  const window = windowOf(dayOf('--from', terms.from), dayOf('--to', terms.to), '--to');
  const files = await filesAt(terms.policy);
  const form = json ? 'json' : 'text';
  if (data === undefined) {
    refuseWithoutData({ '--threads': threads, '--out': out });
    const { replayAsJob } = await import('./replay-job.ts');
    process.stdout.write(await replayAsJob(files, window, form));
  } else {
    const report = (sentence: string): void => void process.stderr.write(`${sentence}\n`);
    const work = { data, files, window, out, threads: threads ?? threadsHere(), report };
    // All handlers that a replay has.
    const { replayHere } = await import('./replay-here.ts');
    process.stdout.write((await replayHere(work))[form]);
  }
  process.exitCode = commandExitCodes.ok;
}

/** Each has the data and the program once more. */
const THREAD_BYTES = 2 * 2 ** 30;

function threadsHere(): number {
  // 0 or more than there is: without a limit.
  const limit = process.constrainedMemory() || Infinity;
  const memory = Math.min(totalmem(), limit);
  return Math.max(1, Math.min(availableParallelism(), Math.floor(memory / THREAD_BYTES)));
}

function refuseWithoutData(options: Readonly<Record<string, unknown>>): void {
  const given = Object.keys(options).filter((name) => options[name] !== undefined);
  if (given.length > 0)
    throw invalidRequest(...given.map((field) => ({ field, message: 'needs --data' })));
}

function filesAt(paths: readonly string[]): Promise<PolicyFile[]> {
  return Promise.all(
    paths.map(async (path) => {
      const document = await readFile(fromCallerFolder(path), 'utf8').catch((cause: unknown) => {
        throw invalidRequest({ field: '--policy', message: fileComplaint(path, cause) });
      });
      return { name: basename(path), document, field: basename(path) };
    }),
  );
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
