/** Stack files as people and faas-cli write them. */
import { parseStack } from '#gateway/runtime/deployments/stack-file.ts';
import { Failure } from '#shared/kernel/failure.ts';

const fileOf = (head: string, keys = '') =>
  `${head}provider:\n  name: openfaas\nfunctions:\n  hello:\n    handler: ./hello\n    image: hello:latest\n${keys}`;

test.each(['version: 1.0\n', 'version: "1.0"\n', ''])('are read with the head "%s"', (head) => {
  expect(parseStack(fileOf(head))).toMatchObject([{ name: 'hello', handler: 'hello' }]);
});

test('are refused in another version, which is named', () => {
  expect(() => parseStack(fileOf('version: 2.0\n'))).toThrow(Failure);
  expect(() => parseStack(fileOf('version: 2.0\n'))).toThrow(/version/);
});

test('may have a key with nothing behind it', () => {
  const keys = ['environment', 'labels', 'annotations', 'secrets', 'limits', 'environment_file'];
  const [hello] = parseStack(fileOf('', keys.map((key) => `    ${key}:\n`).join('')));
  expect(hello).toMatchObject({ environment: {}, labels: {}, annotations: {}, secrets: [] });
  expect(hello?.limits).toBeUndefined();
});

test.each([
  ['a broken text', 'provider: : [', /^STACK_FILE: no YAML: .*line 1/],
  ['nothing', '', /^STACK_FILE: /],
  ['a name that is none', fileOf('').replace('hello:\n', 'Big_One:\n'), /Big_One: lower-case/],
])('that are %s are refused in one line that says where', (_what, text, words) => {
  expect(() => parseStack(text)).toThrow(Failure);
  expect(() => parseStack(text)).toThrow(words);
});
