/** A bundler that the kernel ends for want of memory. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '../../..');

test('a build whose bundler was ended says what it takes, in one line', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bundler-ended-'));
  try {
    const bundler = join(folder, 'esbuild');
    // Ended while it works: it has begun to read what it is to do.
    writeFileSync(bundler, '#!/bin/sh\nhead -c 100 >/dev/null\nkill -9 $$\n', { mode: 0o755 });
    const build = join(root, 'scripts/build.mjs');
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [build, '--out', `build/bundler-ended-${process.pid}`],
      { encoding: 'utf8', env: { ...process.env, ESBUILD_BINARY_PATH: bundler } },
    );
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      /^The bundler was ended, .*it takes some \d+ MB.*\. Raise the limit of memory /,
    );
    expect(stderr.trim().split('\n')).toHaveLength(1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
