/**
 * Seeded faults between two boards, each with a Redis and a process that trades. During a fault,
 * nothing may be acknowledged that is not on both boards; after it trading must resume within a
 * limit, and acknowledged orders must be there, once.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom, type Random } from '#shared/kernel/random.ts';
import { openNetwork, type LinkFault, type Network } from './network.ts';

export interface PartitionRun {
  readonly seed: string;
  readonly rounds: number;
  /** The worker, bundled. */
  readonly bundle: string;
}

export interface PartitionReport {
  readonly rounds: number;
  readonly byFault: Readonly<Record<string, number>>;
  readonly acknowledged: number;
  /** Acknowledged orders that a server does not have after the mishap. */
  readonly lost: number;
  /** Numbers that reached the broker more than once. */
  readonly doubled: number;
  /**
   * Acknowledged while the boards were cut off from each other, or on old state; and statuses that said PROTECTED
   * meanwhile.
   */
  readonly untrue: number;
  /** Statuses asked for while the boards were cut off for longer than the status may take to say so. */
  readonly statusesWhileCut: number;
  readonly secondsUntilTrading: readonly number[];
  /** Of each round: calls that were not acknowledged until both boards traded again. */
  readonly attempts: readonly number[];
  readonly slow: readonly string[];
}

const OTHERS = [
  'power-worker',
  'power-state',
  'power-replica',
  'power-board',
  'clock',
  'old-state',
] as const;
type Fault = LinkFault | (typeof OTHERS)[number];

/** What a process of a board writes: an answer to an order, or what the status says of replication. */
interface Answer {
  readonly key: string;
  readonly replication?: string;
  readonly success?: boolean;
  readonly code?: string;
  readonly rule?: string;
  readonly tradeId?: string;
  readonly startedAt: number;
  readonly at: number;
}

const PREFIX = 'partition';
const RECOVERY_MS_MAX = 10_000;
const PATIENCE_MS = 60_000;
const POLL_MS = 20;
/** Until the status has to say that the other board is not heard of. */
const STATUS_AGE_MS_MAX = 4_000;
/** One cut in so many lasts long: TCP then waits longer than a person should. */
const LONG_CUTS = 6;
const LONG_CUT_MS = 25_000;
const SYMBOLS = [
  ['ARVN', 'ALDR'],
  ['CRVN', 'HAVL'],
] as const;

export async function partitionRounds(
  { seed, rounds, bundle }: PartitionRun,
  report: (line: string) => void = () => undefined,
): Promise<PartitionReport> {
  const stage = await Stage.open(bundle);
  const random = seededRandom(seed);
  const byFault: Record<string, number> = {};
  const seconds: number[] = [];
  const attempts: number[] = [];
  const slow: string[] = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      const fault = stage.faults[Math.floor(random() * stage.faults.length)] as Fault;
      const recovery = await stage.round(fault, random);
      const { tookMs } = recovery;
      attempts.push(recovery.attempts);
      byFault[fault] = (byFault[fault] ?? 0) + 1;
      seconds.push(tookMs / 1_000);
      if (tookMs > RECOVERY_MS_MAX) slow.push(slowText(round, fault, recovery));
      report(
        JSON.stringify({ round, fault, ...recovery, acknowledged: stage.acknowledged.length }),
      );
    }
    const figures = { rounds, byFault, secondsUntilTrading: seconds, attempts, slow };
    return { ...figures, ...(await stage.judged()) };
  } finally {
    await stage.close();
  }
}

type Judgement = Pick<
  PartitionReport,
  'acknowledged' | 'lost' | 'doubled' | 'untrue' | 'statusesWhileCut'
>;

interface Recovery {
  /** From the mishap's end until both boards traded. */
  readonly tookMs: number;
  /** Polls of this process that came about, of those that the time had room for: low on a machine under load. */
  readonly ranRatio: number;
  /** Calls begun since then that were not acknowledged, of the board that needed more: the load has no part in it. */
  readonly attempts: number;
  /** How often each of them was answered what. */
  readonly answers: Readonly<Record<string, number>>;
}

function slowText(round: number, fault: Fault, recovery: Recovery): string {
  const { tookMs, ranRatio, attempts, answers } = recovery;
  const ran = `${Math.round(ranRatio * 100)} % of the polls of this process came about`;
  const why = Object.entries(answers).map(([answer, count]) => `${count} ${answer}`);
  return `round ${round}: ${fault} took ${tookMs} ms, ${attempts} calls in vain (${ran}; ${why.join(', ')})`;
}

function countedBy(answers: readonly Answer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { code, rule } of answers) {
    const answer = [code, rule].filter(Boolean).join(' ') || 'nothing';
    counts[answer] = (counts[answer] ?? 0) + 1;
  }
  return counts;
}

