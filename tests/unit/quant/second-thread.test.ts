/** Products on two threads: the digits of one, whatever becomes of the other. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { normal, seededRandom } from '#shared/kernel/random.ts';
import { crossProducts } from '#shared/quant/linear-algebra/cross-products.ts';
import { plainProducts } from '#shared/quant/linear-algebra/plain-products.ts';
import {
  offerThreads,
  SecondThread,
  type Task,
} from '#shared/quant/linear-algebra/second-thread.ts';

const COUNT = 180;
const random = seededRandom('second thread');
const columns = Array.from({ length: COUNT }, () =>
  Float64Array.from({ length: 500 }, () => 0.01 * normal(random)),
);
const expected = plainProducts(columns, new Float64Array(COUNT));
/** Far more than are needed until a thread is started and works. */
const CALLS_MAX = 3_000;
/** Places of the control that both threads share. */
const [STATE, NEXT, TASKS] = [0, 1, 2];
const [TAKEN, BROKEN] = [2, 5];

const workers: Worker[] = [];
const controls: Int32Array[] = [];

/** As a process starts them, but known to the test. */
function offered(): void {
  offerThreads((program, workerData) => {
    controls.push(workerData.control);
    workers.push(new Worker(program, { eval: true, workerData, env: {} }));
  });
}

/** Multiplies until `isEnough`, and compares every answer. */
function multiplyUntil(isEnough: () => boolean): void {
  for (let call = 0; call < CALLS_MAX; call += 1) {
    const products = crossProducts(columns);
    if (products.some((row, i) => row.some((value, j) => value !== expected[i]?.[j])))
      expect(products).toEqual(expected);
    if (isEnough()) return;
  }
  throw new RangeError('The other thread never took part.');
}

/** Each thread that takes part goes once beyond the last task. */
function tookPart(control: Int32Array | undefined): boolean {
  return control !== undefined && (control[NEXT] ?? 0) === (control[TASKS] ?? 0) + 2;
}

/** More than the kernels keep memory for; a thread that works in it ends with it. */
const giveBack = (): void => {
  crossProducts(Array.from({ length: 1_300 }, () => new Float64Array(2)));
};

afterEach(async () => {
  offerThreads(undefined);
  giveBack();
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()));
  controls.splice(0);
});

describe('a second thread', () => {
  it('takes its part of the products, with the same digits, and ends when nothing more is asked', async () => {
    offered();
    let times = 0;
    multiplyUntil(() => {
      times += Number(tookPart(controls[0]));
      return times === 10;
    });
    expect(workers).toHaveLength(1);
    const [worker] = workers;
    if (worker) await once(worker, 'exit');
    expect(crossProducts(columns)).toEqual(expected);
  });

  it('ends when the memory is given back that it works in', async () => {
    offered();
    multiplyUntil(() => tookPart(controls[0]));
    giveBack();
    const [worker] = workers;
    if (worker) await once(worker, 'exit');
    multiplyUntil(() => tookPart(controls[1]));
    expect(workers).toHaveLength(2);
  });

  it('is not needed: one that never comes and one that cannot be started leave all to the first', () => {
    let asked = 0;
    offerThreads(() => {
      asked += 1;
      throw new RangeError('no thread can be had');
    });
    multiplyUntil(() => asked === 1);
    expect(crossProducts(columns)).toEqual(expected);
    offerThreads(() => (asked += 1));
    multiplyUntil(() => asked === 2);
    expect(crossProducts(columns)).toEqual(expected);
  });

  it('that breaks in the middle of a task is told, and asked no more', () => {
    const thread = new SecondThread();
    const tasks: Task[] = [
      [0, 1, 2],
      [3, 4, 5],
    ];
    const done: Task[] = [];
    const breaking = (task: Task): void => {
      done.push(task);
      thread.control[STATE] = done.length === 1 ? TAKEN : BROKEN;
    };
    expect(thread.run(tasks, 8, 9, breaking)).toBe(false);
    expect(thread.isGone()).toBe(true);
    expect(thread.run(tasks, 8, 9, (task) => done.push(task))).toBe(true);
    expect(done).toEqual([...tasks, ...tasks]);
  });
});
