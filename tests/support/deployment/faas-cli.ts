/** The real faas-cli, in a home of its own, so that nobody's login is read or written. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** As `set-up.ts` found it before the tests. */
export const faasCliProgram = process.env['FAAS_CLI'];
export const noFaasCli = faasCliProgram ? undefined : (process.env['NO_FAAS_CLI'] ?? 'no faas-cli');

export interface Said {
  readonly code: number | null;
  /** Where faas-cli also writes its errors. */
  readonly out: string;
  readonly err: string;
}

export interface Options {
  readonly stdin?: string | Uint8Array;
  /** Absent: the home, where no stack file lies. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Subscription {
  readonly child: ChildProcess;
  /** All lines so far. */
  lines(): string[];
  /** Until a line holds the text. @returns how long that took, in milliseconds */
  says(text: string): Promise<number>;
  stop(): Promise<void>;
}

export class FaasCli {
  readonly home: string;
  private readonly gateway: string;

  private constructor(home: string, gateway: string) {
    this.home = home;
    this.gateway = gateway;
  }

  /** @param gateway its address; absent: one where nobody listens */
  static async open(gateway = 'http://127.0.0.1:1'): Promise<FaasCli> {
    return new FaasCli(await mkdtemp(join(tmpdir(), 'trader-faas-cli-')), gateway);
  }

  get program(): string {
    return faasCliProgram ?? 'faas-cli';
  }

  get env(): Record<string, string> {
    return {
      PATH: process.env['PATH'] ?? '',
      HOME: this.home,
      OPENFAAS_CONFIG: join(this.home, '.openfaas'),
      OPENFAAS_URL: this.gateway,
      // What is not there must not be looked for elsewhere.
      https_proxy: 'http://127.0.0.1:1',
      http_proxy: 'http://127.0.0.1:1',
      no_proxy: '127.0.0.1,localhost',
    };
  }

  async run(args: readonly string[], { stdin = '', cwd, env }: Options = {}): Promise<Said> {
    const child = this.spawn(args, { ...(cwd !== undefined && { cwd }), ...(env && { env }) });
    let [out, err] = ['', ''];
    child.stdout?.on('data', (bytes: Buffer) => void (out += bytes.toString()));
    child.stderr?.on('data', (bytes: Buffer) => void (err += bytes.toString()));
    child.stdin?.on('error', () => undefined).end(stdin);
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, out, err };
  }

  /** @throws Error with what it said, unless it ends with 0 */
  async mustRun(args: readonly string[], options: Options = {}): Promise<string> {
    const { code, out, err } = await this.run(args, options);
    if (code !== 0) throw new Error(`faas-cli ${args.join(' ')} ended with ${code}: ${out}${err}`);
    return out;
  }

  async login(password: string): Promise<void> {
    await this.mustRun(['login', '--username', 'admin', '--password-stdin'], { stdin: password });
  }

  /** Runs until it is stopped. */
  follow(args: readonly string[]): Subscription {
    const child = this.spawn(args, {});
    child.stdin?.end();
    let out = '';
    child.stdout?.on('data', (bytes: Buffer) => void (out += bytes.toString()));
    const ended = once(child, 'close');
    const says = async (text: string): Promise<number> => {
      const startedAt = performance.now();
      while (!out.includes(text)) {
        if (child.exitCode !== null) throw new Error(`it ended and never said "${text}": ${out}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      return performance.now() - startedAt;
    };
    const stop = async (): Promise<void> => {
      if (child.exitCode === null) child.kill('SIGINT');
      await ended;
    };
    return { child, lines: () => out.split('\n').filter((line) => line !== ''), says, stop };
  }

  close(): Promise<void> {
    return rm(this.home, { recursive: true, force: true });
  }

  private spawn(args: readonly string[], { cwd = this.home, env = {} }: Options): ChildProcess {
    return spawn(this.program, args, {
      cwd,
      env: { ...this.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  }
}
