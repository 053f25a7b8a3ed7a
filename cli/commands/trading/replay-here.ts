/** A replay of files in this program, on as many threads as asked for. */
import { access, constants, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openCsv } from '#shared/clients/market-data/csv/csv-market-data.ts';
import { invalidRequest } from '#shared/kernel/failure.ts';
import { parseSettings } from '#shared/process/settings.ts';
import { daysCsv } from '#shared/replay/report-csv.ts';
import { documentsOf } from '#shared/replay/replay-documents.ts';
import {
  replayPolicies,
  type Comparison,
  type ReplayAnswer,
  type RunPolicy,
} from '#shared/replay/replay-policies.ts';
import type { ReplayWindow } from '#shared/replay/replay-policy.ts';
import { fileRecords, type LastReplay } from '#shared/replay/replay-records.ts';
import { policiesToCompare, type PolicyFile } from '#shared/replay/replay-terms.ts';
import { runsInTurn } from '#shared/replay/runs-in-turn.ts';
import { sentPast } from '#shared/replay/sent-past.ts';
import { readPast } from '#shared/replay/read-past.ts';
import { fromCallerFolder } from '../../caller-folder.ts';
import { fileComplaint } from '../../file-complaint.ts';
import { setReplayEngine } from '../../replay-engine.ts';
import { roomFor } from '../../replay-room.ts';
import { openReplayThreads } from '../../replay-threads.ts';

export interface ReplayOfFiles {
  readonly data: string;
  readonly files: readonly PolicyFile[];
  readonly window: ReplayWindow;
  readonly threads: number;
  readonly out: string | undefined;
  /** Takes a sentence for the person who waits. */
  readonly report: (sentence: string) => void;
}

const CURRENCY_DEFAULT = 'EUR';

/** Threads have their own. */
async function replayedHandlers() {
  const handlers = await import('../../../functions/gateway/run-replay/replayed-handlers.ts');
  return handlers.replayedHandlers;
}

export async function replayHere(work: ReplayOfFiles): Promise<LastReplay> {
  setReplayEngine();
  const { window, threads, out } = work;
  const dataDir = fromCallerFolder(parseSettings(process.env).dataDir);
  await requireFolder('DATA_DIR', dataDir);
  if (out !== undefined) await requireFolder('--out', fromCallerFolder(out));
  const records = fileRecords(dataDir);
  const { past, policies } = await readWork(work);
  const { threads: within, heapMbMax } = roomFor(threads, past, window);
  if (within < threads) work.report(`Memory is left for ${within} of ${threads} threads.`);
  const pool =
    heapMbMax === undefined
      ? undefined
      : openReplayThreads({ threads: within, heapMbMax, past: sentPast(past), window });
  try {
    const run = pool?.run ?? runInTurn({ past, window, handlers: await replayedHandlers() });
    const { countTrial, keep } = records;
    const comparison = await replayPolicies({ past, policies, window, countTrial, run });
    const documents = documentsOf(comparison, window);
    if (out !== undefined) await writeAll(fromCallerFolder(out), comparison, documents, window);
    await keep(documents);
    return documents;
  } finally {
    await pool?.close();
  }
}

/** One after the other: each has its stores, which all of them together may have no room for. */
function runInTurn(inputs: Parameters<typeof runsInTurn>[0]): RunPolicy {
  return runsInTurn(inputs, new AbortController().signal, () => undefined);
}

/** What was read of the files for it is let go. */
async function readWork({ data, files }: ReplayOfFiles) {
  const source = await openCsv(fromCallerFolder(data));
  const usual = source.onlyCurrency ?? CURRENCY_DEFAULT;
  const { policies, currency } = policiesToCompare(files, usual, '--policy');
  return { policies, past: await readPast(source, currency, new AbortController().signal) };
}

/** Known before the runs, which may take minutes. @throws Failure INVALID_REQUEST */
async function requireFolder(field: string, folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  } catch (cause) {
    throw invalidRequest({ field, message: fileComplaint(folder, cause) });
  }
}

/** Of several policies each in a folder of its own, numbered as they were named, and their comparison. */
async function writeAll(
  folder: string,
  { answers }: Comparison,
  documents: LastReplay,
  window: ReplayWindow,
): Promise<void> {
  const [only, ...others] = answers;
  if (only && others.length === 0) return writeOne(folder, documents, only);
  for (const [i, answer] of answers.entries()) {
    const own = documentsOf({ answers: [answer], differences: [] }, window);
    await writeOne(join(folder, String(i + 1)), own, answer);
  }
  await writeFile(join(folder, 'comparison.json'), documents.json);
  await writeFile(join(folder, 'comparison.html'), documents.html);
}

async function writeOne(folder: string, { json, html }: LastReplay, { runs }: ReplayAnswer) {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'report.json'), json);
  await writeFile(join(folder, 'report.html'), html);
  await writeFile(join(folder, 'days.csv'), daysCsv(runs));
}
