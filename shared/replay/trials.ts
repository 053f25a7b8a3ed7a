/**
 * Log of the policies tried on each data set: a line for each trial, the same policy on the same
 * data and window once. With many trials a good result is found by chance; the deflated Sharpe
 * ratio corrects for their number.
 */
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { dataCorrupt } from '#shared/kernel/failure.ts';

export interface Trial {
  /** Of the data and the window. */
  readonly ground: string;
  readonly policy: string;
  /** A day's. */
  readonly sharpeRatio: number;
}

const trialSchema = z.object({ ground: z.string(), policy: z.string(), sharpeRatio: z.number() });

/** Adds the trial unless it is known. @returns the ratios of all distinct policies tried on its ground */
export async function countTrial(file: string, trial: Trial): Promise<readonly number[]> {
  const known = await trialsIn(file);
  const same = known.filter(({ ground }) => ground === trial.ground);
  const isNew = !same.some(({ policy }) => policy === trial.policy);
  if (isNew) {
    await mkdir(dirname(file), { recursive: true });
    await appendFile(file, `${JSON.stringify(trial)}\n`);
  }
  const others = same.filter(({ policy }) => policy !== trial.policy);
  return [...others.map(({ sharpeRatio }) => sharpeRatio), trial.sharpeRatio].sort((a, b) => a - b);
}

async function trialsIn(file: string): Promise<readonly Trial[]> {
  const text = await readFile(file, 'utf8').catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'ENOENT') return '';
    throw thrown;
  });
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line, i) => parsed(line, `${file}:${i + 1}`));
}

function parsed(line: string, place: string): Trial {
  try {
    return trialSchema.parse(JSON.parse(line));
  } catch {
    throw dataCorrupt(place, 'not a trial');
  }
}
