/** A board is deployed with the real faas-cli, again, and compared with what it should have. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  operationAt,
  operations,
  packedPath,
  requireOperation,
} from '#shared/contract/catalogue.ts';
import {
  buildProgram,
  freshDataDir,
  removeDataDirs,
  type Program,
  type Run,
} from '../e2e/program.ts';
import { FaasCli, noFaasCli, type Said } from '../support/deployment/faas-cli.ts';
import { describeNeeding } from '../support/needing.ts';

interface Listed {
  readonly name: string;
  readonly envVars: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
}

const STATE = 'deploy/boards/compute-state/state';

describeNeeding(noFaasCli, 'npm run deploy', () => {
  let program: Program;
  let run: Run;
  let cli: FaasCli;
  let url: string;
  let dataDir: string;

  beforeAll(() => {
    program = buildProgram('boards');
  });
  afterAll(async () => {
    await program.remove();
    await removeDataDirs();
  });

  async function startWith(stackFile: string): Promise<void> {
    dataDir = await freshDataDir();
    const small = { PLAN_DEPTH: '2', PLAN_ORDERS_MAX: '4' };
    run = program.start(['--dry-run'], { DATA_DIR: dataDir, STACK_FILE: stackFile, ...small });
    await run.says('Ctrl-C stops');
    url = /gateway at (\S+)/.exec(run.stdout())?.[1] ?? '';
    cli = await FaasCli.open(url);
    await cli.login((await readFile(join(dataDir, 'secrets/basic-auth-password'), 'utf8')).trim());
    await mkdir(join(cli.home, 'secrets'));
    await writeFile(join(cli.home, 'secrets/redis-url'), 'redis://:hush@10.0.0.1:6379\n');
    await writeFile(
      join(cli.home, 'settings.env'),
      '# of both boards\n\nPLAN_DEPTH=2\nNOTE=a = b, c\n',
    );
  }

  async function script(name: 'deploy' | 'deployed', args: readonly string[]): Promise<Said> {
    const line = ['scripts/run.mjs', `scripts/${name}.ts`, '--gateway', url, ...args];
    const child = spawn(process.execPath, line, {
      env: { ...cli.env, FAAS_CLI: cli.program },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [out, err] = ['', ''];
    child.stdout.on('data', (bytes: Buffer) => void (out += bytes.toString()));
    child.stderr.on('data', (bytes: Buffer) => void (err += bytes.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, out, err };
  }

  async function listed(): Promise<Listed[]> {
    return JSON.parse(await cli.mustRun(['list', '--json'])) as Listed[];
  }

  /** All that was deployed, but when and how often it was called. */
  async function state(): Promise<unknown> {
    const said = (await listed()).map((one) => ({ ...one, createdAt: 0, invocationCount: 0 }));
    const kept = await readFile(join(dataDir, 'gateway/functions.json'), 'utf8');
    const secrets = await cli.mustRun(['secret', 'list']);
    const anyTime = (name: string, value: unknown): unknown => (name === 'createdAt' ? 0 : value);
    return { said, kept: JSON.parse(kept, anyTime) as unknown, secrets };
  }

  describe.each([
    { stack: 'stack.yml', count: operations.length + 1 },
    { stack: 'stack.packed.yml', count: 8 },
  ])('with $stack', ({ stack, count }) => {
    const all = ['--stack', stack];
    const nameOf = (operation: string): string =>
      stack === 'stack.yml' ? operation : requireOperation(operation).service;
    const pathOf = (operation: string): string =>
      stack === 'stack.yml' ? operation : packedPath(requireOperation(operation));
    const deploy = (): Promise<Said> =>
      script('deploy', [
        ...all,
        ...['--secrets', join(cli.home, 'secrets')],
        ...['--settings', join(cli.home, 'settings.env')],
      ]);

    beforeAll(() => startWith(stack), 60_000);
    afterAll(async () => {
      run.child.kill('SIGTERM');
      await run.ended;
      await cli.close();
    });

    test('deploys every function, with secrets and settings, and says so', async () => {
      const { code, out, err } = await deploy();
      expect([code, err]).toEqual([0, '']);
      expect(out).toContain(`${count} functions are deployed and ready`);
      const functions = await listed();
      expect(functions).toHaveLength(count);
      for (const { name, envVars, secrets } of functions) {
        expect([name, envVars]).toEqual([
          name,
          expect.objectContaining({
            NOTE: 'a = b, c',
            GATEWAY_URL: 'http://gateway:8080',
            REDIS_URL_FILE: '/var/openfaas/secrets/redis-url',
            exec_timeout: expect.stringMatching(/^\d+s$/) as unknown,
          }),
        ]);
        expect(secrets).toEqual(expect.arrayContaining(['redis-url', 'trade-token']));
      }
      expect(out).not.toContain('hush');
    });

    test('changes nothing when it is done again', async () => {
      const before = await state();
      const { code, out } = await deploy();
      expect(code).toBe(0);
      expect(out).toContain(`${count} functions are deployed and ready`);
      expect(await state()).toEqual(before);
    });

    test('what was deployed does its work, and calls what else was', async () => {
      const token = await readFile(
        join(dataDir, 'function-secrets/openfaas-fn/trade-token'),
        'utf8',
      );
      const answer = await fetch(`${url}/function/${pathOf('planning-create-plan')}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token.trim()}`, 'content-type': 'application/json' },
        body: '{}',
      });
      expect(await answer.json()).toMatchObject({ complete: true });
    });

    test('faas-cli invokes what has a name, with a token where one is needed', async () => {
      const token = await readFile(
        join(dataDir, 'function-secrets/openfaas-fn/trade-token'),
        'utf8',
      );
      const isPacked = stack === 'stack.packed.yml';
      const queryOf = (operation: string): string[] =>
        isPacked ? ['--query', `operation=${pathOf(operation).split('/')[1]}`] : [];
      const invoke = (operation: string, ...more: string[]): Promise<Said> =>
        cli.run(['invoke', nameOf(operation), ...queryOf(operation), ...more], { stdin: '{}' });
      const plan = (...more: string[]) => invoke('planning-create-plan', ...more);
      const said = { read: await invoke('portfolio-get-summary'), closed: await plan() };
      const open = await plan('-H', `Authorization: Bearer ${token.trim()}`);
      expect(JSON.parse(said.read.out)).toHaveProperty('totalValue');
      expect([said.closed.code, said.closed.out]).toEqual([1, expect.stringMatching(/code: 401/)]);
      expect(JSON.parse(open.out)).toMatchObject({ complete: true });
      if (isPacked) {
        const { code, out } = await cli.run(['invoke', 'planning'], { stdin: '{}' });
        expect([code, out]).toEqual([1, expect.stringContaining('There is no operation')]);
      }
    });

    test('deployed agrees, and names each thing that was changed since', async () => {
      const agreed = await script('deployed', all);
      expect(agreed.code).toBe(0);
      // On a machine without faasd its files are named as not read, before.
      expect(agreed.out).toMatch(
        new RegExp(`^${count} functions of ${stack}: as they should be\\n$`, 'm'),
      );
      const [slow, gone] = [nameOf('planning-create-plan'), nameOf('universe-get-universe')];
      const described = await cli.mustRun(['describe', slow]);
      const image = /^Image: +(\S+)$/m.exec(described)?.[1] ?? '';
      await cli.mustRun(['deploy', '--name', slow, '--image', image, '--env', 'exec_timeout=30s']);
      await cli.mustRun(['remove', gone]);
      const { code, out } = await script('deployed', all);
      expect(code).toBe(1);
      expect(out).toMatch(
        new RegExp(`^${slow}: environment exec_timeout is 30s, should be \\d+s$`, 'm'),
      );
      expect(out).toContain(`${slow}: has no secret trade-token`);
      expect(out).toContain(`${gone}: is not deployed`);
      expect(out).toMatch(new RegExp(`^${count} functions of ${stack}: \\d+ differences$`, 'm'));
      expect((await deploy()).code).toBe(0);
      expect((await script('deployed', all)).code).toBe(0);
    });

    test('deployed names what belongs to the other board', async () => {
      const { code, out } = await script('deployed', [...all, '--board', STATE]);
      expect(code).toBe(1);
      const strangers = [...out.matchAll(/^(\S+): is deployed, and does not belong here$/gm)];
      const services = strangers.map(
        ([, name = '']) => operationAt(name, '/')?.operation.service ?? name,
      );
      expect([...new Set(services)].sort()).toEqual([
        'gateway',
        'optimization',
        'planning',
        'scoring',
      ]);
    });

    test('a wrong setting is named, and leaves everything as it was', async () => {
      const settings = join(cli.home, 'wrong.env');
      await writeFile(settings, 'RISK_AVERSION=much\n');
      const { code, out } = await script('deploy', [...all, '--settings', settings]);
      expect(code).toBe(1);
      expect(out).toContain('RISK_AVERSION');
      expect(out.match(/failed to deploy with status code: 400/g)).toHaveLength(count);
      expect((await script('deployed', all)).code).toBe(0);
    });
  });

  test('deployed says that it cannot tell, where nobody answers', async () => {
    url = 'http://127.0.0.1:1';
    const { code, err } = await script('deployed', []);
    expect([code, err]).toEqual([2, 'http://127.0.0.1:1 does not answer\n']);
  });
});
