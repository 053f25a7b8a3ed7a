/** A copy of the checkout that a test may change: tracked files, and the installed packages by link. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export class ScratchCopy {
  readonly folder = mkdtempSync(join(tmpdir(), 'trader-scratch-'));

  constructor() {
    const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
      encoding: 'utf8',
    });
    for (const file of listed.split('\0').filter((name) => name !== ''))
      cpSync(file, join(this.folder, file), { recursive: true });
    symlinkSync(join(process.cwd(), 'node_modules'), join(this.folder, 'node_modules'));
  }

  /** Puts text before the first place where a pattern matches. */
  insertBefore(file: string, place: RegExp, text: string): void {
    this.edit(file, place, (found) => `${text}${found}`);
  }

  edit(file: string, place: RegExp, change: (found: string) => string): void {
    const path = join(this.folder, file);
    const before = readFileSync(path, 'utf8');
    if (!place.test(before)) throw new Error(`${file} has nothing like ${String(place)}`);
    writeFileSync(path, before.replace(place, change));
  }

  create(file: string, text: string): void {
    writeFileSync(join(this.folder, file), text);
  }

  read(file: string): string {
    return readFileSync(join(this.folder, file), 'utf8');
  }

  /** @returns what a command printed, and its exit code */
  run(program: string, ...args: string[]): { readonly output: string; readonly status: number } {
    const { PATH = '' } = process.env;
    const env = { ...process.env, PATH: `${dirname(process.execPath)}:${PATH}` };
    const { stdout, stderr, status } = spawnSync(program, args, {
      cwd: this.folder,
      env,
      encoding: 'utf8',
      maxBuffer: 64 << 20,
    });
    return { output: `${stdout}${stderr}`, status: status ?? -1 };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
