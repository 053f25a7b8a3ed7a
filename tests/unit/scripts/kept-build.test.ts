/** Which builds of starts are removed: those that no running program has. Who may only read takes what is built. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
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

test('takes what is built where the folder cannot be written, and else says so in a line', () => {
  const root = mkdtempSync(join(tmpdir(), 'kept-build-'));
  const build = join(root, 'build');
  const folders = ['functions', 'gateway', 'protos', 'shared', 'template', 'scripts', 'cli'];
  for (const folder of [...folders, 'build']) mkdirSync(join(root, folder));
  for (const file of ['package.json', 'package-lock.json', 'tsconfig.json'])
    writeFileSync(join(root, file), '{}');
  chmodSync(root, 0o555);
  chmodSync(build, 0o555);
  const script = join(__dirname, '../../../scripts/build/kept-build.mjs');
  const started = () => {
    // Root may write everywhere.
    const asked = `import(${JSON.stringify(script)}).then(({ keptBuild }) => {
      if (process.getuid() === 0) process.setuid(65534);
      return keptBuild(${JSON.stringify(root)}, 'trader');
    }).then(console.log)`;
    const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', asked], {
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  };
  try {
    const refused = started();
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    const said = /^(\S+) cannot be written \(EACCES\), and has no (trader-[0-9a-f]{16}) of/.exec(
      refused.stderr,
    );
    expect(said?.[1]).toBe(build);
    expect(refused.stderr.trim().split('\n')).toHaveLength(1);
    chmodSync(build, 0o755);
    mkdirSync(join(build, said?.[2] ?? ''));
    chmodSync(build, 0o555);
    expect(started()).toEqual({ status: 0, stdout: `build/${said?.[2]}\n`, stderr: '' });
    expect(readdirSync(build)).toEqual([said?.[2]]);
  } finally {
    for (const folder of [root, build]) chmodSync(folder, 0o755);
    rmSync(root, { recursive: true, force: true });
  }
});
