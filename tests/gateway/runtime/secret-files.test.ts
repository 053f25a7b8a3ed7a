import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSecretName, SecretFiles } from '#gateway/runtime/deployments/secret-files.ts';

let root: string;
let secrets: SecretFiles;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'trader-secret-files-'));
  secrets = await SecretFiles.open(join(root, 'function-secrets'));
});

afterEach(() => rm(root, { recursive: true, force: true }));

it('keeps each secret in a file of its own that only the owner reads', async () => {
  await secrets.write('pin', Buffer.from('1234'));
  const file = join(root, 'function-secrets', 'openfaas-fn', 'pin');
  expect(await readFile(file, 'utf8')).toBe('1234');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await stat(secrets.dir)).mode & 0o777).toBe(0o700);
});

it('keeps bytes as they are', async () => {
  const bytes = Buffer.from([0, 255, 10, 13]);
  await secrets.write('key', bytes);
  expect(await secrets.read('key')).toEqual(bytes);
});

it('gives a secret a new value, and leaves nothing else in the folder', async () => {
  await secrets.write('pin', Buffer.from('old'));
  await secrets.write('pin', Buffer.from('new'));
  expect(await readdir(secrets.dir)).toEqual(['pin']);
  expect(String(await secrets.read('pin'))).toBe('new');
});

it('creates a secret once under concurrent requests', async () => {
  const values = ['a', 'b', 'c', 'd'];
  const made = await Promise.all(values.map((value) => secrets.create('pin', Buffer.from(value))));
  expect(made.filter(Boolean)).toHaveLength(1);
  expect(String(await secrets.read('pin'))).toBe(values[made.indexOf(true)]);
  expect(await readdir(secrets.dir)).toEqual(['pin']);
});

it('never exposes a partial value during an update', async () => {
  const values = ['a', 'b'].map((letter) => letter.repeat(200_000));
  await secrets.write('pin', Buffer.from(values[0] ?? ''));
  const writing = (async () => {
    for (let i = 0; i < 20; i += 1) await secrets.write('pin', Buffer.from(values[i % 2] ?? ''));
  })();
  for (let i = 0; i < 40; i += 1) expect(values).toContain(String(await secrets.read('pin')));
  await writing;
});

it('lists names in order, and reports which are there', async () => {
  for (const name of ['b', 'a.c', 'a']) await secrets.write(name, Buffer.from('x'));
  expect(await secrets.names()).toEqual(['a', 'a.c', 'b']);
  expect([secrets.has('b'), secrets.has('c')]).toEqual([true, false]);
  expect(await secrets.read('c')).toBeUndefined();
});

it('answers whether there was something to remove', async () => {
  await secrets.write('pin', Buffer.from('x'));
  expect([await secrets.remove('pin'), await secrets.remove('pin')]).toEqual([true, false]);
  expect(await secrets.names()).toEqual([]);
});

it.each(['', '.', '..', 'a/b', '../a', 'a\\b', '.hidden', 'A', 'a\0', 'a b', '-a', 'a.', 'ä'])(
  'refuses the name %j in every operation',
  async (name) => {
    expect(isSecretName(name)).toBe(false);
    await expect(secrets.write(name, Buffer.from('x'))).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    });
    expect([secrets.has(name), await secrets.read(name)]).toEqual([false, undefined]);
    expect(await secrets.remove(name)).toBe(false);
  },
);

it('takes a name of 253 characters and none longer', () => {
  expect([isSecretName('a'.repeat(253)), isSecretName('a'.repeat(254))]).toEqual([true, false]);
});
