/** The real faas-cli keeps secrets. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openRig, type Rig } from '../conformance/rig.ts';
import { FaasCli, noFaasCli } from '../support/deployment/faas-cli.ts';
import { describeNeeding } from '../support/needing.ts';

describeNeeding(noFaasCli, 'faas-cli secret', () => {
  let rig: Rig;
  let cli: FaasCli;

  beforeEach(async () => {
    rig = await openRig({ fixtures: ['secret'] });
    cli = await FaasCli.open(rig.url);
    await cli.login(rig.adminPassword);
  });
  afterEach(async () => {
    await cli.close();
    await rig.close();
  });

  const secret = (args: readonly string[], stdin = '') => cli.run(['secret', ...args], { stdin });
  const stored = (name: string) =>
    readFile(join(rig.dataDir, 'function-secrets/openfaas-fn', name), 'utf8');

  test('create stores the given bytes exactly, from stdin or a file', async () => {
    const file = join(cli.home, 'key.pem');
    await writeFile(file, '-----BEGIN-----\nü\n\n');
    expect(await secret(['create', 'literal', '--from-literal', 'one'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('Created: 200 OK') as unknown,
    });
    await secret(['create', 'read'], 'two\n');
    await secret(['create', 'file', '--from-file', file]);
    expect(await stored('literal')).toBe('one');
    expect(await stored('read')).toBe('two');
    expect(await stored('file')).toBe('-----BEGIN-----\nü\n\n');
    const list = (await secret(['list'])).out.trim().split('\n');
    expect(list).toEqual(['NAME', 'file', 'literal', 'read']);
  });

  test('create keeps the old value of an existing name, unless --replace is set', async () => {
    await secret(['create', 'pin', '--from-literal', 'one']);
    const again = await secret(['create', 'pin', '--from-literal', 'two']);
    expect(again.out).toContain('secret with the name "pin" already exists');
    expect(await stored('pin')).toBe('one');
    const replaced = await secret(['create', 'pin', '--from-literal', 'two', '--replace']);
    expect(replaced.out).toContain('Secret pin already exists, updating...');
    expect(replaced.out).toContain('Updated: 200 OK');
    expect(await stored('pin')).toBe('two');
  });

  test('a running function sees the updated value', async () => {
    await secret(['create', 'pin', '--from-literal', 'one']);
    await cli.mustRun(['deploy', '--name', 'secret', '--image', 'a/secret:1', '--secret', 'pin']);
    const is = async (text: string) =>
      (
        JSON.parse(await cli.mustRun(['invoke', 'secret', '--query', `is=${text}`])) as {
          same: boolean;
        }
      ).same;
    expect(await is('one')).toBe(true);
    expect((await secret(['update', 'pin', '--from-literal', 'two'])).out).toContain(
      'Updated: 200',
    );
    expect(await is('two')).toBe(true);
    expect(rig.logText()).not.toMatch(/\btwo\b/);
  });

  test('update of an unknown one is reported, and creates none', async () => {
    const { out } = await secret(['update', 'nobody', '--from-literal', 'x']);
    expect(out).toContain('unable to find secret: nobody');
    expect((await secret(['list'])).out).not.toContain('nobody');
  });

  test('remove takes it away once', async () => {
    await secret(['create', 'pin', '--from-literal', 'one']);
    expect(await secret(['remove', 'pin'])).toMatchObject({ code: 0, out: 'Removed.. OK.\n' });
    expect(await secret(['remove', 'pin'])).toMatchObject({
      code: 1,
      out: 'Unable to find secret: pin\n',
    });
    await expect(stored('pin')).rejects.toThrow('ENOENT');
  });

  test('apply brings what the folder .secrets has', async () => {
    await secret(['create', 'old', '--from-literal', 'old']);
    await mkdir(join(cli.home, '.secrets'));
    for (const name of ['old', 'new']) await writeFile(join(cli.home, '.secrets', name), 'applied');
    expect((await secret(['apply'])).code).toBe(0);
    expect([await stored('old'), await stored('new')]).toEqual(['applied', 'applied']);
  });

  test('a deployment whose secret is missing is refused', async () => {
    const args = ['deploy', '--name', 'x', '--image', 'a/secret:1', '--secret', 'missing'];
    const { code, out } = await cli.run(args);
    expect([code, out]).toEqual([1, expect.stringContaining('missing')]);
  });
});
