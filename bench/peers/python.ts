/**
 * The Python side of a comparison: peers from PyPI in a virtual environment of their own under
 * `build/`, and one process that works on request and takes its own time.
 */
import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface, type Interface } from 'node:readline';

const FOLDER = resolve('build/bench/python');
const REQUIREMENTS = resolve('bench/peers/requirements.txt');
const WORKER = resolve('bench/peers/peers.py');
const INSTALL_MS_MAX = 600_000;

export interface PeerAnswer {
  readonly ms: number;
  /** Processor time of a call, of all its threads. */
  readonly cpuMs: number;
  readonly values: readonly number[];
}

/** What was asked for cannot be had here; the text says why. */
class PeersMissing extends Error {
  override readonly name = 'PeersMissing';
}

/**
 * The interpreter that has the peers, made on first use and again when the requirements change.
 *
 * @throws PeersMissing where there is no Python, or the packages cannot be installed
 */
function pythonWithPeers(): string {
  const python = join(FOLDER, 'bin', 'python');
  const stamp = join(FOLDER, 'installed');
  const requested = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === requested) return python;
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  console.log(`installing ${REQUIREMENTS} into ${FOLDER}`);
  run('python3', ['-m', 'venv', FOLDER]);
  run(python, ['-m', 'pip', 'install', '--quiet', '--requirement', REQUIREMENTS]);
  writeFileSync(stamp, requested);
  return python;
}

function run(program: string, args: readonly string[]): void {
  const options = { encoding: 'utf8', timeout: INSTALL_MS_MAX } as const;
  const { status, error, stderr } = spawnSync(program, args, options);
  if (error) throw new PeersMissing(`${program}: ${error.message}`);
  const last = stderr.trim().split('\n').at(-1) ?? '';
  if (status !== 0) throw new PeersMissing(`${program} ${args.join(' ')}: ${last}`);
}

/** Works with the peers and ends their process whatever comes; says why where they are missing. */
export async function withPeers(work: (python: PythonPeers) => Promise<void>): Promise<void> {
  let python: PythonPeers | undefined;
  try {
    python = new PythonPeers(pythonWithPeers());
    console.log(`Node ${process.version}; ${await python.versions()}`);
    await work(python);
  } catch (thrown) {
    if (!(thrown instanceof PeersMissing)) throw thrown;
    console.log(`skipped: ${thrown.message}`);
  } finally {
    python?.close();
  }
}

export type { PythonPeers };

/** A process that waits for work until its input ends. */
class PythonPeers {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly lines: Interface;
  private readonly waiting: ((line: string) => void)[] = [];

  constructor(python: string) {
    this.child = spawn(python, ['-W', 'ignore', WORKER]);
    this.child.stderr.pipe(process.stderr);
    this.lines = createInterface({ input: this.child.stdout });
    this.lines.on('line', (line) => this.waiting.shift()?.(line));
    this.lines.on('close', () => {
      for (const answer of this.waiting.splice(0)) answer('{"error":"the Python side ended"}');
    });
  }

  async versions(): Promise<string> {
    return (await this.ask({ do: 'versions' })) as unknown as string;
  }

  /** Gives the Python side columns of numbers to work on. */
  async load(columns: Readonly<Record<string, readonly Float64Array[]>>): Promise<void> {
    for (const [name, of] of Object.entries(columns)) {
      const path = join(FOLDER, `${name}.f64`);
      const whole = Buffer.concat(of.map((c) => Buffer.from(c.buffer, c.byteOffset, c.byteLength)));
      writeFileSync(path, whole);
      await this.ask({ do: 'load', name, path, columns: of.length });
    }
  }

  /** One call, timed there; as many as fill `leastMs`, of which the mean counts. */
  async time(peer: string, options: object, leastMs: number): Promise<PeerAnswer> {
    return (await this.ask({ do: 'time', peer, options, leastMs })) as PeerAnswer;
  }

  close(): void {
    this.child.stdin.end();
  }

  private async ask(request: object): Promise<unknown> {
    const line = await new Promise<string>((done) => {
      this.waiting.push(done);
      this.child.stdin.write(`${JSON.stringify(request)}\n`);
    });
    const { error, answer } = JSON.parse(line) as { error?: string; answer?: unknown };
    if (error !== undefined) throw new Error(`the peer failed: ${error}`);
    return answer;
  }
}
