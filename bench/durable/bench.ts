/**
 * npm run bench -- durable
 *
 * Time of an order's transition on a Redis that writes each answer to the disk first (`appendfsync always`): as the
 * product stores it, against the same document, index and history in three commands of which each is awaited; one at
 * a time and fifty at once, turn by turn.
 */
import { mkdir, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { openTestDependencies, startTestRedis } from '../../tests/support/dependencies.ts';
import { figure, ratios } from '../figures/figure.ts';
import { median } from '../timing.ts';
import { naive, ours, type Transition } from './transitions.ts';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 9);
const TRANSITIONS = 300;
const AT_ONCE = [1, 50];
/** On a disk: in memory there is nothing to wait for. */
const FOLDER = resolve('build/bench/durable');

/** @returns milliseconds of a transition */
async function msEach(transition: Transition, atOnce: number): Promise<number> {
  const began = performance.now();
  let next = 0;
  const hand = async (order: number): Promise<void> => {
    for (next += 1; next <= TRANSITIONS; next += 1) await transition(order);
  };
  await Promise.all(Array.from({ length: atOnce }, (_, order) => hand(order)));
  return (performance.now() - began) / TRANSITIONS;
}

async function compare(product: Transition, plain: Transition, atOnce: number) {
  const times = { ours: [] as number[], naive: [] as number[] };
  for (const transition of [product, plain]) await msEach(transition, atOnce);
  for (let round = 0; round < ROUNDS; round += 1) {
    times.ours.push(await msEach(product, atOnce));
    times.naive.push(await msEach(plain, atOnce));
  }
  figure(`durable: transition, ${atOnce} at once, naive / ours`, ratios(times.naive, times.ours));
  return {
    'ours, ms': Number(median(times.ours).toFixed(3)),
    'naive, ms': Number(median(times.naive).toFixed(3)),
    'naive / ours': Number(median(ratios(times.naive, times.ours)).toFixed(2)),
  };
}

await mkdir(FOLDER, { recursive: true });
const redis = await startTestRedis(FOLDER);
try {
  const { database, close } = await openTestDependencies(redis);
  const [product, plain] = [await ours(database, Math.max(...AT_ONCE)), naive(database.redis)];
  const rows = new Map<string, object>();
  for (const atOnce of AT_ONCE)
    rows.set(`${atOnce} at once`, await compare(product, plain, atOnce));
  console.table(Object.fromEntries(rows));
  await close();
} finally {
  await redis.stop();
  await rm(FOLDER, { recursive: true, force: true });
}
