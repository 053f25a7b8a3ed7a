/**
 * One point: reset the stage, run the scenario with one fault, recover as a caller would, check the
 * invariants.
 */
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { StoredOrders } from '#shared/trading/stored-orders.ts';
import { seededRandom, type Random } from '#shared/kernel/random.ts';
import { ask, type Request } from './stage/ask.ts';
import { noFault, type Fault, type Happening } from './stage/fault-plane.ts';
import { broken, type Judged } from './checks/invariants.ts';
import type { Answer } from './checks/observations.ts';
import { effectsOf, type Point, type PointKind } from './points.ts';
import {
  laterPurchase,
  laterTrade,
  otherPurchase,
  otherTrade,
  type Scenario,
} from './stage/scenarios.ts';
import type { Kept, Process, Stage } from './stage/stage.ts';

const CLOCK_JUMPS_MS = [
  -86_400_000, -3_600_000, -6_000, -1_000, 1_000, 6_000, 40_000, 360_000, 3_600_000, 86_400_000,
];
const PAUSES_MS = [0, 4_000, 6_000, 40_000, 360_000];
const ATTEMPTS_MAX = 4;
/** No retry follows; an order that was not sent by then must never be sent. */
const ABANDONED_MS = 330_000;
/** An interrupted cycle waits until an order that was on its way has arrived. */
const CYCLE_WAIT_MS = 40_000;
/** Settling time, then separate queries; see shared/trading/model/order-time-limits.ts. */
const WAITS_MS = [0, 31_000, 6_000, 6_000];
const STATUS = 'trading-get-trade-status';

export interface PointRun {
  readonly violations: readonly string[];
  /** Effects of the process, and what was answered, for whoever reads a violation. */
  readonly trace: readonly string[];
}

export async function runPoint(
  stage: Stage,
  scenario: Scenario,
  kept: Kept,
  point: Point,
  seed: string,
): Promise<PointRun> {
  await stage.restore(kept);
  scenario.arrange?.(stage);
  const run = new Run(stage, scenario, point, seededRandom(seed));
  return run.whole();
}

class Run {
  private readonly stage: Stage;
  private readonly scenario: Scenario;
  private readonly point: Point;
  private readonly random: Random;
  private readonly others: Promise<unknown>[] = [];
  private readonly trades: string[];
  private readonly ordersBefore: readonly string[];
  private keys: number;
  private syncs = 0;
  private lost = false;

  constructor(stage: Stage, scenario: Scenario, point: Point, random: Random) {
    this.stage = stage;
    this.scenario = scenario;
    this.point = point;
    this.random = random;
    this.trades = [...scenario.trades];
    this.ordersBefore = stage.broker.book.orders.map(
      ({ instruction }) => instruction.clientOrderId,
    );
    this.keys = scenario.trades.length;
  }

  async whole(): Promise<PointRun> {
    const { stage, scenario } = this;
    const jitter = this.isConcurrent() ? this.random : undefined;
    const process = stage.open(this.fault(), jitter);
    const works = scenario.requests.map((request) => this.submit(process, request));
    await Promise.all(works);
    await Promise.all(this.others);
    stage.endProcesses();
    const isAbandoned = this.point.kind === 'abandoned';
    if (isAbandoned) stage.nowMs += ABANDONED_MS;
    else await this.recover();
    await this.settle();
    const judged: Judged = {
      trades: this.trades,
      orders: this.keys,
      deposits: scenario.deposits,
      cycles: scenario.cycles ?? [],
      isAbandoned,
      stateWasLost: this.lost,
      lateOrder: this.lateOrder(process),
      pricesMoved: this.point.kind === 'price-jump',
      ordersBefore: this.ordersBefore,
    };
    const violations = await broken(stage, judged);
    return { violations, trace: [...process.plane.trace, ...stage.observed.answersText()] };
  }

  private submit(process: Process, request: Request): Promise<Answer | undefined> {
    return ask(process, request, this.stage.observed);
  }

  private isConcurrent(): boolean {
    return ['duplicate-delivery', 'two-processes', 'pause'].includes(this.point.kind);
  }

  private fault(): Fault {
    const { kind, at, when } = this.point;
    return { at, when, among: effectsOf(kind, this.scenario), happening: this.happening(kind) };
  }

  private happening(kind: PointKind): Happening {
    if (kind === 'crash' || kind === 'crash-twice' || kind === 'abandoned')
      return { kind: 'crash' };
    if (kind === 'redis-failure' || kind === 'lost-answer') return { kind: 'failure' };
    return { kind: 'meanwhile', happens: () => this.meanwhile(kind) };
  }

  private async meanwhile(kind: PointKind): Promise<void> {
    const { stage } = this;
    if (kind === 'clock-jump') stage.jumpClock(this.pick(CLOCK_JUMPS_MS));
    if (kind === 'price-jump') await this.movePrices();
    if (kind === 'state-loss') await this.loseState();
    if (kind === 'halt') await this.halt();
    if (kind === 'two-processes') this.startOther();
    if (kind === 'duplicate-delivery') this.others.push(...this.again());
    if (kind === 'pause') await this.pause();
  }

