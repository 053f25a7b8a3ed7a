/**
 * A night of invented faults, one after another in a random order, looked at only through alerts and notices: is each
 * found, named and located within a minute, does nothing misleading come first, and is it over after the mend?
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '#shared/kernel/random.ts';
import type { InventedFault } from './invented-fault.ts';
import type { SeenAlert } from './night-prometheus.ts';

export interface NightRun {
  readonly seed: string;
  readonly faults: readonly InventedFault[];
  readonly rounds: number;
  /** What fires or waits now. */
  readonly seen: () => Promise<readonly SeenAlert[]>;
  /** Kinds of the notices that came since; absent: they are not waited for. */
  readonly noticed?: ((sinceMs: number) => readonly string[]) | undefined;
  /** Before each fault. */
  readonly prepare?: (() => Promise<unknown>) | undefined;
  /** Of each wait; undefined: without an end. */
  readonly waitMs?: number | undefined;
  /** Whether the end of an alert is waited for that looks back for a while. */
  readonly awaitsLasting: boolean;
}

export interface NightFinding {
  readonly round: number;
  readonly fault: string;
  readonly alert: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Why it could not be made. */
  readonly unmade?: string | undefined;
  /** From the making to the alert with these labels; absent: it was not found. */
  readonly foundSeconds?: number | undefined;
  /** From the making to the notice; absent: none came, or none was waited for. */
  readonly noticeSeconds?: number | undefined;
  /** From the mend to its end; absent: it did not end, or was not waited for. */
  readonly overSeconds?: number | undefined;
  /** Alerts that fired before it, and are no consequences of the fault. */
  readonly misleading: readonly string[];
  /** Other alerts that fired until it was mended. */
  readonly besides: readonly string[];
}

const POLL_MS = 250;
/** A notice comes with the next run of a job that runs each minute; one that waits is looked at once more. */
const NOTICE_FACTOR = 2.5;

/** Yields what each fault led to. */
export async function* night(run: NightRun): AsyncGenerator<NightFinding> {
  const order = shuffled(run);
  for (let round = 0; round < run.rounds; round += 1) {
    const fault = order[round % order.length];
    if (fault) yield { round, ...(await lookedAt(fault, run)) };
  }
}

function shuffled({ faults, seed }: NightRun): readonly InventedFault[] {
  const random = seededRandom(seed);
  return faults
    .map((fault) => ({ fault, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ fault }) => fault);
}

async function lookedAt(
  fault: InventedFault,
  { seen, noticed, prepare, waitMs, awaitsLasting }: NightRun,
): Promise<Omit<NightFinding, 'round'>> {
  const { name, alert, labels, lastsSeconds = 0, waits = false, consequences = [] } = fault;
  const isNamed = (one: SeenAlert): boolean =>
    one.name === alert && Object.entries(labels).every(([key, text]) => one.labels[key] === text);
  const isFound = (one: SeenAlert): boolean => isNamed(one) && (one.fires || waits);
  // What is left of the fault before, and looks like this one.
  await secondsUntil(async () => !(await seen()).some(isNamed), waitMs);
  await prepare?.();
  const before = new Set((await firing(seen)).map(({ key }) => key));
  const [startedMs, others] = [Date.now(), new Map<string, SeenAlert>()];
  const making = fault.make();
  making.catch(() => undefined);
  let first: readonly SeenAlert[] = [];
  const foundSeconds = await secondsUntil(async () => {
    const all = await seen();
    if (all.some(isFound)) first = [...others.values()];
    for (const one of all)
      if (one.fires && !isNamed(one) && !before.has(one.key)) others.set(one.key, one);
    return all.some(isFound);
  }, waitMs);
  const unmade = await making.then(
    () => undefined,
    (thrown: unknown) => String(thrown),
  );
  const kind = fault.notice;
  const noticeSeconds =
    noticed && kind !== undefined
      ? await secondsUntil(
          () => Promise.resolve(noticed(startedMs).includes(kind)),
          waitMs && waitMs * NOTICE_FACTOR,
          startedMs,
        )
      : undefined;
  await fault.mend();
  const limitMs = waitMs === undefined ? undefined : waitMs + lastsSeconds * 1_000;
  const overSeconds =
    lastsSeconds === 0 || awaitsLasting
      ? await secondsUntil(async () => !(await seen()).some(isNamed), limitMs)
      : undefined;
  const isMisleading = (one: SeenAlert) => one.name !== alert && !consequences.includes(one.name);
  const misleading = first.filter(isMisleading).map(textOf);
  const besides = [...others.values()].map(textOf).sort();
  return {
    ...{ fault: name, alert, labels, foundSeconds, noticeSeconds, overSeconds },
    ...{ misleading, besides, unmade },
  };
}

/** `TraderServiceSlow trading near` */
function textOf({ name, labels }: SeenAlert): string {
  const { alertname: _, severity: __, ...where } = labels;
  return [name, ...Object.values(where)].join(' ');
}

async function firing(seen: NightRun['seen']): Promise<readonly SeenAlert[]> {
  return (await seen()).filter(({ fires }) => fires);
}

/** @returns undefined where it did not come within the time */
async function secondsUntil(
  isSo: () => Promise<boolean>,
  limitMs: number | undefined,
  startMs = Date.now(),
): Promise<number | undefined> {
  const passed = (): number => Date.now() - startMs;
  while (limitMs === undefined || passed() < limitMs) {
    if (await isSo()) return Math.round(passed() / 100) / 10;
    await sleep(POLL_MS);
  }
  return undefined;
}
