/** The begin of a night of invented faults, and the runbooks that no other test follows. */
import { describeNeeding } from '../support/needing.ts';
import { until } from '../support/until.ts';
import { RunbookReader } from '../e2e/runbook.ts';
import { allFaults } from './all-faults.ts';
import type { InventedFault } from './invented-fault.ts';
import { openNight, type NightSystem } from './night-system.ts';
import { withoutPrometheus } from './night-prometheus.ts';
import { night, type NightFinding } from './night.ts';

const SEED = process.env['SEED'] ?? 'night-1';
const ROUNDS = 3;
/** They take longer than the suite has: their alerts wait or look back, or a process starts anew. */
const LONG = [
  'TraderServiceUnhealthy',
  'TraderServiceSlow',
  'TraderProcessAway',
  'TraderConnectorSilent',
  'TraderOrderOutcomeUnknown',
  'TraderDiskFull',
  'TraderClockWrong',
  'TraderFunctionFails',
  'TraderBookDiffers',
  // Made by a test below.
  'TraderRedisAway',
  'TraderEventLoopStalled',
  'TraderProcessRestarts',
];

describeNeeding(withoutPrometheus, 'a night of faults, seen through Prometheus alone', () => {
  let system: NightSystem;
  let reader: RunbookReader;
  let faults: readonly InventedFault[];
  beforeAll(async () => {
    system = await openNight(true);
    faults = allFaults(system);
    const { gatewayUrl, dataDir } = system.near;
    const env = { METRICS_URL: `http://${system.instances.near}` };
    const here = 'tests/night/night.test.ts';
    reader = new RunbookReader({ url: gatewayUrl, dataDir, env, here });
  }, 180_000);
  afterAll(() => system.close());

  const named = (fault: string): InventedFault => {
    const found = faults.find(({ name }) => name === fault);
    if (!found) throw new Error(`there is no fault: ${fault}`);
    return found;
  };
  const shown = async () => (await fetch(`http://${system.instances.near}/metrics`)).text();
  const fires = async (alert: string): Promise<boolean> =>
    (await system.prometheus.alerts()).some(({ name }) => name === alert);

  it('finds, names and locates each fault, and sees its end', async () => {
    console.info(`seed ${SEED}`);
    const short = faults.filter(({ alert }) => !LONG.includes(alert));
    const seen = () => system.prometheus.alerts();
    const findings: NightFinding[] = [];
    const run = { seed: SEED, faults: short, rounds: ROUNDS, seen, awaitsLasting: false };
    for await (const finding of night(run)) findings.push(finding);
    for (const { fault, foundSeconds, misleading, unmade } of findings)
      expect({ fault, found: typeof foundSeconds, misleading, unmade }).toEqual({
        ...{ fault, found: 'number', misleading: [], unmade: undefined },
      });
    expect(findings).toHaveLength(ROUNDS);
  }, 240_000);

  it('a function fails: its status and its log are read', async () => {
    const fault = named('a function fails: exits');
    await fault.make();
    await until(() => fires('TraderFunctionFails'), 200);
    const said = await reader.follow('function-fails', { FUNCTION: 'exits' });
    expect(said).toContain('function_name="exits.openfaas-fn"');
    expect(said).toMatch(/exits|function/);
  }, 120_000);

  it('a process stalled: its figures are read', async () => {
    await named('an event loop stalls').make();
    await until(() => fires('TraderEventLoopStalled'), 200);
    expect(await reader.follow('process-stalled')).toContain('nodejs_eventloop_lag_max_seconds');
  }, 120_000);

  it('a process ends again and again: since when it runs is read', async () => {
    await named('the facade ends again and again').make();
    await until(() => fires('TraderProcessRestarts'), 200);
    const METRICS_URL = `http://${system.instances.facade}`;
    expect(await reader.follow('process-restarts', { METRICS_URL })).toContain(
      'process_start_time_seconds',
    );
  }, 120_000);

  it('a service is slow: it is named', async () => {
    const fault = named('the broker answers slowly');
    await fault.make();
    await reader.untilFiring('TraderServiceSlow');
    const { services } = JSON.parse(await reader.follow('service-slow')) as {
      services: { serviceName: string; latencyMs: number }[];
    };
    const slow = services.filter(({ latencyMs }) => latencyMs > 1_000);
    expect(slow.map(({ serviceName }) => serviceName)).toContain('trading');
    await fault.mend();
    await reader.untilFiring('TraderServiceSlow', false);
  }, 120_000);

  it('Redis does not answer: the metrics say so, and it answers again', async () => {
    const fault = named('Redis does not answer');
    await fault.make();
    // What TraderRedisAway fires on: the endpoint answers without Redis.
    await until(async () => (await shown()).includes('trader_redis_up 0\n'), 200);
    await fault.mend();
    const REDIS_CLI = `redis-cli -s ${system.redis.url.replace('unix://', '')}`;
    expect(await reader.follow('redis-away', { REDIS_CLI })).toContain('PONG');
    await until(async () => (await shown()).includes('trader_redis_up 1\n'), 200);
  }, 120_000);
});
