/** A copy of the checkout that a test may change: tracked files, and the installed packages by link. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const BUILD_INFO = '.tsbuildinfo';
const AUTHOR = ['-c', 'user.name=scratch', '-c', 'user.email=scratch@localhost'];

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

  /** Remembers the files as they are now; {@link restore} leads back to them. */
  snapshot(): void {
    this.git('init', '--quiet');
    this.create('.git/info/exclude', `${BUILD_INFO}\n`);
    this.git('add', '--all');
    this.git(...AUTHOR, 'commit', '--quiet', '--message', 'snapshot');
  }

  restore(): void {
    this.git('reset', '--quiet', '--hard');
    this.git('clean', '--quiet', '--force', '-d');
  }

  private git(...args: string[]): void {
    const { output, status } = this.run('git', ...args);
    if (status !== 0) throw new Error(`git ${args.join(' ')}: ${output}`);
  }

  /** Checks the types of what has changed since the last time, and of what uses it. */
  compile(): { readonly output: string; readonly status: number } {
    const tsc = 'node_modules/typescript/bin/tsc';
    return this.run('node', tsc, '-p', '.', '--incremental', '--tsBuildInfoFile', BUILD_INFO);
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
