/** Which of the tools that check a deployment's files are here. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What the environment names, or what `go install` or a package left. */
export function findTool(variable: string, name: string): string | undefined {
  const folders = [join(homedir(), 'go/bin'), '/usr/local/bin', '/usr/bin'];
  const places = [process.env[variable], ...folders.map((folder) => join(folder, name))];
  return places.find((place) => place && existsSync(place));
}

/** @returns why tests that need the program are skipped; undefined: it is there */
export function withoutProgram(program: string): string | undefined {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return undefined;
  } catch {
    return `no ${program} is installed`;
  }
}

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export function ran(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input = '',
): Ran {
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    input,
    env: { ...process.env, ...env },
  });
  return { code: status, out: stdout, err: stderr };
}
