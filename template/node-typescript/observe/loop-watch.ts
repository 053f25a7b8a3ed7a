/**
 * Ends a loop that blocks the thread beyond a call's time. No timer can: timers run on the blocked
 * thread. A small thread of its own waits for the earliest deadline of the running calls. When the
 * main thread lets it pass, the watcher pauses that thread as a debugger does, and has it answer
 * its calls and end the process: the interrupted state cannot be trusted any further. The platform
 * restarts the function.
 *
 * The watcher takes some 5 MB, as much as the rest of a small function: it is there from the first call until
 * none has run for a while.
 */
import { Worker } from 'node:worker_threads';
import { log } from './call-log.ts';

/** Tolerance for timers that fire late. */
const LATE_MS = 250;
/**
 * A thread that cannot be paused (in a regular expression, in native code) is ended by a signal.
 */
const PAUSES_MS = 500;
const UNWINDS_MS = 2_000;
const IDLE_MS = 2_000;
const NAME = 'node-typescript.stuck';

const WATCHER = `
const { Session } = require('node:inspector');
const { workerData } = require('node:worker_threads');
const { shared, lateMs, pausesMs, unwindsMs, name } = workerData;
const changes = new Int32Array(shared, 0, 1);
const earliest = new Float64Array(shared, 8, 1);
const pause = (ms) => Atomics.wait(changes, 0, Atomics.load(changes, 0), ms);
const expression = 'globalThis[Symbol.for(' + JSON.stringify(name) + ')]()';

function end() {
  const session = new Session();
  session.connectToMainThread();
  session.on('Debugger.paused', ({ params }) => {
    const { callFrameId } = params.callFrames[0];
    session.post('Debugger.evaluateOnCallFrame', { callFrameId, expression });
  });
  session.post('Debugger.enable');
  session.post('Debugger.pause');
  setTimeout(() => session.post('Runtime.terminateExecution'), pausesMs);
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), unwindsMs);
}

function sample() {
  const deadline = earliest[0];
  const overMs = Date.now() - deadline - lateMs;
  if (overMs >= 0) return end();
  pause(deadline === Infinity ? undefined : 1 - overMs);
  setImmediate(sample);
}
sample();
`;

export class LoopWatch {
  private readonly shared = new SharedArrayBuffer(16);
  private readonly changes = new Int32Array(this.shared, 0, 1);
  private readonly earliest = new Float64Array(this.shared, 8, 1);
  private readonly deadlines = new Map<object, number>();
  private watcher: Worker | undefined;
  private idle: NodeJS.Timeout | undefined;
  /** Since it was last checked. */
  private wasUsed = false;

  /** @param stuck called on the thread that was held, in the middle of what held it; never returns */
  constructor(stuck: () => never) {
    this.earliest[0] = Infinity;
    (globalThis as Record<symbol, unknown>)[Symbol.for(NAME)] = stuck;
  }

  /**
   * @param limitMs after which a timer of the caller ends the call, if the thread is free
   * @returns what to call when the call has ended or its timer has fired
   */
  begin(limitMs: number): () => void {
    const call = {};
    this.deadlines.set(call, Date.now() + limitMs);
    this.publish();
    this.wasUsed = true;
    this.watcher ??= this.start();
    return () => {
      if (this.deadlines.delete(call)) this.publish();
    };
  }

  async close(): Promise<void> {
    clearTimeout(this.idle);
    await this.watcher?.terminate();
  }

  private start(): Worker {
    const times = { lateMs: LATE_MS, pausesMs: PAUSES_MS, unwindsMs: UNWINDS_MS };
    const watcher = new Worker(WATCHER, {
      eval: true,
      workerData: { shared: this.shared, name: NAME, ...times },
      resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1 },
    });
    watcher.on('error', (cause) => log('warn', 'no-loop-watch', { cause }));
    watcher.unref();
    this.idle = setInterval(() => this.endIfIdle(), IDLE_MS).unref();
    return watcher;
  }

  private endIfIdle(): void {
    const isNeeded = this.wasUsed || this.deadlines.size > 0;
    this.wasUsed = false;
    if (isNeeded) return;
    clearInterval(this.idle);
    void this.watcher?.terminate();
    this.watcher = undefined;
  }

  /** Wakes the watcher only for an earlier deadline than the one it waits for. */
  private publish(): void {
    let next = Infinity;
    for (const deadline of this.deadlines.values()) if (deadline < next) next = deadline;
    const known = this.earliest[0] ?? Infinity;
    this.earliest[0] = next;
    if (next >= known) return;
    Atomics.add(this.changes, 0, 1);
    Atomics.notify(this.changes, 0);
  }
}
