/** Which builds of starts are removed: those that no running program has. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [USED, LEFT, OTHER] = ['0123456789abcdef', 'aaaabbbbccccdddd', '1111222233334444'];

test('removes builds that no living process has, with the marks of dead ones', () => {
  const root = mkdtempSync(join(tmpdir(), 'kept-build-'));
  const build = join(root, 'build');
  const { pid: dead } = spawnSync(process.execPath, ['--version']);
  const trader = [`trader-${OTHER}`, `trader-${LEFT}.${dead}`];
  const starts = [`kept-${USED}`, `kept-${LEFT}`, `kept-${OTHER}`, `kept-${LEFT}.${dead}`];
  for (const folder of [...starts, ...trader]) mkdirSync(join(build, folder), { recursive: true });
  mkdirSync(join(build, `kept-${OTHER}.${process.pid}`));
  mkdirSync(join(build, 'bench'));
  writeFileSync(join(build, `used-${USED}.${process.pid}`), '');
  writeFileSync(join(build, `used-${LEFT}.${dead}`), '');
  try {
    const script = `import('./scripts/build/kept-build.mjs').then((all) => all.removeUnused(${JSON.stringify(root)}))`;
    const { status, stderr } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(readdirSync(build).sort()).toEqual(
      [
        'bench',
        `kept-${USED}`,
        `kept-${OTHER}.${process.pid}`,
        `used-${USED}.${process.pid}`,
        // Removed where another of `trader` is made.
        ...trader,
      ].sort(),
    );
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
