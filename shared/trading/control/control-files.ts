/**
 * Files in DATA_DIR that restrict trading while they exist. A file's first line is given as the
 * reason.
 */
import { existsSync } from 'node:fs';
import { mkdir, open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TradingReason } from '../model/trading-control.ts';

/** File name to state; `HALT` is the older name. */
const controlFiles: Readonly<Record<string, TradingReason['state']>> = {
  HALTED: 'HALTED',
  HALT: 'HALTED',
  REDUCING: 'REDUCING',
};

const REASON_BYTES_MAX = 200;

/** Leaves the file of a state, flushed to the disk, with the reason as its line. @returns its path */
export async function writeControlFile(
  dataDir: string,
  state: 'HALTED' | 'REDUCING',
  reason: string,
): Promise<string> {
  const file = join(dataDir, state);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await writeFile(file, `${reason}\n`, { flush: true });
  return file;
}

/** @returns the paths of the files that were there */
export async function removeControlFiles(dataDir: string): Promise<string[]> {
  const removed: string[] = [];
  for (const name of Object.keys(controlFiles)) {
    const file = join(dataDir, name);
    if (!existsSync(file)) continue;
    await rm(file);
    removed.push(file);
  }
  return removed;
}

/** A file whose presence cannot be determined counts as present. @param dataDir empty: there is none */
export async function fileReasons(dataDir: string): Promise<TradingReason[]> {
  if (dataDir === '') return [];
  const found = await Promise.all(
    Object.entries(controlFiles).map(([name, state]) => reasonIn(dataDir, name, state)),
  );
  return found.filter((reason) => reason !== undefined);
}

async function reasonIn(
  dataDir: string,
  name: string,
  state: TradingReason['state'],
): Promise<TradingReason | undefined> {
  try {
    const line = await firstLine(join(dataDir, name));
    const note = line === '' ? '' : ` and says: ${line}`;
    return { code: 'file', state, message: `the file ${name} is in the data directory${note}` };
  } catch (thrown) {
    const code = (thrown as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    const message = `the file ${name} cannot be checked for (${code ?? 'unknown'})`;
    return { code: 'file', state, message };
  }
}

async function firstLine(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(REASON_BYTES_MAX), 0);
    const [line = ''] = buffer.toString('utf8', 0, bytesRead).split(/[\r\n]/);
    // eslint-disable-next-line no-control-regex
    return line.replace(/[\u0000-\u001f\u007f\ufffd]/g, '').trim();
  } finally {
    await file.close();
  }
}