class Stage {
  readonly faults: readonly Fault[];
  readonly acknowledged: Answer[] = [];
  /** Calls that were not acknowledged since the last mishap ended. */
  private inVain: Answer[] = [];
  private readonly network: Network;
  private readonly bundle: string;
  private readonly folder: string;
  private readonly startedAt = Date.now();
  private readonly servers: (ChildProcess | undefined)[] = [];
  private readonly workers: (ChildProcess | undefined)[] = [];
  private untrue = 0;
  private statusesWhileCut = 0;
  /** While set, an answer to a call begun after it that acknowledges is untrue. */
  private cutSince: number | undefined;

  private constructor(network: Network, bundle: string, folder: string) {
    this.network = network;
    this.bundle = bundle;
    this.folder = folder;
    this.faults = [...network.faults, ...OTHERS];
  }

  static async open(bundle: string): Promise<Stage> {
    const base = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
    const stage = new Stage(openNetwork(), bundle, await mkdtemp(join(base, 'partitions-')));
    await stage.startServer(0);
    await stage.startServer(1, true);
    await stage.startWorker(0);
    await stage.startWorker(1);
    await stage.untilTrading(Date.now());
    return stage;
  }

  /** Until both boards traded again. */
  async round(fault: Fault, random: Random): Promise<Recovery> {
    const isLong = random() < 1 / LONG_CUTS && (fault === 'partition' || fault === 'asymmetric');
    const lastsMs = 300 + random() * (isLong ? LONG_CUT_MS : 2_000);
    await sleep(random() * 300);
    await this.strike(fault, random, lastsMs);
    const restoredAt = Date.now();
    this.inVain = [];
    return this.untilTrading(restoredAt);
  }

  private async strike(fault: Fault, random: Random, lastsMs: number): Promise<void> {
    if (fault === 'power-worker') return this.restartWorker(random() < 0.5 ? 0 : 1, lastsMs);
    if (fault === 'power-state') return this.restartServer(0, lastsMs);
    if (fault === 'power-replica') return this.restartServer(1, lastsMs);
    if (fault === 'power-board') return this.cutPower(random() < 0.5 ? 0 : 1, lastsMs);
    if (fault === 'clock') return this.skew(random);
    if (fault === 'old-state') return this.oldState(lastsMs);
    this.network.break(fault, fault === 'loss' ? 0.05 + random() * 0.3 : random());
    if (fault === 'partition') this.cutSince = Date.now() + 50;
    await sleep(lastsMs);
    this.cutSince = undefined;
    this.network.restore();
  }

  private async restartWorker(board: 0 | 1, lastsMs: number): Promise<void> {
    await kill(this.workers[board]);
    await sleep(lastsMs);
    await this.startWorker(board);
  }

  private async restartServer(board: 0 | 1, lastsMs: number): Promise<void> {
    await kill(this.servers[board]);
    await sleep(lastsMs);
    await this.startServer(board, board === 1);
  }

  /** Of everything on the board at once. */
  private async cutPower(board: 0 | 1, lastsMs: number): Promise<void> {
    await Promise.all([kill(this.workers[board]), kill(this.servers[board])]);
    await sleep(lastsMs);
    await this.startServer(board, board === 1);
    await this.startWorker(board);
  }

  /** Minutes, either way; the waits of the engine are measured on more than one clock. */
  private skew(random: Random): Promise<void> {
    const ms = Math.round((random() - 0.5) * 240_000);
    this.workers[random() < 0.5 ? 0 : 1]?.stdin?.write(`skew ${ms}\n`);
    return Promise.resolve();
  }

  /** The board with the state comes back with what it had some time ago, and its own data a little later. */
  private async oldState(lastsMs: number): Promise<void> {
    const [own, old] = [this.dataOf(0), join(this.folder, 'old')];
    await rm(old, { recursive: true, force: true });
    await cp(own, old, { recursive: true });
    const before = this.acknowledged.length;
    while (this.acknowledged.length < before + 2) await sleep(20);
    await kill(this.servers[0]);
    await kill(this.servers[1]);
    await this.startServer(0, false, old);
    this.cutSince = Date.now();
    await sleep(lastsMs);
    this.cutSince = undefined;
    await kill(this.servers[0]);
    await this.startServer(0);
    await this.startServer(1, true);
  }

  private async untilTrading(since: number): Promise<Recovery> {
    let polls = 0;
    const recovery = (): Recovery => {
      const tookMs = Date.now() - since;
      const ranRatio = Math.min(1, (polls * POLL_MS) / Math.max(1, tookMs));
      const vain = SYMBOLS.map((symbols) => this.vainOf(symbols, since));
      const attempts = Math.max(...vain.map(({ length }) => length));
      return { tookMs, ranRatio, attempts, answers: countedBy(vain.flat()) };
    };
    for (const symbols of SYMBOLS) {
      const traded = (): boolean =>
        this.acknowledged.some(
          ({ key, startedAt }) => startedAt >= since && symbols.some((one) => key.startsWith(one)),
        );
      while (!traded()) {
        if (Date.now() - since > PATIENCE_MS) return recovery();
        await sleep(POLL_MS);
        polls += 1;
      }
    }
    return recovery();
  }

