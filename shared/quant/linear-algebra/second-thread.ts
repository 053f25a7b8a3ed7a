/**
 * A second thread for work that falls into tasks of which each belongs to one thread: the two take one task after
 * the other from a counter that they share. Which of them did a task changes no digit of it. The thread that asks never depends
 * on the other: where that one is late, ended or was never there, it does all tasks itself; it only waits for
 * the end of a task that the other has begun. The other ends by itself where nothing was asked of it for a while.
 *
 * Mathematics starts no threads: whoever opens a process offers a way to (`offerThreads`).
 */

/** What the other thread is given; `program` reads it as `workerData`. */
interface ThreadData {
  readonly module: unknown;
  readonly memory: unknown;
  readonly control: Int32Array;
  readonly idleMs: number;
}

/** Starts a thread with the text of its program. */
type StartThread = (program: string, data: ThreadData) => void;

/** A strip of the products: addresses of its first panel, of its end, and of its sums. */
export type Task = readonly [from: number, to: number, sums: number];

const STATE = 0;
const NEXT = 1;
const COUNT = 2;
const BYTES = 3;
const END = 4;
const TASKS = 5;
const TASK_INTS = 3;
const TASKS_MAX = 1_024;

/** Nothing is asked; asked; the other works on it; it has worked; it has ended; it failed in the middle. */
const [IDLE, OFFERED, TAKEN, DONE, CLOSED, BROKEN] = [0, 1, 2, 3, 4, 5];
const IDLE_MS = 1_000;

/** Products in pairs of columns and periods. Below this to wake the other thread gains nothing. */
const SHARED_MIN = 4e6;
/** A thread is started when so many could have been shared: it takes some 30 ms until it works. */
const STARTED_AT = 4e8;

/** Plain JavaScript, because it runs where nothing else of this repository is loaded. */
const program = `
const { workerData: { module, memory, control, idleMs } } = require('node:worker_threads');
const { products } = new WebAssembly.Instance(module, { own: { memory } }).exports;
const work = () => {
  const [count, bytes, end] = [control[${COUNT}], control[${BYTES}], control[${END}]];
  for (;;) {
    const k = Atomics.add(control, ${NEXT}, 1);
    if (k >= count) return;
    const at = ${TASKS} + ${TASK_INTS} * k;
    products(control[at], control[at + 1], bytes, end, control[at + 2]);
  }
};
for (;;) {
  const state = Atomics.load(control, ${STATE});
  if (state === ${CLOSED}) break;
  if (state !== ${OFFERED}) {
    if (Atomics.wait(control, ${STATE}, state, idleMs) !== 'timed-out') continue;
    if (Atomics.compareExchange(control, ${STATE}, ${IDLE}, ${CLOSED}) === ${IDLE}) break;
  } else if (Atomics.compareExchange(control, ${STATE}, ${OFFERED}, ${TAKEN}) === ${OFFERED}) {
    let outcome = ${BROKEN};
    try {
      work();
      outcome = ${DONE};
    } finally {
      Atomics.store(control, ${STATE}, outcome);
      Atomics.notify(control, ${STATE});
    }
  }
}
`;

let start: StartThread | undefined;
let unshared = 0;

/** @param startThread undefined: no more threads are started */
export function offerThreads(startThread: StartThread | undefined): void {
  start = startThread;
  unshared = 0;
}

/** @returns undefined where so much work is not worth a second thread, or none can be had */
export function threadFor(
  work: number,
  open: SecondThread | undefined,
  own: Pick<ThreadData, 'module' | 'memory'>,
): SecondThread | undefined {
  if (work < SHARED_MIN || !start) return undefined;
  if (open && !open.isGone()) return open;
  unshared += work;
  if (unshared < STARTED_AT) return undefined;
  unshared = 0;
  const thread = new SecondThread();
  try {
    start(program, { ...own, control: thread.control, idleMs: IDLE_MS });
    return thread;
  } catch {
    start = undefined;
    return undefined;
  }
}

export class SecondThread {
  readonly control = new Int32Array(new SharedArrayBuffer(4 * (TASKS + TASK_INTS * TASKS_MAX)));

  isGone(): boolean {
    return Atomics.load(this.control, STATE) >= CLOSED;
  }

  /** @returns false where the other thread failed in the middle of a task, and where there are too many tasks */
  run(tasks: readonly Task[], bytes: number, end: number, work: (task: Task) => void): boolean {
    if (tasks.length > TASKS_MAX) return false;
    const { control } = this;
    // The other thread reads none of this before it has taken the offer.
    control.set([0, tasks.length, bytes, end, ...tasks.flat()], NEXT);
    const isOffered = Atomics.compareExchange(control, STATE, IDLE, OFFERED) === IDLE;
    if (isOffered) Atomics.notify(control, STATE);
    for (;;) {
      const task = tasks[Atomics.add(control, NEXT, 1)];
      if (!task) break;
      work(task);
    }
    return !isOffered || this.ended();
  }

  /** Ends the thread, unless it works. */
  close(): void {
    Atomics.compareExchange(this.control, STATE, IDLE, CLOSED);
    Atomics.notify(this.control, STATE);
  }

  /** Takes the offer back, or waits for the end of the task that the other is working on. */
  private ended(): boolean {
    const { control } = this;
    if (Atomics.compareExchange(control, STATE, OFFERED, IDLE) === OFFERED) return true;
    while (Atomics.load(control, STATE) === TAKEN) Atomics.wait(control, STATE, TAKEN);
    return Atomics.compareExchange(control, STATE, DONE, IDLE) === DONE;
  }
}
