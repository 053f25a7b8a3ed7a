/** Writing what was scaffolded, and saying so. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export function writeFiles(files: readonly (readonly [string, string])[], dryRun: boolean): void {
  for (const [file, text] of files) {
    console.log(`${dryRun ? 'would write' : 'wrote'} ${file}`);
    if (dryRun) continue;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

/** @returns the exit code of a command that was refused */
export function refuse(reason: string): number {
  console.error(reason);
  return 2;
}