  /** Every acknowledged order is on both servers, and each number reached the broker once. */
  async judged(): Promise<Judgement> {
    await Promise.all(this.workers.map(kill));
    await sleep(500);
    let lost = 0;
    for (const board of [0, 1] as const) {
      const stored = await this.ask(
        board,
        'ZRANGE',
        `${PREFIX}:{orders:default}:by-time`,
        '0',
        '-1',
      );
      const ids = new Set(stored.split('\n'));
      lost += this.acknowledged.filter(({ tradeId }) => !ids.has(tradeId ?? '')).length;
    }
    const sent = [0, 1].flatMap((board) => linesOf(join(this.folder, `sent-${board}`)));
    const doubled = sent.length - new Set(sent).size;
    const { untrue, statusesWhileCut } = this;
    return { acknowledged: this.acknowledged.length, lost, doubled, untrue, statusesWhileCut };
  }

  async close(): Promise<void> {
    await Promise.all([...this.workers, ...this.servers].map(kill));
    this.network.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  private async startServer(
    board: 0 | 1,
    isReplica = false,
    dir = this.dataOf(board),
  ): Promise<void> {
    await mkdir(dir, { recursive: true });
    const own = this.network.boards[board];
    const role = isReplica ? ['--replicaof', `${this.network.boards[0].address} 6379`] : [];
    const link = replicationSettings();
    const args = ['--dir', dir, '--save', '', '--appendonly', 'yes', '--appendfsync', 'always'];
    const where = [
      '--bind',
      '0.0.0.0',
      '--protected-mode',
      'no',
      '--logfile',
      join(this.folder, 'log'),
    ];
    this.servers[board] = own.spawn(
      'redis-server',
      [...where, ...args, ...link, ...role],
      'ignore',
    );
    while ((await this.ask(board, 'PING')) !== 'PONG') await sleep(30);
  }

  private async startWorker(board: 0 | 1): Promise<void> {
    const own = this.network.boards[board];
    const url = `redis://${this.network.boards.map(({ address }) => address).join(',')}`;
    const elapsed = String(Date.now() - this.startedAt);
    const args = [this.bundle, url, PREFIX, join(this.folder, `sent-${board}`), elapsed];
    const worker = own.spawn(process.execPath, [...args, ...SYMBOLS[board]], 'pipe');
    this.workers[board] = worker;
    if (!worker.stdout) throw new Error('the worker has no output');
    const lines = createInterface({ input: worker.stdout });
    const ready = once(lines, 'line');
    lines.on('line', (line) => this.take(JSON.parse(line) as Answer));
    await ready;
  }

  /** Of one board, until its first call that was acknowledged. */
  private vainOf(symbols: readonly string[], since: number): Answer[] {
    const counts = ({ key, startedAt }: Answer): boolean =>
      startedAt >= since && symbols.some((one) => key.startsWith(one));
    const until = this.acknowledged.find(counts)?.startedAt ?? Infinity;
    return this.inVain.filter((one) => counts(one) && one.startedAt < until);
  }

  private take(answer: Answer): void {
    if (answer.replication !== undefined) return this.takeStatus(answer);
    if (answer.success !== true) return void this.inVain.push(answer);
    if (this.cutSince !== undefined && answer.startedAt > this.cutSince) this.untrue += 1;
    this.acknowledged.push(answer);
  }

  private takeStatus({ replication, startedAt }: Answer): void {
    if (this.cutSince === undefined || startedAt < this.cutSince + STATUS_AGE_MS_MAX) return;
    this.statusesWhileCut += 1;
    if (replication === 'protected') this.untrue += 1;
  }

  private dataOf(board: 0 | 1): string {
    return join(this.folder, `data-${board}`);
  }

  private async ask(board: 0 | 1, ...command: string[]): Promise<string> {
    const asked = this.network.boards[board].spawn('redis-cli', command, 'pipe');
    let text = '';
    asked.stdout?.on('data', (chunk: Buffer) => (text += String(chunk)));
    await once(asked, 'close');
    return text.trim();
  }
}

/** Those of the boards. */
function replicationSettings(): string[] {
  const lines = readFileSync('deploy/faasd/redis.conf', 'utf8').split('\n');
  return lines.flatMap((line) => (line.startsWith('repl-') ? `--${line.trim()}`.split(/\s+/) : []));
}

async function kill(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

function linesOf(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
}
