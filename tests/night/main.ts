/** A night in a process of its own: node <bundle> SEED ROUNDS [PART OF A FAULT...]. A line of JSON a fault, and a report at the end. */
import { keys } from '#shared/redis/keys.ts';
import { allFaults } from './all-faults.ts';
import { openNight } from './night-system.ts';
import { withoutPrometheus } from './night-prometheus.ts';
import { night, type NightFinding } from './night.ts';

const MINUTE_MS = 60_000;
const [seed = 'night-1', rounds = '0', ...rest] = process.argv.slice(2);
if (withoutPrometheus !== undefined) {
  console.error(withoutPrometheus);
  process.exit(2);
}
const system = await openNight(false);
let closing: Promise<void> | undefined;
const close = (): Promise<void> => (closing ??= system.close());
// Processes and a file system are left to nobody.
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => void close().finally(() => process.exit(130)));
const faults = allFaults(system);
const only = faults.filter(
  ({ name }) => rest.length === 0 || rest.some((part) => name.includes(part)),
);
const seen = () => system.prometheus.alerts();
const { received } = system.receiver;
let read = 0;
/** Kinds and times of the notices so far. */
const notices: { readonly kind: string; readonly atMs: number }[] = [];
const noticed = (sinceMs: number): readonly string[] => {
  for (const { text } of received.slice(read)) {
    notices.push({ kind: (JSON.parse(text) as { type: string }).type, atMs: Date.now() });
    read += 1;
  }
  return notices.filter(({ atMs }) => atMs >= sinceMs).map(({ kind }) => kind);
};
const findings: NightFinding[] = [];
/** A condition that comes again soon is held back, and faults share some. */
const prepare = () => system.stored.database.redis.del(keys.gateway.noticeConditions());
const run = { seed, faults: only, prepare, rounds: Number(rounds) || only.length, seen, noticed };
try {
  for await (const finding of night({ ...run, waitMs: MINUTE_MS, awaitsLasting: true })) {
    findings.push(finding);
    console.log(JSON.stringify(finding));
  }
} finally {
  await close();
}
const named = (some: readonly NightFinding[]) => some.map(({ fault }) => fault);
const report = {
  notMade: named(findings.filter(({ unmade }) => unmade !== undefined)),
  notFound: named(findings.filter(({ foundSeconds }) => foundSeconds === undefined)),
  notOver: named(findings.filter(({ overSeconds }) => overSeconds === undefined)),
  misleading: named(findings.filter(({ misleading }) => misleading.length > 0)),
  notNoticed: named(
    findings.filter(
      ({ fault, noticeSeconds }) =>
        noticeSeconds === undefined && only.some(({ name, notice }) => name === fault && notice),
    ),
  ),
};
const slowest = Math.max(0, ...findings.map(({ foundSeconds = 0 }) => foundSeconds));
console.log(JSON.stringify({ seed, faults: findings.length, ...report, slowest }));
process.exit(Object.values(report).every((some) => some.length === 0) ? 0 : 1);