  /** The lease is over, another process takes the work up and ends it; then this one goes on. */
  private async pause(): Promise<void> {
    this.stage.nowMs += this.pick(PAUSES_MS);
    await this.stage.expireClaims();
    await Promise.all(this.again());
    if (this.random() < 0.5) await this.settle();
  }

  /**
   * The hole that docs/domain/trading.md states: a process that sleeps inside the call that sends an order
   * may send it after it was given up.
   */
  private lateOrder({ plane }: Process): string | undefined {
    const { kind, when } = this.point;
    const sleeping = /^broker submit (.*)/.exec(plane.struck ?? '')?.[1];
    return kind === 'pause' && when === 'before' ? sleeping : undefined;
  }

  private again(): Promise<unknown>[] {
    const process = this.stage.open(noFault, this.random);
    return this.scenario.requests.map((request) => this.submit(process, request));
  }

  private startOther(): void {
    this.trades.push(otherTrade);
    this.keys += 1;
    this.others.push(this.submit(this.stage.open(noFault, this.random), otherPurchase));
  }

  private async movePrices(): Promise<void> {
    const { stage } = this;
    const factor = 0.5 + this.random();
    for (const [isin, price] of stage.prices)
      stage.prices.set(isin, Math.round(price * factor * 100) / 100);
    // Half of the time only the broker knows yet.
    if (this.random() < 0.5) await stage.fetchPrices();
  }

  private async loseState(): Promise<void> {
    this.lost = true;
    await this.stage.loseState();
  }

  private async halt(): Promise<void> {
    const { stage } = this;
    const set = {
      operation: 'trading-set-trading-state',
      key: 'halt-1',
      body: { state: 'HALTED', reason: 'drill' },
    };
    const answer = await ask(stage.open(), set, stage.observed);
    if (answer?.status === 200) stage.observed.noteHalt(stage.broker.received.length);
  }

  /** Retries with the same key until the answer is final. */
  private async recover(): Promise<void> {
    const { stage, scenario, point } = this;
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      await stage.expireClaims();
      const diesAgain = attempt === 0 && point.kind === 'crash-twice';
      const at = 1 + Math.floor(this.random() * 40);
      const second: Fault = { ...noFault, at, happening: { kind: 'crash' } };
      const process = stage.open(diesAgain ? second : noFault);
      // Nothing is lost any more, so no pause has to be cut short.
      const requests = scenario.requests.map(({ timeoutMs: _cut, ...request }) => request);
      const answers = await Promise.all(requests.map((one) => this.submit(process, one)));
      if (this.lost || answers.every((answer) => answer !== undefined && !isOpen(answer))) break;
      if (scenario.cycles) stage.nowMs += CYCLE_WAIT_MS;
    }
    if (this.lost) await this.beginAnew();
  }

  /** An operator's steps after lost state: declare a beginning, sync prices, resume trading. */
  private async beginAnew(): Promise<void> {
    const { stage } = this;
    const { dependencies } = stage.open();
    await stage.fetchPrices();
    stage.observed.receivedAtDeclaration = stage.broker.received.length;
    await dependencies.database.epoch.declare();
    this.trades.push(laterTrade);
    this.keys += 1;
    await this.submit(stage.open(), laterPurchase);
  }

  private async settle(): Promise<void> {
    const { stage } = this;
    let waitedMs = 0;
    for (const waitMs of WAITS_MS) {
      stage.nowMs += waitMs;
      waitedMs += waitMs;
      const process = stage.open();
      const trades = new StoredOrders(process.dependencies.database);
      const stored = await trades.history(DEFAULT_ACCOUNT);
      const all = new Set([...this.trades, ...stored.map(({ tradeId }) => tradeId)]);
      const states = await Promise.all(
        [...all].map((tradeId) =>
          this.submit(process, { operation: STATUS, key: 'status', body: { tradeId } }),
        ),
      );
      const settled = states.every((answer) => answer !== undefined && isSettled(answer));
      if (settled && waitedMs >= stage.broker.lagMs) break;
    }
    const sync = { positions: [], forceSync: true };
    // Under the same key a second one would be answered what the first one was.
    this.syncs += 1;
    const key = `sync-last-${this.syncs}`;
    const request = { operation: 'portfolio-update-positions', key, body: sync };
    await this.submit(stage.open(), request);
  }

  private pick<T>(among: readonly T[]): T {
    return among[Math.floor(this.random() * among.length)] as T;
  }
}

function isOpen({ status, body }: Answer): boolean {
  return status >= 500 || body['status'] === 'PENDING' || body['code'] === 'CONFLICT';
}

function isSettled({ body }: Answer): boolean {
  const state = (body['execution'] as { state?: string } | undefined)?.state;
  return !['INTENT', 'SUBMITTING', 'UNKNOWN', 'PARTIAL'].includes(state ?? '');
}
