/** The real faas-cli asks the gateway who it is and what it has. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openRig, type Rig } from '../conformance/rig.ts';
import { FaasCli, noFaasCli } from '../support/deployment/faas-cli.ts';
import { describeNeeding } from '../support/needing.ts';

describeNeeding(noFaasCli, 'faas-cli and the gateway', () => {
  let rig: Rig;
  let cli: FaasCli;

  beforeAll(async () => {
    rig = await openRig({
      fixtures: ['echo', 'status', 'bad-start'],
      spec: {
        echo: {
          envProcess: 'node index.js',
          environment: { GREETING: 'hello = hallo' },
          labels: { service: 'tests' },
          annotations: { topic: 'a.b,c.d' },
        },
      },
    });
    cli = await FaasCli.open(rig.url);
    await cli.login(rig.adminPassword);
  });
  afterAll(async () => {
    await cli.close();
    await rig.close();
  });

  async function withoutLogin(work: (stranger: FaasCli) => Promise<void>): Promise<void> {
    const stranger = await FaasCli.open(rig.url);
    await work(stranger).finally(() => stranger.close());
  }

  test('login keeps a right password, readable by its owner alone', async () => {
    const mode = async (path: string) =>
      ((await stat(join(cli.home, path))).mode & 0o777).toString(8);
    expect(await mode('.openfaas')).toBe('700');
    expect(await mode('.openfaas/config.yml')).toBe('600');
  });

  test.each([['wrong'], [''], ['open sesame']])('login refuses the password "%s"', (password) =>
    withoutLogin(async (stranger) => {
      const login = ['login', '--username', 'admin', '--password', password];
      const refused = await stranger.run(login);
      expect(refused.code).toBe(1);
      if (password !== '')
        expect(refused.out).toContain('either username or password is incorrect');
      expect((await stranger.run(['list'])).code).toBe(1);
    }),
  );

  test('without a login, or after logout, it asks to log in', () =>
    withoutLogin(async (stranger) => {
      const refused = { code: 1, out: expect.stringContaining('run "faas-cli login"') as unknown };
      for (const command of [
        ['list'],
        ['describe', 'echo'],
        ['remove', 'echo'],
        ['secret', 'list'],
      ])
        expect([command, await stranger.run(command)]).toMatchObject([command, refused]);
      await stranger.login(rig.adminPassword);
      expect((await stranger.run(['list'])).code).toBe(0);
      expect((await stranger.run(['logout'])).code).toBe(0);
      expect(await stranger.run(['list'])).toMatchObject(refused);
    }));

  test('version names gateway and provider', async () => {
    const out = await cli.mustRun(['version', '--warn-update=false']);
    expect(out).toMatch(/version: 1\.2\.3\s+sha: +abcdef/);
    expect(out).toMatch(/name: +arduino-trader\s+orchestration: +embedded\s+version: +1\.2\.3/);
    const said = await cli.mustRun(['version', '--json', '--warn-update=false']);
    expect(JSON.parse(said)).toBeDefined();
  });

  test('list shows each function with calls and replicas', async () => {
    await rig.call('POST', '/function/status');
    await rig.call('POST', '/function/status?code=500');
    const lines = (await cli.mustRun(['list'])).trim().split('\n');
    expect(lines.map((line) => line.trim().split(/\s+/))).toEqual([
      ['Function', 'Invocations', 'Replicas'],
      ['bad-start', '0', '1'],
      ['echo', '0', '1'],
      ['status', '2', '1'],
    ]);
    const busiest = await cli.mustRun(['list', '--quiet', '--sort', 'invocations']);
    expect(busiest.split('\n')[0]).toBe('status');
    for (const more of [
      ['--sort', 'name'],
      ['--sort', 'creation'],
      ['-n', 'openfaas-fn'],
    ])
      expect((await cli.mustRun(['list', '-q', ...more])).trim().split('\n').sort()).toEqual([
        'bad-start',
        'echo',
        'status',
      ]);
  });

  test('list -v shows image and time, --json what the gateway said', async () => {
    const verbose = await cli.mustRun(['list', '--verbose']);
    expect(verbose).toMatch(/^echo\s+fixtures\/echo:latest\s+0\s+1\s+20\d\d-\d\d-\d\d /m);
    const listed = JSON.parse(await cli.mustRun(['list', '--json'])) as { name: string }[];
    expect(listed.find(({ name }) => name === 'echo')).toMatchObject({
      image: 'fixtures/echo:latest',
      namespace: 'openfaas-fn',
      envProcess: 'node index.js',
      envVars: { GREETING: 'hello = hallo' },
      labels: { service: 'tests' },
      annotations: { topic: 'a.b,c.d' },
      replicas: 1,
    });
  });

  test('list of another namespace ends with 1 and the reason', async () => {
    const other = await cli.run(['list', '--namespace', 'other']);
    expect(other.code).toBe(1);
    expect(other.out).toContain('namespace not valid');
  });

  test('describe shows a function as it was deployed', async () => {
    const out = await cli.mustRun(['describe', 'echo', '--verbose']);
    for (const line of [
      /^Name: +echo$/m,
      /^Status: +Ready$/m,
      /^Image: +fixtures\/echo:latest$/m,
      /^Function Process: +node index\.js$/m,
      new RegExp(`^URL: +${rig.url}/function/echo$`, 'm'),
      new RegExp(`^Async URL: +${rig.url}/async-function/echo$`, 'm'),
      // In any order: faas-cli prints a map.
      /^Labels:\n(?: \S+: \S+\n)* service: tests$/m,
      /^Annotations:\n topic: a\.b,c\.d$/m,
      /^Environment:\n GREETING: hello = hallo$/m,
    ])
      expect(out).toMatch(line);
  });

  test('describe reports an unknown function', async () => {
    const unknown = await cli.run(['describe', 'nobody']);
    expect(unknown).toMatchObject({ code: 1, out: 'No such function: nobody\n' });
  });

  test('describe reports an unavailable function as not ready', async () => {
    await rig.call('POST', '/function/bad-start');
    expect(await cli.mustRun(['describe', 'bad-start'])).toMatch(/^Status: +Not Ready$/m);
    const waits = ['ready', 'bad-start', '--attempts', '2', '--interval', '10ms'];
    expect((await cli.run(waits)).code).toBe(1);
  });

  test('ready waits for the gateway and for a function, within a time limit', async () => {
    expect(await cli.mustRun(['ready'])).toContain('OpenFaaS gateway is ready');
    expect(await cli.mustRun(['ready', 'echo'])).toContain('Function echo is ready');
    const never = await cli.run(['ready', 'nobody', '--attempts', '2', '--interval', '10ms']);
    expect(never.code).toBe(1);
    expect(never.out).toContain('[2/2]');
  });

  test('namespaces are one, and stay one', async () => {
    expect(await cli.mustRun(['namespaces'])).toBe('Namespaces:\n - openfaas-fn\n');
    expect(await cli.mustRun(['namespace', 'list'])).toBe('Namespaces:\n - openfaas-fn\n');
    expect(await cli.mustRun(['namespace', 'get', 'openfaas-fn'])).toContain('Name: openfaas-fn');
    const other = await cli.run(['namespace', 'get', 'other']);
    expect(other).toMatchObject({ code: 1, out: 'Namespace other not found\n' });
    for (const change of [
      ['create', 'other'],
      ['update', 'openfaas-fn', '--label', 'a=b'],
      ['remove', 'openfaas-fn'],
    ]) {
      const refused = await cli.run(['namespace', ...change]);
      expect(refused.code).toBe(1);
      expect(refused.out).toContain('openfaas-fn is the only one');
    }
  });
});
