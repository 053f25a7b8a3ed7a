// The build of the last start, kept under what it was made from: a start whose sources are the same links
// its files into a folder of its own and bundles nothing.
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { buildVersion } from './build-version.mjs';

const SOURCES = ['functions', 'gateway', 'protos', 'shared', 'template', 'scripts'];
const MANIFESTS = ['package.json', 'package-lock.json', 'tsconfig.json'];
const KEPT = /^kept-[0-9a-f]{16}(\.\d+)?$/;

/**
 * @param {string} root of the project
 * @param {string} out folder inside it, which must not exist yet
 */
export async function keptBuild(root, out) {
  const name = `kept-${keyOf(root)}`;
  const kept = join(root, 'build', name);
  if (!existsSync(kept)) await make(root, name);
  linkTree(kept, join(root, out));
}

/** Made aside and renamed, so that a build that was interrupted is never taken for a whole one. */
async function make(root, name) {
  const [{ build }, { stop }] = await Promise.all([import('../build.mjs'), import('esbuild')]);
  const aside = `build/${name}.${process.pid}`;
  await build({ out: aside });
  // The bundler's process would stay as long as ours, with its memory.
  await stop();
  removeOthers(root, `${name}.${process.pid}`);
  try {
    renameSync(join(root, aside), join(root, 'build', name));
  } catch (thrown) {
    // Another start was faster.
    if (!existsSync(join(root, 'build', name))) throw thrown;
    rmSync(join(root, aside), { recursive: true, force: true });
  }
}

/** Programs run from links of their own, so that nothing that is removed here is in use. */
function removeOthers(root, own) {
  for (const name of readdirSync(join(root, 'build')))
    if (KEPT.test(name) && name !== own && !isBeingMade(name))
      rmSync(join(root, 'build', name), { recursive: true, force: true });
}

function isBeingMade(name) {
  const pid = name.split('.')[1];
  if (pid === undefined) return false;
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (thrown) {
    return thrown.code === 'EPERM';
  }
}

/** Path, size and times of each source: whatever writes a file changes them. */
function keyOf(root) {
  const hash = createHash('sha256').update(`${buildVersion(root)} ${process.version}`);
  for (const file of MANIFESTS) hash.update(stamp(root, file));
  for (const folder of SOURCES)
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

function linkTree(from, to) {
  mkdirSync(to, { recursive: true });
  for (const one of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, one.name), join(to, one.name)];
    if (one.isDirectory()) linkTree(source, target);
    else link(source, target);
  }
}

function link(source, target) {
  try {
    linkSync(source, target);
  } catch {
    // A file system without links.
    copyFileSync(source, target);
  }
}
