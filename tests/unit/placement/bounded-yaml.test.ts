/** A file of a few hundred characters that stands for billions of nodes is refused in one line. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseStack } from '#gateway/runtime/deployments/stack-file.ts';
import { Failure, type FieldViolation } from '#shared/kernel/failure.ts';
import { readPlacement } from '#shared/placement/read-placement.ts';
import { parseYaml, YAML_LENGTH_MAX } from '#shared/process/bounded-yaml.ts';

const ten = (name: string): string =>
  `[${Array.from({ length: 10 }, () => `*${name}`).join(', ')}]`;
const bomb = ['a: &a [x, x, x]', 'b: &b ' + ten('a'), 'c: &c ' + ten('b'), 'd: ' + ten('c')].join(
  '\n',
);

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'yaml-'))));
afterAll(() => rm(folder, { recursive: true }));

const violationsOf = (thrown: unknown) =>
  Failure.from(thrown).facts['violations'] as readonly FieldViolation[];

test.each([
  ['aliases', bomb, /aliases/],
  ['size', `a: ${'x'.repeat(YAML_LENGTH_MAX)}`, /characters/],
])('%s of every file', async (_what, text, says) => {
  expect(() => parseYaml(text)).toThrow(says);
  const file = join(folder, 'bomb.yaml');
  await writeFile(file, text);
  const both = { deviceFile: file, servicesFile: file };
  const placement = violationsOf(await readPlacement(both).catch((thrown: unknown) => thrown));
  expect(placement).toHaveLength(2);
  expect(placement[0]).toEqual({ field: file, message: expect.stringMatching(says) as string });
  let ofStack: unknown;
  try {
    parseStack(text);
  } catch (thrown) {
    ofStack = thrown;
  }
  const [complaint] = violationsOf(ofStack);
  expect(complaint).toMatchObject({ field: 'STACK_FILE' });
  expect(complaint?.message).toMatch(says);
  expect(complaint?.message).not.toContain('\n');
});

test('some aliases are allowed', () => {
  expect(parseYaml('a: &a [1]\nb: [*a, *a]')).toEqual({ a: [1], b: [[1], [1]] });
});
