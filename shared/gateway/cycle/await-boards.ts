/**
 * Waiting, before a cycle begins, for the boards of the services it calls. Boards that were switched on
 * together are ready at different times, and one that was restarted is back soon.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { optimization } from '#shared/contract/optimization.ts';
import { planning } from '#shared/contract/planning.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import type { Operation } from '#shared/contract/row.ts';
import { scoring } from '#shared/contract/scoring.ts';
import { trading } from '#shared/contract/trading.ts';
import { universe } from '#shared/contract/universe.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { DAY_MS, later } from '#shared/kernel/instant.ts';
import type { Device } from '#shared/placement/placement.ts';
import type { Cycle, ProgressStream } from './cycle-run.ts';
import { findPlan } from './decide.ts';
import { whyExpired } from './plan-terms.ts';

/** An operation of each service that a cycle calls. */
const needed: readonly Operation[] = [
  portfolio.updatePositions,
  universe.syncPrices,
  trading.executeTrade,
  scoring.batchScoreSecurities,
  optimization.optimizeAllocation,
  planning.createPlan,
];
const POLL_MS = 1_000;
const RESUME_MS = 5_000;

/** What a board lacks. */
interface Lack {
  readonly operation: Operation;
  readonly device: Device;
  readonly reason: string;
}

/**
 * Ends as soon as every service on another board is ready.
 * @throws Failure UNAVAILABLE naming what was not, after BOARD_WAIT_MS; a run whose orders have begun is
 *   handed over until its plan expires
 */
export async function* awaitBoards(cycle: Cycle): ProgressStream {
  const { boardWaitMs } = cycle.context.settings;
  const startedAt = performance.now();
  let lastReported = '';
  for (;;) {
    const lacks = await lacksOf(cycle);
    if (lacks.length === 0) return;
    if (performance.now() - startedAt >= boardWaitMs) throw await gaveUp(cycle, lacks);
    const where = placesText(lacks);
    if (where !== lastReported) yield waiting(cycle, lacks, where);
    lastReported = where;
    await sleep(POLL_MS, undefined, { signal: cycle.signal }).catch(() => undefined);
    cycle.signal.throwIfAborted();
  }
}

async function lacksOf(cycle: Cycle): Promise<readonly Lack[]> {
  const asked = await Promise.all(needed.map((operation) => lackOf(cycle, operation)));
  return asked.filter((lack) => lack !== undefined);
}

async function lackOf(cycle: Cycle, operation: Operation): Promise<Lack | undefined> {
  const place = cycle.context.placement.places[operation.service];
  if (place.mode === 'local') return undefined;
  const { device } = place;
  try {
    const { ready, reason } = await cycle.ready(operation);
    return ready ? undefined : { operation, device, reason: readable(reason) };
  } catch (thrown) {
    cycle.signal.throwIfAborted();
    return { operation, device, reason: Failure.from(thrown).message };
  }
}

/** The answer of a function is a failure in JSON; that of a gateway may be anything. */
function readable(reason: string): string {
  try {
    return Failure.fromBody(JSON.parse(reason), 503).message;
  } catch {
    return 'it is not ready';
  }
}

function waiting(cycle: Cycle, lacks: readonly Lack[], where: string) {
  const { boardWaitMs } = cycle.context.settings;
  const [first] = lacks;
  cycle.context.log.warn('cycle-waits', { services: where, detail: first?.reason, boardWaitMs });
  const seconds = Math.round(boardWaitMs / 1_000);
  return cycle.report('sync-positions', 0, `Waiting up to ${seconds} s for ${where}.`);
}

async function gaveUp(cycle: Cycle, lacks: readonly Lack[]): Promise<Failure> {
  const seconds = Math.round(cycle.context.settings.boardWaitMs / 1_000);
  const reasons = [...new Set(lacks.map(({ reason }) => reason))].join(' ');
  const { id: cycleId } = cycle;
  const goesOn = cycle.record.executionBegan && !(await hasExpired(cycle));
  const end = goesOn
    ? `The cycle ${cycleId} goes on with its orders when it is back.`
    : 'This attempt sent no order.';
  const text = `Waited ${seconds} s in vain for ${placesText(lacks)}: ${reasons} ${end}`;
  const facts = { cycleId, services: lacks.map(({ operation }) => operation.service) };
  return new Failure('UNAVAILABLE', text, {
    ...facts,
    ...(goesOn && { resumeAfterMs: RESUME_MS }),
  });
}

/** Where the plan itself is out of reach, it is as old as its cycle. */
async function hasExpired(cycle: Cycle): Promise<boolean> {
  const { context, record } = cycle;
  await findPlan(cycle).catch(() => undefined);
  if (cycle.plan) return whyExpired(cycle) !== undefined;
  return context.now() >= later(record.startedAt, context.settings.planValidDays * DAY_MS);
}

/** `portfolio and trading on state` */
function placesText(lacks: readonly Lack[]): string {
  const byDevice = new Map<string, string[]>();
  for (const { operation, device } of lacks)
    byDevice.set(device.name, [...(byDevice.get(device.name) ?? []), operation.service]);
  return [...byDevice].map(([device, services]) => `${inARow(services)} on ${device}`).join('; ');
}

function inARow(names: readonly string[]): string {
  const last = names.at(-1) ?? '';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
}
