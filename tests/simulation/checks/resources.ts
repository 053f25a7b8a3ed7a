/** I11: resources still held after many points: memory, timers and open files. */
import { readdir, readlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Fewer points do not show growth. */
const POINTS_MIN = 1_000;
const GROWTH_MAX_RATIO = 1.1;
/** Work that outlived its call asks again for so long before it notices that its process is dead. */
const SETTLE_MS_MAX = 20_000;
const POLL_MS = 200;

export class Resources {
  private readonly points: number;
  private readonly filesBefore: Promise<number>;
  private halfwayBytes: number | undefined;

  /** @param points that will be run */
  constructor(points: number) {
    this.points = points;
    this.filesBefore = openFiles();
  }

  /** Compares the second half with the first: caches are full by then. */
  note(done: number): void {
    if (done === Math.floor(this.points / 2)) this.halfwayBytes = heapBytes();
  }

  /** @returns what was not given back, a sentence each */
  async leaks(): Promise<string[]> {
    for (let waited = 0; timersLeft() > 0 && waited < SETTLE_MS_MAX; waited += POLL_MS)
      await sleep(POLL_MS);
    const timers = timersLeft();
    const files = (await openFiles()) - (await this.filesBefore);
    return [
      ...(timers > 0 ? [`I11 leaks: ${timers} timers are left`] : []),
      ...(files > 0 ? [`I11 leaks: ${files} files are left open`] : []),
      ...this.growth(),
    ];
  }

  private growth(): string[] {
    const before = this.halfwayBytes;
    if (before === undefined || this.points < POINTS_MIN) return [];
    const ratio = heapBytes() / before;
    if (ratio <= GROWTH_MAX_RATIO) return [];
    return [`I11 leaks: memory is ${ratio.toFixed(2)} times what it was halfway`];
  }
}

function timersLeft(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}

function heapBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

/** Where the system shows them. The runtime keeps one of /dev/null in reserve from its first connection on. */
async function openFiles(): Promise<number> {
  const files = await readdir('/proc/self/fd').catch(() => []);
  const targets = files.map((file) => readlink(`/proc/self/fd/${file}`).catch(() => '/dev/null'));
  return (await Promise.all(targets)).filter((target) => target !== '/dev/null').length;
}
