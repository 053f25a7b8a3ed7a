/** The files of a deployment, each judged by the tool that will read it. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { describeNeeding, testNeeding } from '../../support/needing.ts';
import { ran, withoutProgram, type Ran } from './tools.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deploy-files-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

testNeeding(
  withoutProgram('shellcheck'),
  'shellcheck has nothing to say of the scripts',
  async () => {
    const folders = ['deploy/scripts', 'deploy/faasd', 'deploy/chart/files/redis', 'scripts/faasd'];
    const scripts = await Promise.all(
      folders.map(async (path) => (await readdir(path)).map((name) => join(path, name))),
    );
    const shell = scripts.flat().filter((path) => path.endsWith('.sh'));
    expect(ran('shellcheck', ['-x', ...shell])).toEqual({ code: 0, out: '', err: '' });
  },
);

testNeeding(
  withoutProgram('nft') ?? (process.getuid?.() === 0 ? undefined : 'nft needs root'),
  'nft takes the rules of a board',
  async () => {
    expect(ran('nft', ['-c', '-f', 'deploy/nftables/board.nft'])).toMatchObject({
      code: 0,
      err: '',
    });
  },
);

testNeeding(withoutProgram('logrotate'), 'logrotate takes its file', async () => {
  const { code, err } = ran('logrotate', ['-d', 'deploy/logrotate/arduino-trader']);
  expect(code).toBe(0);
  expect(err).not.toMatch(/error|unknown/i);
});

testNeeding(withoutProgram('systemd-analyze'), 'systemd takes the units', async () => {
  const names = await readdir('deploy/systemd');
  for (const name of names) {
    // Programs must be there: this checkout and this node stand for the installed ones.
    const text = (await readFile(join('deploy/systemd', name), 'utf8'))
      .replaceAll('/opt/arduino-trader', process.cwd())
      .replace('/usr/bin/node', process.execPath);
    await writeFile(join(folder, name), text);
  }
  const { code, err } = ran('systemd-analyze', [
    'verify',
    ...names.map((name) => join(folder, name)),
  ]);
  const ours = err.split('\n').filter((line) => line.includes('arduino-trader'));
  expect([code, ours]).toEqual([0, []]);
});

interface Service {
  readonly image: string;
  readonly user?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly healthcheck?: object;
  readonly ports?: readonly string[];
  readonly environment?: readonly string[];
  readonly secrets?: readonly string[];
}

async function composeFile(path: string): Promise<{
  services: Record<string, Service>;
  secrets?: Record<string, { file: string }>;
}> {
  return parse(await readFile(path, 'utf8'));
}

test('every service of the compose file is without rights, watched and closed to the network', async () => {
  const { services, secrets = {} } = await composeFile('deploy/compose/compose.yaml');
  expect(Object.keys(services).sort()).toEqual(['redis', 'trader']);
  for (const [name, service] of Object.entries(services)) {
    expect([name, service.user]).toEqual([name, expect.stringMatching(/^[1-9]\d*:[1-9]\d*$/)]);
    expect([service.read_only, service.cap_drop]).toEqual([true, ['ALL']]);
    expect(service.healthcheck).toBeDefined();
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
    for (const secret of service.secrets ?? []) expect(secrets).toHaveProperty(secret);
  }
});

/** What the environment names, what the CI installs, a program of its own, or a plugin of Docker. */
const compose = [
  [process.env['DOCKER_COMPOSE'] ?? ''],
  ['build/docker-compose/bin/docker-compose'],
  ['docker-compose'],
  ['docker', 'compose'],
].find(
  ([program = '', ...more]) => program !== '' && ran(program, [...more, 'version']).code === 0,
);

describeNeeding(compose ? undefined : 'no docker compose is installed', 'docker compose', () => {
  const [program = '', ...more] = compose ?? [];
  const judged = (files: readonly string[]): Ran =>
    ran(program, [...more, ...files.flatMap((file) => ['-f', file]), 'config', '-q']);

  test.each([
    [['deploy/compose/compose.yaml']],
    [['scripts/faasd/docker-compose.yaml', 'deploy/faasd/compute.yaml']],
    [['scripts/faasd/docker-compose.yaml', 'deploy/faasd/state.yaml']],
  ])('takes %j', (files) => {
    expect(judged(files)).toMatchObject({ code: 0 });
  });

  test('refuses a field that does not exist', async () => {
    const file = join(folder, 'compose.yaml');
    const text = await readFile('deploy/compose/compose.yaml', 'utf8');
    await writeFile(file, text.replaceAll('mem_limit:', 'memory_limit:'));
    const { code, err } = judged([file]);
    expect(code).not.toBe(0);
    expect(err).toContain('memory_limit');
  });
});

test.each(['compute', 'state'])(
  'the additions for faasd on %s mount secrets as files, and start the facade before what calls it',
  async (board) => {
    const { services } = await composeFile(`deploy/faasd/${board}.yaml`);
    expect(services).toMatchObject({ connector: { depends_on: ['facade', 'gateway'] } });
    expect(services['facade']).not.toHaveProperty('depends_on');
    // faasd would stop it before those that need it, and start it again never.
    expect(services).not.toHaveProperty('redis');
    const mounts = Object.values(
      services as Record<string, { volumes?: { source: string }[] }>,
    ).flatMap(({ volumes = [] }) => volumes.map(({ source }) => source));
    expect(mounts).toContain('./secrets/basic-auth-password');
    expect(mounts).not.toContain('./secrets');
  },
);

test.each(['compute', 'state'])(
  'a Prometheus outside of the board %s reaches the metrics of connector and facade',
  async (board) => {
    const { services } = await composeFile(`deploy/faasd/${board}.yaml`);
    const config = await readFile('deploy/prometheus/prometheus.yaml', 'utf8');
    const firewall = await readFile('deploy/nftables/board.nft', 'utf8');
    const [, first, last] = /dport (808\d)-(808\d) ip saddr @operators accept/.exec(firewall) ?? [];
    for (const part of ['connector', 'facade']) {
      const { environment = [], ports = [] } = services[part] ?? {};
      const setting = (name: string) =>
        environment
          .find((one) => one.startsWith(`${part.toUpperCase()}_METRICS_${name}=`))
          ?.split('=')[1];
      const port = setting('PORT');
      expect(ports).toContain(`${port}:${port}`);
      expect(setting('HOST')).toBe('0.0.0.0');
      expect(config).toContain(`# - ${board}.home:${port}\n`);
      expect(Number(port)).toBeGreaterThanOrEqual(Number(first));
      expect(Number(port)).toBeLessThanOrEqual(Number(last));
    }
  },
);
