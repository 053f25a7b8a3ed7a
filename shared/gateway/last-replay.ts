/** The replay that was made last, in DATA_DIR: for the page, and before a step up of trust. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const files = { html: 'last-replay.html', text: 'last-replay.txt' } as const;

export interface LastReplay {
  /** The report, or the comparison of several, as a page. */
  readonly html: string;
  /** The same for a terminal. */
  readonly text: string;
}

export async function keepLastReplay(dataDir: string, replay: LastReplay): Promise<void> {
  await mkdir(dataDir, { recursive: true });
  await writeFile(join(dataDir, files.html), replay.html);
  await writeFile(join(dataDir, files.text), replay.text);
}

/** Undefined where none was made, or there is no DATA_DIR here. */
export async function lastReplay(
  dataDir: string,
  form: keyof LastReplay,
): Promise<string | undefined> {
  if (dataDir === '') return undefined;
  return readFile(join(dataDir, files[form]), 'utf8').catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'ENOENT') return undefined;
    throw thrown;
  });
}
