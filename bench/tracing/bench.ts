/**
 * npm run bench -- tracing
 *
 * CPU of a call of an operation over HTTP (GetPlan, one document asked of Redis; caller, gateway and function
 * in one process) with spans off, sampled at nothing, a tenth, and all of them. Each has a process of its own, as in
 * use: what one leaves in the machine code of the process would be paid by the next. They take short turns: a round
 * compares turns that are seconds apart, and the median over the rounds is stated. A turn is long enough that V8 has compiled
 * what one call in ten uses, and that its last export is a small part of it. What the hooks cost while
 * spans are off is measured by themselves, and stated as a share of a call.
 */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { startTestRedis } from '../../tests/support/dependencies.ts';
import { start } from '../children.ts';
import { median } from '../timing.ts';
import { figure, ratios } from '../figures/figure.ts';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 9);
const CALLS = Number(process.env['BENCH_CALLS'] ?? 5_000);
const IN_FLIGHT = Number(process.env['BENCH_IN_FLIGHT'] ?? 1);
/** They are left out. */
const ROUNDS_TO_WARM_UP = 3;
/** Of a call over HTTP: gateway, caller, function. */
const HOOKS_OF_A_CALL = 3;

const SINK = `require('node:http').createServer((q, r) => q.resume().on('end', () => r.end()))
  .listen(0, '127.0.0.1', function () { console.log(this.address().port); });`;

const samplers = { off: undefined, none: '0', 'a tenth': '0.1', all: '1' } as const;
type Variant = keyof typeof samplers;
const variants = Object.keys(samplers) as Variant[];

/** Sends a line, and gives the number that comes back. */
type Turn = (line: string) => Promise<number>;

const redis = await startTestRedis();
const sink = start(process.execPath, ['-e', SINK], { stdio: ['ignore', 'pipe', 'ignore'] });
const [port] = (await once(sink.stdout ?? sink, 'data')) as [Buffer];
const turnOf: Partial<Record<Variant, Turn>> = {};
for (const variant of variants) turnOf[variant] = await opened(samplers[variant]);

const figures: Record<Variant, number[]> = { off: [], none: [], 'a tenth': [], all: [] };
for (let round = 0; round < ROUNDS_TO_WARM_UP + ROUNDS; round += 1)
  for (const variant of turns(round)) {
    const us = (await turnOf[variant]?.(String(CALLS))) ?? Number.NaN;
    if (round >= ROUNDS_TO_WARM_UP) figures[variant].push(us);
  }
const off = median(figures.off);
const hookUs = (await turnOf.off?.('hook')) ?? Number.NaN;
console.log(`CPU of a call: ${off.toFixed(1)} us, median of ${ROUNDS} rounds of ${CALLS} calls`);
console.log(
  `off:     +${((100 * HOOKS_OF_A_CALL * hookUs) / off).toFixed(2)} % (${hookUs.toFixed(3)} us a hook)`,
);
for (const variant of ['none', 'a tenth', 'all'] as const)
  console.log(
    `${variant}: ${(100 * (median(ratios(figures[variant], figures.off)) - 1)).toFixed(1)} %`,
  );
figure('tracing: CPU of a call, a tenth sampled / off', ratios(figures['a tenth'], figures.off));
await redis.stop();
process.exit(0);

/** Each variant is first as often as the others. */
function turns(round: number): readonly Variant[] {
  const first = round % variants.length;
  return [...variants.slice(first), ...variants.slice(0, first)];
}

/** Starts a process whose calls are sampled so; undefined: with spans off. */
async function opened(ratio: string | undefined): Promise<Turn> {
  const spans = {
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: ratio,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port.toString().trim()}`,
  };
  const program = ['scripts/run.mjs', 'bench/tracing/calls-process.ts', redis.url];
  const child = start(process.execPath, [...program, String(IN_FLIGHT)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...(ratio !== undefined && spans) },
  });
  const { stdin, stdout } = child;
  if (!stdin || !stdout) throw new Error('a process of the bench has no pipes');
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  await lines.next();
  return async (line) => {
    stdin.write(`${line}\n`);
    return Number((await lines.next()).value);
  };
}
