/**
 * What replays leave behind: the report of the last one, and the policies tried on each data set. In files of
 * DATA_DIR where that is a folder, which commands without a running system use as well; in Redis where it is none,
 * as on boards and in containers. With many trials a good result is found by chance; the deflated Sharpe ratio
 * corrects for their number.
 */
import { appendFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { dataCorrupt } from '#shared/kernel/failure.ts';
import type { Settings } from '#shared/process/settings.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';

export interface Trial {
  /** Of the data and the window. */
  readonly ground: string;
  readonly policy: string;
  /** A day's. */
  readonly sharpeRatio: number;
}

/** The report, or the comparison of several. */
export interface LastReplay {
  /** As a page. */
  readonly html: string;
  /** For a terminal. */
  readonly text: string;
  /** As `trader replay --json` writes it. */
  readonly json: string;
}

export interface ReplayRecords {
  /**
   * Adds the trial unless it is known.
   * @returns the ratios of all distinct policies tried on its ground, ascending
   */
  countTrial(trial: Trial): Promise<readonly number[]>;
  keep(replay: LastReplay): Promise<void>;
  /** Whether a replay has ended. */
  isAny(): Promise<boolean>;
  /** Undefined where no replay has ended yet. */
  last(form: keyof LastReplay): Promise<string | undefined>;
}

const TRIALS_MAX = 10_000;
const files = {
  html: 'last-replay.html',
  text: 'last-replay.txt',
  json: 'last-replay.json',
} as const;

const trialSchema = z.object({ ground: z.string(), policy: z.string(), sharpeRatio: z.number() });

/** The records of an installation. */
export async function openReplayRecords(
  { dataDir }: Pick<Settings, 'dataDir'>,
  database: Database,
): Promise<ReplayRecords> {
  return (await isFolder(dataDir)) ? fileRecords(dataDir) : storedRecords(database);
}

/** Of a folder, which is made when something is kept. */
export function fileRecords(folder: string): ReplayRecords {
  const trials = join(folder, 'replay-trials.jsonl');
  return {
    countTrial: async (trial) => {
      const lines = ((await textOf(trials)) ?? '').split('\n').filter((line) => line !== '');
      const { isNew, ratios } = counted(lines, trial, trials);
      if (isNew) {
        await mkdir(folder, { recursive: true });
        await appendFile(trials, `${JSON.stringify(trial)}\n`);
      }
      return ratios;
    },
    keep: async (replay) => {
      await mkdir(folder, { recursive: true });
      for (const form of ['html', 'text', 'json'] as const)
        await writeFile(join(folder, files[form]), replay[form]);
    },
    isAny: () => isThere(join(folder, files.html)),
    last: (form) => textOf(join(folder, files[form])),
  };
}

function storedRecords({ redis }: Database): ReplayRecords {
  const [last, trials] = [keys.gateway.lastReplay(), keys.gateway.replayTrials()];
  return {
    countTrial: async (trial) => {
      const { isNew, ratios } = counted(await redis.lrange(trials, 0, -1), trial, trials);
      if (isNew) {
        await redis.rpush(trials, JSON.stringify(trial));
        await redis.ltrim(trials, -TRIALS_MAX, -1);
      }
      return ratios;
    },
    keep: async (replay) => {
      await redis.hset(last, { ...replay });
    },
    isAny: async () => (await redis.hexists(last, 'html')) === 1,
    last: async (form) => (await redis.hget(last, form)) ?? undefined,
  };
}

function counted(lines: readonly string[], trial: Trial, place: string) {
  const known = lines.map((line, i) => parsed(line, `${place}:${i + 1}`));
  const same = known.filter(({ ground }) => ground === trial.ground);
  const others = same.filter(({ policy }) => policy !== trial.policy);
  return {
    isNew: others.length === same.length,
    ratios: [...others, trial].map(({ sharpeRatio }) => sharpeRatio).sort((a, b) => a - b),
  };
}

function parsed(line: string, place: string): Trial {
  try {
    return trialSchema.parse(JSON.parse(line));
  } catch {
    throw dataCorrupt(place, 'not a trial');
  }
}

/** Undefined where there is no such file. */
function textOf(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'ENOENT') return undefined;
    throw thrown;
  });
}

function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

async function isFolder(path: string): Promise<boolean> {
  if (path === '') return false;
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
