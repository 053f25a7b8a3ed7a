// The build of the last start, and that of the last `trader`, kept under what they were made from: where the sources are
// the same nothing is bundled.
// Programs run from it, and so a build is marked by each that uses it and removed when none is left.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildVersion } from './build-version.mjs';

const SOURCES = ['functions', 'gateway', 'protos', 'shared', 'template', 'scripts'];
const MANIFESTS = ['package.json', 'package-lock.json', 'tsconfig.json'];
/** A build; one that is being made, with the process that makes it; a program that uses one. */
const KEPT = /^(?<kind>kept|trader)-(?<key>[0-9a-f]{16})$/;
const MADE = /^(?<kind>kept|trader)-[0-9a-f]{16}\.(?<pid>\d+)$/;
const USED = /^used-(?<key>[0-9a-f]{16})\.(?<pid>\d+)$/;

/** Everything for a start, and the command `trader`; one is removed only where another of its kind is made. */
const kinds = {
  kept: { sources: SOURCES, builder: 'buildStart' },
  trader: { sources: [...SOURCES, 'cli'], builder: 'buildTrader' },
};

/**
 * Until this process ends, it has the build.
 * @param {string} root of the project
 * @param {'kept' | 'trader'} kind
 * @returns the build's folder in it
 */
export async function keptBuild(root, kind) {
  const key = keyOf(root, kind);
  const name = `${kind}-${key}`;
  // Before it is looked for, so that it cannot be removed afterwards.
  const isMarked = mark(root, key, name);
  if (isMarked && !existsSync(join(root, 'build', name))) await make(root, kind, name);
  return `build/${name}`;
}

/** A user who may only read the project takes what its owner has built: that needs no mark to be read. */
function mark(root, key, name) {
  const build = join(root, 'build');
  const file = join(build, `used-${key}.${process.pid}`);
  try {
    mkdirSync(build, { recursive: true });
    writeFileSync(file, '');
  } catch (thrown) {
    if (existsSync(join(build, name))) return false;
    console.error(
      `${build} cannot be written (${thrown.code}), and has no ${name} of these sources. Start it once as the owner of the folder.`,
    );
    process.exit(1);
  }
  process.once('exit', () => rmSync(file, { force: true }));
  return true;
}

/**
 * Removes what no running program has: builds, and what starts that were killed have left.
 * @internal
 */
export function removeUnused(root, kind = 'kept') {
  const all = readdirSync(join(root, 'build'));
  const used = new Set();
  for (const name of all) {
    const { key, pid, kind: made = kind } = (USED.exec(name) ?? MADE.exec(name))?.groups ?? {};
    if (pid === undefined || made !== kind) continue;
    if (lives(Number(pid))) used.add(key);
    else rmSync(join(root, 'build', name), { recursive: true, force: true });
  }
  for (const name of all) {
    const { key, kind: kept } = KEPT.exec(name)?.groups ?? {};
    if (kept === kind && !used.has(key))
      rmSync(join(root, 'build', name), { recursive: true, force: true });
  }
}

/** Made aside and renamed, so that a build that was interrupted is never taken for a whole one. */
async function make(root, kind, name) {
  const [builders, { stop }] = await Promise.all([import('../build.mjs'), import('esbuild')]);
  const aside = `build/${name}.${process.pid}`;
  await builders[kinds[kind].builder]({ out: aside });
  // The bundler's process would stay as long as ours, with its memory.
  await stop();
  removeUnused(root, kind);
  try {
    renameSync(join(root, aside), join(root, 'build', name));
  } catch (thrown) {
    // Another start was faster.
    if (!existsSync(join(root, 'build', name))) throw thrown;
    rmSync(join(root, aside), { recursive: true, force: true });
  }
}

function lives(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return thrown.code === 'EPERM';
  }
}

/** Path, size and times of each source: whatever writes a file changes them. */
function keyOf(root, kind) {
  const hash = createHash('sha256').update(`${buildVersion(root)} ${process.version} ${kind}`);
  for (const file of MANIFESTS) hash.update(stamp(root, file));
  for (const folder of kinds[kind].sources)
    for (const file of filesIn(root, folder)) hash.update(stamp(root, file));
  return hash.digest('hex').slice(0, 16);
}

function filesIn(root, folder) {
  const all = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
  const files = all.filter((one) => one.isFile());
  return files.map((one) => join(one.parentPath ?? one.path, one.name).slice(root.length)).sort();
}

function stamp(root, file) {
  const { size, mtimeMs, ctimeMs } = statSync(join(root, file));
  return `${file} ${size} ${mtimeMs} ${ctimeMs}\n`;
}
