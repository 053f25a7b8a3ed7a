/**
 * Names that Node cannot find in a CommonJS package stop every program that bundles them; the tests' loader
 * is milder.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

test('Node finds every name that sources import from sax', () => {
  const files = ['shared', 'gateway', 'cli'].flatMap((room) =>
    readdirSync(room, { recursive: true, encoding: 'utf8' }).map((file) => join(room, file)),
  );
  const lines = files
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => readFileSync(file, 'utf8').split('\n'))
    .filter((line) => line.endsWith("from 'sax';"));
  expect(lines).not.toEqual([]);
  for (const line of lines) expect(line).toMatch(/^import (type .*|sax) from 'sax';$/);
});
