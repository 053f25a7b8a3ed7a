/**
 * Names that Node cannot find in a CommonJS package stop every program that bundles them; the tests' loader
 * is milder.
 */
import { execFileSync } from 'node:child_process';

test('Node finds every name that sources import from sax', () => {
  const found = execFileSync('git', [
    'grep',
    '-hE',
    "from 'sax'",
    '--',
    'shared',
    'gateway',
    'cli',
  ]);
  for (const line of String(found).trim().split('\n'))
    expect(line).toMatch(/^import (type .*|sax) from 'sax';$/);
});
