/** The real faas-cli deploys, changes and removes functions. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { openRig, type Rig } from '../conformance/rig.ts';
import { FaasCli, noFaasCli } from '../support/deployment/faas-cli.ts';
import { describeNeeding } from '../support/needing.ts';

describeNeeding(noFaasCli, 'faas-cli deploys', () => {
  let rig: Rig;
  let cli: FaasCli;

  beforeEach(async () => {
    rig = await openRig({ fixtures: ['status'] });
    cli = await FaasCli.open(rig.url);
    await cli.login(rig.adminPassword);
  });
  afterEach(async () => {
    await cli.close();
    await rig.close();
  });

  /** As `stack.yml` in the folder where faas-cli runs. */
  async function stack(functions: Readonly<Record<string, object>>): Promise<void> {
    const text = stringify({ version: '1.0', provider: { name: 'openfaas' }, functions });
    await writeFile(join(cli.home, 'stack.yml'), text);
  }

  async function names(): Promise<string[]> {
    return (await cli.mustRun(['list', '--quiet'])).trim().split('\n').sort();
  }

  async function status(name: string): Promise<Record<string, unknown>> {
    const answer = await rig.call('GET', `/system/function/${name}`, { auth: true });
    expect(answer.status).toBe(200);
    return (await answer.json()) as Record<string, unknown>;
  }

  test('one function with all of its options, callable at once', async () => {
    await cli.mustRun(['secret', 'create', 'pin', '--from-literal', '1234']);
    await writeFile(join(cli.home, 'more.yml'), 'environment:\n  B: two\n  C: from the file\n');
    await stack({
      hello: {
        image: 'someone/echo:1',
        fprocess: 'node index.js',
        environment: { A: 'a=1, ä', B: 'one' },
        environment_file: ['more.yml'],
        labels: { service: 'tests' },
        annotations: { topic: 'a.b' },
        secrets: ['pin'],
        constraints: ['node.role == worker'],
        limits: { memory: '64Mi', cpu: '100m' },
        requests: { memory: '32Mi' },
        readonly_root_filesystem: true,
      },
    });
    const out = await cli.mustRun(['deploy', '--env', 'C=three', '--label', 'by=hand']);
    expect(out).toContain('Deploying: hello.');
    expect(out).toContain('Deployed. 200 OK.');
    expect(out).toContain(`URL: ${rig.url}/function/hello`);
    expect(await status('hello')).toMatchObject({
      image: 'someone/echo:1',
      envProcess: 'node index.js',
      envVars: { A: 'a=1, ä', B: 'two', C: 'three' },
      labels: { service: 'tests', by: 'hand' },
      annotations: { topic: 'a.b' },
      secrets: ['pin'],
      constraints: ['node.role == worker'],
      limits: { memory: '64Mi', cpu: '100m' },
      requests: { memory: '32Mi' },
      readOnlyRootFilesystem: true,
    });
    expect(await cli.mustRun(['invoke', 'hello', '--query', 'text=here'])).toBe('here');
  });

  test('again, replacing the old one', async () => {
    await stack({ hello: { image: 'someone/echo:1', environment: { A: 'one' } } });
    await cli.mustRun(['deploy']);
    await stack({ hello: { image: 'someone/echo:2', environment: { A: 'two' } } });
    expect(await cli.mustRun(['deploy'])).toContain(
      'Function hello already exists, attempting rolling-update.',
    );
    expect(await status('hello')).toMatchObject({ image: 'someone/echo:2', envVars: { A: 'two' } });
    expect(await names()).toEqual(['hello', 'status']);
  });

  test('all but the failing one, which is named in a line, and exits with 1', async () => {
    await stack({
      first: { image: 'someone/echo:1' },
      broken: { image: 'someone/else:1' },
      second: { image: 'someone/status:1' },
      third: { image: 'someone/echo:1' },
    });
    const { code, out } = await cli.run(['deploy']);
    expect(code).toBe(1);
    expect(out).toContain('image: "someone/else:1" is no image of this runtime');
    const failed = out.split('\n').filter((line) => line.includes('failed to deploy'));
    expect(failed).toEqual(["Function 'broken' failed to deploy with status code: 400"]);
    expect(await names()).toEqual(['first', 'second', 'status', 'third']);
  });

  test('nothing, and keeps the serving one, where the new one is refused', async () => {
    for (const [fault, reason] of [
      [{ image: 'someone/else:1' }, 'someone/else:1'],
      [{ image: 'someone/echo:1', secrets: ['no-such'] }, 'no-such'],
      [{ image: 'someone/echo:1', environment: { exec_timeout: 'soon' } }, 'exec_timeout'],
      [{ image: 'someone/echo:1', namespace: 'other' }, 'namespace'],
    ] as const) {
      await stack({ status: fault });
      const { code, out } = await cli.run(['deploy']);
      expect([code, out]).toEqual([1, expect.stringContaining(reason)]);
      const called = await rig.call('POST', '/function/status', { body: 'still here' });
      expect(await called.text()).toBe('still here');
    }
    expect((await status('status'))['image']).toBe('fixtures/status:latest');
  });

  test('with --update=false only what is new, with --replace in place of the old', async () => {
    const flags = (image: string, ...more: string[]) => [
      ...['deploy', '--name', 'hello', '--image', image],
      ...more,
    ];
    await cli.mustRun(flags('someone/echo:1', '--update=false'));
    const twice = await cli.run(flags('someone/echo:2', '--update=false'));
    expect([twice.code, twice.out]).toEqual([1, expect.stringContaining('already exists')]);
    await cli.mustRun(flags('someone/echo:3', '--update=false', '--replace'));
    expect((await status('hello'))['image']).toBe('someone/echo:3');
  });

  test('names the process that the vendored template has, without a network', async () => {
    await stack({ hello: { lang: 'node-typescript', handler: './hello', image: 'a/echo:1' } });
    const without = await cli.run(['deploy']);
    expect(without.code).toBe(1);
    const root = process.cwd();
    const yaml = join(cli.home, 'stack.yml');
    await cli.mustRun(['deploy', '--yaml', yaml], { cwd: root });
    expect(await status('hello')).toMatchObject({ envProcess: 'node index.js' });
  });

  test('removes a function, and reports one that does not exist', async () => {
    await cli.mustRun(['deploy', '--name', 'hello', '--image', 'someone/echo:1']);
    expect(await cli.mustRun(['remove', 'hello'])).toContain('Removing old function.');
    expect((await rig.call('POST', '/function/hello')).status).toBe(404);
    const again = await cli.run(['remove', 'hello']);
    expect(again.code).toBe(1);
    expect(again.out).toContain('No existing function to remove');
    expect(await names()).toEqual(['status']);
  });

  test('removes what a stack file has', async () => {
    await stack({ one: { image: 'someone/echo:1' }, two: { image: 'someone/echo:1' } });
    await cli.mustRun(['deploy']);
    await cli.mustRun(['remove', '--filter', 'tw*']);
    expect(await names()).toEqual(['one', 'status']);
    await cli.mustRun(['remove']);
    expect(await names()).toEqual(['status']);
  });

  test('reports differences from a stack file', async () => {
    await stack({ hello: { image: 'someone/echo:1' } });
    await cli.mustRun(['deploy']);
    expect((await cli.run(['diff'])).out).not.toContain('image');
    await stack({ hello: { image: 'someone/echo:2' } });
    const differs = await cli.run(['diff']);
    expect([differs.code, differs.out]).toEqual([1, expect.stringContaining('someone/echo:2')]);
  });
});
