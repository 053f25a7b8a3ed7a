/** Two boards with a real faasd each, and the operator between them, each in namespaces of their own. */
import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Addresses in the operator's network. The board with the state is first: it is started and deployed so. */
export const boards = {
  state: { address: '10.99.0.22', peer: '10.99.0.21', first: 'primary' },
  compute: { address: '10.99.0.21', peer: '10.99.0.22', first: 'replica' },
} as const;
export type BoardName = keyof typeof boards;
export const boardNames: readonly BoardName[] = ['state', 'compute'];

const STARTS_WITHIN_MS = 180_000;

export class Boards {
  private readonly folder: string;
  private readonly names: Readonly<Record<BoardName, string>>;
  private readonly running = new Map<
    BoardName,
    { readonly child: ChildProcess; readonly init: number }
  >();

  /**
   * This process is the operator.
   * @param folder what the boards keep on their disks, and the images
   * @param names what the boards are called
   */
  constructor(folder: string, names: Readonly<Record<BoardName, string>>) {
    this.folder = folder;
    this.names = names;
    execFileSync('sh', [
      '-ec',
      'ip link set lo up; ip link add br0 type bridge; ip address add 10.99.0.1/24 dev br0; ip link set br0 up',
    ]);
  }

  /** Switches a board on, and waits until faasd is installed and started. */
  async start(name: BoardName): Promise<void> {
    const own = this.names[name];
    const disk = join(this.folder, 'boards', own);
    const script = ['scripts/faasd/board.sh', 'run', own, disk, boards[name].address];
    execFileSync('mkdir', ['-p', disk]);
    const child = spawn('bash', script, { stdio: 'inherit' });
    const init = await this.childOf(child);
    this.running.set(name, { child, init });
    const link = `ip link add v-${name} type veth peer name eth0 netns ${init}`;
    execFileSync('sh', [
      '-ec',
      `${link}; ip link set v-${name} master br0; ip link set v-${name} up`,
    ]);
    const untilMs = Date.now() + STARTS_WITHIN_MS;
    while (!existsSync(join(disk, 'up'))) {
      if (child.exitCode !== null || Date.now() > untilMs)
        throw new Error(`board ${name} did not start`);
      await sleep(200);
    }
  }

  /** The first process of the board: the only child of unshare. */
  private async childOf({ pid = 0 }: ChildProcess): Promise<number> {
    const file = `/proc/${pid}/task/${pid}/children`;
    for (let tries = 0; tries < 300; tries += 1) {
      const isInside = readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'unshare';
      const [first] = readFileSync(file, 'utf8').split(' ');
      if (isInside && first) return Number(first);
      await sleep(100);
    }
    throw new Error('a board has no first process');
  }

  /** Runs a command on a board, as its root. @throws Error with what it wrote, unless it ends with 0 */
  async run(name: BoardName, command: string): Promise<string> {
    const { init } = this.running.get(name) ?? {};
    if (init === undefined) throw new Error(`board ${name} is off`);
    const { stdout } = await execute('nsenter', ['-t', String(init), '-a', 'sh', '-ec', command], {
      maxBuffer: 1e8,
    });
    return stdout;
  }

  /** Waits until the gateway answers, and its port is open. */
  async untilReady(name: BoardName): Promise<void> {
    const watch = '/opt/arduino-trader/deploy/scripts/faasd-watch.sh';
    await this.run(name, `${watch} --gateway-within 150 || [ $? = 1 ]`);
    // A port that was closed is seen to be so a moment later.
    await this.run(name, `sleep 2; ${watch} || [ $? = 1 ]`);
  }

  /** A power cut: everything on the board ends at once. */
  async cut(name: BoardName): Promise<void> {
    const found = this.running.get(name);
    if (!found) return;
    this.running.delete(name);
    const ended = new Promise((resolve) => found.child.once('exit', resolve));
    process.kill(found.init, 'SIGKILL');
    await ended;
  }

  async close(): Promise<void> {
    for (const name of boardNames) await this.cut(name);
    const groups = `find /sys/fs/cgroup -depth -path '*/trader-*' -type d -exec rmdir {} + 2>/dev/null || true`;
    execFileSync('sh', ['-c', groups]);
  }
}
