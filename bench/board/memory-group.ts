/** A control group whose memory the kernel bounds; what is started from within stays in it. Version 1 or 2, for root. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Files {
  readonly limit: string;
  readonly peak: string;
  /** Has the line `oom_kill N`. */
  readonly events: string;
}

const ROOT = '/sys/fs/cgroup';
const FIRST: Files = {
  limit: 'memory.limit_in_bytes',
  peak: 'memory.max_usage_in_bytes',
  events: 'memory.oom_control',
};
const SECOND: Files = { limit: 'memory.max', peak: 'memory.peak', events: 'memory.events' };

export class MemoryGroup {
  readonly folder: string;
  private readonly files: Files;
  private readonly before: string;

  private constructor(folder: string, files: Files, before: string) {
    this.folder = folder;
    this.files = files;
    this.before = before;
  }

  /**
   * @param bytes of memory, without any swap where the kernel counts it
   * @returns a sentence where no group is to be had
   */
  static make(name: string, bytes: number): MemoryGroup | string {
    const isFirst = existsSync(join(ROOT, 'memory', FIRST.limit));
    const [root, files] = isFirst ? [join(ROOT, 'memory'), FIRST] : [ROOT, SECOND];
    const folder = join(root, name);
    try {
      mkdirSync(folder);
      writeFileSync(join(folder, files.limit), String(bytes));
      const swap = join(folder, 'memory.swap.max');
      if (existsSync(swap)) writeFileSync(swap, '0');
      return new MemoryGroup(folder, files, join(root, ownGroup(isFirst)));
    } catch (thrown) {
      return `no control group of memory is to be had: ${(thrown as Error).message}`;
    }
  }

  /** Has this process, and what it starts from now on, in the group. */
  enter(): void {
    writeFileSync(join(this.folder, 'cgroup.procs'), String(process.pid));
  }

  /** This process alone. */
  leave(): void {
    writeFileSync(join(this.before, 'cgroup.procs'), String(process.pid));
  }

  /** The most that was in use at once, with files that the kernel keeps in memory for the group. */
  peakBytes(): number {
    return Number(this.read(this.files.peak));
  }

  /** How many processes the kernel ended for want of memory. */
  killed(): number {
    return Number(/^oom_kill (\d+)/m.exec(this.read(this.files.events))?.[1]);
  }

  /** Of what is no file's and no kernel's, now. */
  anonymousBytes(): number {
    return Number(/^(?:rss|anon) (\d+)/m.exec(this.read('memory.stat'))?.[1]);
  }

  /** @throws Error while a process is in it */
  remove(): void {
    rmdirSync(this.folder);
  }

  private read(file: string): string {
    return readFileSync(join(this.folder, file), 'utf8');
  }
}

/** In which group this process is, below the root. */
function ownGroup(isFirst: boolean): string {
  const line = isFirst ? /^\d+:memory:(.*)$/m : /^0::(.*)$/m;
  return line.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? '/';
}
