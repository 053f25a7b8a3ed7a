/** What `npm run build` makes, with programs of a benchmark beside it, so that they share its parts. */
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

/** @returns the folder of the build, in which a program lies at the path of its source */
export async function buildEmbedded(
  out: string,
  programs: readonly string[] = [],
): Promise<string> {
  const also = programs.flatMap((file) => ['--also', file]);
  await promisify(execFile)(process.execPath, ['scripts/build.mjs', '--out', out, ...also]);
  return resolve(out);
}
